"""The console program on a pty of its own, and the person in front of it."""
import fcntl
import os
import struct
import subprocess
import termios
import unicodedata

from terminal import ESCAPES, Terminal


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Screen(Terminal):
    """The other end of a pty on which the console runs."""

    def __init__(self, root, *options, rows=0, columns=80):
        self.fd, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns if rows else 0, 0, 0))
        self.seconds, self.seen, self.pending = 20, b"", b""
        environment = {**os.environ, "KANNUKI_ROOT": root, "TERM": "vt102", "KANNUKI_LANG": "ja"}
        self.process = subprocess.Popen(
            [os.path.join(os.environ["KANNUKI_BIN"], "kannuki-console"), *options], stdin=slave, stdout=slave,
            stderr=slave, env=environment, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def text(self):
        return ESCAPES.sub(b"", self.seen).replace(b"\r", b"").decode("utf-8", "replace")

    def log_in(self, name, password):
        self.wait("名前: |Name: ")
        self.line(name)
        self.wait("パスワード: |Password: ")
        self.line(password)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.close()
