"""The console program on a pty of its own, and the person in front of it."""
import fcntl
import os
import signal
import struct
import subprocess
import termios
import unicodedata

from terminal import ESCAPES, Terminal

CRASHES = {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Screen(Terminal):
    """The other end of a pty on which the console runs. With rows=0 its line knows no size, as a serial line."""

    def __init__(self, root, *options, rows=500, columns=80, term="vt102"):
        self.fd, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns if rows else 0, 0, 0))
        self.seconds, self.seen, self.pending = 40, b"", b""
        environment = {**os.environ, "KANNUKI_ROOT": root, "KANNUKI_LANG": "ja"}
        environment.pop("TERM", None)
        if term is not None:
            environment["TERM"] = term
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

    def hang_up(self):
        """The line is gone, and with it the program on it."""
        self.process.kill()
        self.process.wait()

    def end(self):
        """A console that has crashed behind the test's back is found here."""
        status = self.process.poll()
        self.process.kill()
        self.process.wait()
        self.close()
        if status is not None and -status in CRASHES:
            raise AssertionError(f"the console ended with {signal.Signals(-status).name}: {self.text()[-500:]}")
