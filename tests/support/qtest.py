"""The pins of a PL061 inside QEMU, pressed and watched from outside through its qtest and QMP sockets."""
import json
import os
import re
import socket
import threading
import time


def wait_for_socket(path, seconds=30):
    until = time.monotonic() + seconds
    while True:
        peer = socket.socket(socket.AF_UNIX)
        try:
            peer.connect(path)
            return peer
        except OSError:
            peer.close()
            if time.monotonic() > until:
                raise AssertionError(f"{path}: nobody listens") from None
            time.sleep(0.05)


class Pins:
    """`followers`: {output: function(level)}, called when the output moves."""

    def __init__(self, folder):
        self.qtest_path, self.qmp_path = os.path.join(folder, "qtest.sock"), os.path.join(folder, "qmp.sock")
        self.changed = threading.Condition()
        self.outputs = {}
        self.moves = []           # (time, output, level)
        self.answers = 0
        self.followers = {}

    def arguments(self):
        return ["-qtest", f"unix:{self.qtest_path},server=on,wait=off", "-qtest-log", "none",
                "-qmp", f"unix:{self.qmp_path},server=on,wait=off"]

    def connect(self):
        qmp = wait_for_socket(self.qmp_path).makefile("rw")
        qmp.readline()

        def ask(command, **arguments):
            qmp.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            qmp.flush()
            while "return" not in (answer := json.loads(qmp.readline())):
                assert "error" not in answer, answer
            return answer["return"]
        ask("qmp_capabilities")
        found = [p["name"] for p in ask("qom-list", path="/machine/unattached") if p["type"] == "child<pl061>"]
        assert len(found) == 1, found
        self.device = f"/machine/unattached/{found[0]}"
        self.qmp = qmp
        self.socket = wait_for_socket(self.qtest_path)
        threading.Thread(target=self.read, daemon=True).start()
        self.ask(f"irq_intercept_out {self.device}")

    def read(self):
        for line in self.socket.makefile("r"):
            move = re.match(r"IRQ (raise|lower) (\d+)", line)
            with self.changed:
                if move:
                    output, level = int(move.group(2)), move.group(1) == "raise"
                    self.outputs[output] = level
                    self.moves.append((time.monotonic(), output, level))
                    follower = self.followers.get(output)
                    if follower:
                        threading.Thread(target=follower, args=(level,), daemon=True).start()
                elif line.startswith("OK"):
                    self.answers += 1
                self.changed.notify_all()

    def ask(self, line):
        with self.changed:
            before = self.answers
            self.socket.sendall((line + "\n").encode())
            assert self.changed.wait_for(lambda: self.answers > before, 30), line

    def drive(self, pin, level):
        self.ask(f"set_irq_in {self.device} unnamed-gpio-in {pin} {int(level)}")

    def level(self, output):
        with self.changed:
            return self.outputs.get(output, False)

    def wait(self, output, level, seconds):
        with self.changed:
            assert self.changed.wait_for(lambda: self.outputs.get(output, False) == level, seconds), \
                f"output {output} did not become {level} within {seconds} s; moves: {self.moves[-20:]}"
