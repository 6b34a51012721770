"""A person at a serial terminal: types lines, waits for words on the screen. Every wait has a deadline."""
import os
import re
import select
import termios
import time
import tty

ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>78])")


ASK_SIZE, ASK_SIGN = b"\x1b[999;999H\x1b[6n", b"\xef\xbf\xbd\x1b[6n"


class Terminal:
    """With a size it answers when it is asked for it, as every emulator does."""
    size, sign_columns = (500, 80), 1
    unanswered = b""

    def __init__(self, path, seconds=30):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd, termios.TCSANOW)
        self.seconds = seconds
        self.seen = b""     # everything so far, for failures
        self.pending = b""  # not yet matched

    def close(self):
        os.close(self.fd)

    def type(self, text):
        os.write(self.fd, text.encode())

    def line(self, text):
        self.type(text + "\r")

    def tell_size(self, chunk):
        """What the program asks of the terminal itself."""
        self.unanswered += chunk
        replies = {ASK_SIZE: self.size and b"\x1b[%d;%dR" % self.size,
                   ASK_SIGN: self.size and b"\x1b[7;%dR" % (self.sign_columns + 1)}
        while hits := [(at, ask) for ask in replies if (at := self.unanswered.find(ask)) >= 0]:
            at, ask = min(hits)
            if replies[ask]:
                os.write(self.fd, replies[ask])
            self.unanswered = self.unanswered[at + len(ask):]
        self.unanswered = self.unanswered[-16:]

    def screen(self):
        return ESCAPES.sub(b"", self.pending).replace(b"\r", b"").decode("utf-8", "replace")

    def wait(self, *patterns, seconds=None):
        """Waits for the first of the regular expressions; returns its match and forgets what came before its end."""
        until = time.monotonic() + (seconds or self.seconds)
        while True:
            text = self.screen()
            hits = [m for m in (re.search(p, text) for p in patterns) if m]
            if hits:
                first = min(hits, key=lambda m: m.end())
                self.pending = text[first.end():].encode()
                return first
            left = until - time.monotonic()
            if left <= 0:
                tail = ESCAPES.sub(b"", self.seen[-3000:]).decode("utf-8", "replace")
                raise AssertionError(f"no {patterns!r} on the terminal within the deadline; it shows:\n{tail}")
            if select.select([self.fd], [], [], min(left, 0.5))[0]:
                try:
                    chunk = os.read(self.fd, 65536)
                except OSError:
                    chunk = b""
                self.seen += chunk
                self.pending += chunk
                self.tell_size(chunk)
