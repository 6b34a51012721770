"""A controller on a pseudo-terminal that misbehaves on request: Modbus RTU slave with the blocks of board/map.h.

The real firmware is tested in the simulator; this one can answer late, twice, damaged or in another map's words.
"""
import os
import pty
import select
import struct
import threading
import time
import tty

STATUS, IDENTITY = 0x0100, 0x0080
STATUS_SIZE, IDENTITY_SIZE = 33, 21
ISOLATE, PERMIT, VOID, PROVE, EXPECT_ABSENCE = 0x3AC5, 0xC53A, 0x5CA3, 0x0FF0, 0xF00F
FITTED, COIL, MIRROR, LATCHED = 1, 2, 4, 8
LAMP_RECORDED, LAMP_INCIDENT, LAMP_FAULT, LAMP_DRILL = 1, 2, 4, 8


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


class FakeBoard:
    def __init__(self, link):
        self.link = link
        self.lock = threading.RLock()
        self.map = 2
        self.controller = 0x0123456789ABCDEF
        self.journal = 0x6A6F7572
        self.nonce = self.sequence = self.lamps = self.latch = 0
        self.uplinks = [FITTED | COIL] * 4
        self.events = []          # (number, kind, uplink, arg, age in ms)
        self.acknowledged = []
        self.result, self.result_nonce = 0, 0
        self.commands = []        # (code, uplinks, nonce, latch), each nonce once
        self.sticks = False       # commands are taken, but the coils do not drop
        self.started = time.monotonic()
        self.behaviour = lambda answer: [(0, answer)]    # what to send instead: [(delay in s, bytes)]
        self.exchanges = 0
        self.last_write = 0.0
        self.gaps = []            # seconds between writes
        self.plug_in()

    def plug_in(self):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        name = os.ttyname(slave)
        os.set_blocking(self.master, False)
        self.slave = slave        # held open, so that the master sees no hang-up between two openings
        if os.path.lexists(self.link):
            os.unlink(self.link)
        os.symlink(name, self.link)
        self.plugged = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def unplug(self):
        self.plugged = False
        self.thread.join()
        os.unlink(self.link)
        os.close(self.slave)
        os.close(self.master)

    def restart(self):
        with self.lock:
            self.started = time.monotonic()
            self.nonce = self.lamps = self.result_nonce = self.result = 0

    def run(self):
        pending, due = b"", []
        while self.plugged:
            now = time.monotonic()
            for when, data in [d for d in due if d[0] <= now]:
                os.write(self.master, data)
            due = [d for d in due if d[0] > now]
            ready, _, _ = select.select([self.master], [], [], 0.002)
            if not ready:
                pending = b""     # silence ends a frame
                continue
            pending += os.read(self.master, 512)
            if len(pending) >= 8 and crc16(pending[:-2]) == pending[-2:]:
                answer = self.answer(pending[:-2])
                pending = b""
                due += [(time.monotonic() + delay, data) for delay, data in self.behaviour(answer)]

    def answer(self, request):
        with self.lock:
            self.sequence += 1
            if request[1] == 0x03:
                at, count = struct.unpack(">HH", request[2:6])
            else:
                at, count, _, put = struct.unpack(">HHHH", request[2:10])
                self.write(struct.unpack(f">{put}H", request[11:11 + 2 * put]))
            if at not in (STATUS, IDENTITY):      # keeps neither a checkpoint nor a key
                body = bytes([1, request[1] | 0x80, 2])
                return body + crc16(body)
            words = self.status() if at == STATUS else self.identity()
            body = bytes([1, request[1], 2 * count]) + struct.pack(f">{count}H", *words[:count])
            return body + crc16(body)

    def write(self, words):
        now = time.monotonic()
        if self.last_write:
            self.gaps.append(now - self.last_write)
        self.last_write = now
        self.exchanges += 1
        self.nonce, _, self.lamps = words[:3]
        number = words[3] << 16 | words[4]
        if self.events and self.events[0][0] == number:
            self.acknowledged.append(number)
            self.events.pop(0)
        if len(words) > 5:
            self.command(words[5:])

    def command(self, words):
        code, uplinks, nonce_high, nonce_low, latch_high, latch_low, check = words
        assert check == (code ^ uplinks ^ nonce_high ^ nonce_low ^ latch_high ^ latch_low) ^ 0xFFFF
        nonce = nonce_high << 16 | nonce_low
        if nonce == self.result_nonce:
            return
        self.commands.append((code, uplinks, nonce, latch_high << 16 | latch_low))
        self.result, self.result_nonce = 1, nonce
        if code == ISOLATE and not self.sticks:
            for i in range(4):
                if uplinks >> i & 1:
                    self.uplinks[i] = FITTED | MIRROR | LATCHED

    def status(self):
        number, kind, uplink, arg, age = self.events[0] if self.events else (0, 0, 0, 0, 0)
        uptime = int((time.monotonic() - self.started) * 1000)
        pair = lambda value: [value >> 16 & 0xFFFF, value & 0xFFFF]
        return ([self.map, self.sequence & 0xFFFF, self.nonce, STATUS, 0, self.lamps, 0] + pair(self.latch) + [0, 0] +
                [self.result] + pair(self.result_nonce) + pair(uptime) + self.uplinks + [len(self.events)] +
                pair(number) + [kind, uplink, 1 if number else 0] + pair(arg) + pair(age) + pair(age) + [0])

    def identity(self):
        c = self.controller
        return [self.map, self.sequence & 0xFFFF, self.nonce, IDENTITY, 0x4B4E, 0, 1, 0,
                c >> 48, c >> 32 & 0xFFFF, c >> 16 & 0xFFFF, c & 0xFFFF, 15, 15, 0, 0, 2000, 0, 0,
                self.journal >> 16, self.journal & 0xFFFF]
