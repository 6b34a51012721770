"""A flood of logins with wrong names, from a process of its own: `with Flood(house) as flood: …`, then flood.counts."""
import json
import os
import select
import socket
import subprocess
import sys

CONNECTIONS = 64


class Flood:
    def __init__(self, house):
        self.paths = [str(house.socket_path(kind)) for kind in ("web", "cli")]
        self.process, self.counts = None, None

    def __enter__(self):
        """Returns when the first logins were refused."""
        self.process = subprocess.Popen([sys.executable, __file__, *self.paths], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "flooding\n":
            raise ChildProcessError("the flood did not begin")
        return self

    def __exit__(self, *error):
        out, _ = self.process.communicate(timeout=60)
        self.counts = json.loads(out)


class Source:
    """One connection that asks again as soon as it is answered, and comes again when it is turned away."""

    def __init__(self, path, number):
        self.path, self.number, self.asked = path, number, 0
        self.connect()

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.setblocking(False)
        try:
            self.socket.connect(self.path)
            self.ask()
            return True
        except OSError:  # turned away already, or too many wait before the door
            return False

    def ask(self):
        self.asked += 1
        params = {"name": f"nobody{self.number}.{self.asked}", "password": "wrong-password"}
        self.socket.send(json.dumps({"id": self.asked, "method": "login", "params": params}).encode())

    def answer(self):
        """The code of the refusal; "turned_away"."""
        try:
            data = self.socket.recv(1 << 16)
            if data:
                self.ask()
                return json.loads(data)["error"]["code"]
        except OSError:
            pass
        self.socket.close()
        self.connect()
        return "turned_away"


def main():
    sources = [Source(path, n) for n in range(CONNECTIONS // 2) for path in sys.argv[1:]]
    counts = {}
    while not select.select([sys.stdin], [], [], 0)[0]:
        by_fd = {s.socket.fileno(): s for s in sources}
        poll = select.poll()
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        for fd, _ in poll.poll(100):
            code = by_fd[fd].answer()
            if code == "login_refused" and code not in counts:
                print("flooding", flush=True)
            counts[code] = counts.get(code, 0) + 1
    print(json.dumps(counts))


if __name__ == "__main__":
    os.nice(5)
    main()
