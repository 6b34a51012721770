"""A relay module from the shelf: eight relays, eight inputs, Modbus RTU on a pseudo-terminal or Modbus TCP.

Like the Waveshare module it answers FC 1 with all eight relays whatever was asked, and keeps its relays when nobody
asks any more (unless told to drop or to close them). Inputs can be wired to the relays' mirror contacts.
"""
import os
import pty
import select
import socket
import struct
import threading
import time
import tty

from fake_board import crc16

POINTS = 8


class RelayModule:
    def __init__(self, slave=1):
        self.slave = slave
        self.lock = threading.RLock()
        self.relays = [False] * POINTS
        self.pressed = [False] * POINTS         # inputs as somebody holds them
        self.mirrors = {}                       # input → relay whose mirror contact it reads
        self.welded = set()                     # relays whose contacts stay closed
        self.writes = []                        # (relay, on) in the order of arrival
        self.asked = 0
        self.asked_at = time.monotonic()
        self.when_lost = None                   # (seconds, on): what the relays do without a host
        self.refuses = set()                    # function codes it does not know
        self.is_powered = True
        self.behaviour = lambda answer: [(0, answer)]    # what to send instead: [(delay in s, bytes)]
        self.serial = self.listener = self.master = None
        self.stop_asked = False
        self.threads = []

    # ---- the two ways to it

    def on_serial(self, link):
        self.link = link
        self.master, self.held = pty.openpty()
        tty.setraw(self.held)
        os.set_blocking(self.master, False)
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(os.ttyname(self.held), link)
        self.begin(self.run_serial)
        return self

    def on_tcp(self, port=0):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(4)
        self.listener.settimeout(0.02)
        self.port = self.listener.getsockname()[1]
        self.begin(self.run_tcp)
        return self

    def begin(self, run):
        self.stop_asked = False
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)

    def stop(self):
        self.stop_asked = True
        for thread in self.threads:
            thread.join()
        self.threads = []
        if self.master is not None:
            if os.path.lexists(self.link):
                os.unlink(self.link)
            os.close(self.master)
            os.close(self.held)
            self.master = None
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    def run_serial(self):
        pending, due = b"", []
        while not self.stop_asked:
            now = time.monotonic()
            for _, data in [d for d in due if d[0] <= now]:
                os.write(self.master, data)
            due = [d for d in due if d[0] > now]
            self.mind_the_host()
            ready, _, _ = select.select([self.master], [], [], 0.002)
            if not ready:
                pending = b""                   # silence ends a frame
                continue
            pending += os.read(self.master, 512)
            if len(pending) >= 4 and crc16(pending[:-2]) == pending[-2:]:
                slave, request = pending[0], pending[1:-2]
                pending = b""
                answer = self.answer(request) if slave == self.slave and self.is_powered else None
                if answer is not None:
                    frame = bytes([slave]) + answer
                    due += [(time.monotonic() + wait, data) for wait, data in self.behaviour(frame + crc16(frame))]

    def run_tcp(self):
        while not self.stop_asked:
            try:
                peer, _ = self.listener.accept()
            except socket.timeout:
                self.mind_the_host()
                continue
            peer.settimeout(0.02)
            self.serve_tcp(peer)
            peer.close()

    def serve_tcp(self, peer):
        pending = b""
        while not self.stop_asked:
            try:
                data = peer.recv(512)
            except socket.timeout:
                self.mind_the_host()
                continue
            except OSError:
                return
            if not data:
                return
            pending += data
            while len(pending) >= 6 and len(pending) >= 6 + struct.unpack(">H", pending[4:6])[0]:
                size = struct.unpack(">H", pending[4:6])[0]
                frame, pending = pending[:6 + size], pending[6 + size:]
                answer = self.answer(frame[7:]) if frame[6] == self.slave and self.is_powered else None
                if answer is not None:
                    for _, sent in self.behaviour(frame[:4] + struct.pack(">HB", len(answer) + 1, frame[6]) + answer):
                        peer.send(sent)

    # ---- what it is

    def inputs(self):
        with self.lock:
            levels = list(self.pressed)
            for index, relay in self.mirrors.items():
                levels[index] = not self.relays[relay] and relay not in self.welded
            return levels

    def mind_the_host(self):
        with self.lock:
            if self.when_lost and time.monotonic() - self.asked_at > self.when_lost[0]:
                self.relays = [self.when_lost[1]] * POINTS

    def power_cycle(self):
        with self.lock:
            self.relays = [False] * POINTS

    def press(self, index, on=True):
        with self.lock:
            self.pressed[index] = on

    def write(self, relay, on):
        self.relays[relay] = on
        self.writes.append((relay, on))

    def answer(self, request):
        code = request[0]
        with self.lock:
            self.asked += 1
            self.asked_at = time.monotonic()
            if code in self.refuses or code not in (1, 2, 5, 15):
                return bytes([code | 0x80, 1])
            at, value = struct.unpack(">HH", request[1:5])
            if code in (1, 2) and at + (0 if code == 1 else value) > POINTS or code == 5 and at >= POINTS:
                return bytes([code | 0x80, 2])
            if code in (1, 2):
                bits = self.relays if code == 1 else self.inputs()
                return bytes([code, 1, sum(1 << i for i, on in enumerate(bits) if on)])
            if code == 5:
                self.write(at, value == 0xFF00)
            else:
                for i in range(value):
                    self.write(at + i, request[6 + i // 8] >> i % 8 & 1 == 1)
            return request[:5]
