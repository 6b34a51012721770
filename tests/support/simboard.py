"""The simulated board with the real firmware, and its control socket."""
import json
import os
import socket
import subprocess

from paneld import wait_until


class Simboard:
    def __init__(self, folder, *options):
        self.folder, self.options, self.process, self.control = folder, options, None, None
        self.device = os.path.join(folder, "board.pty")
        self.path = os.path.join(folder, "board.sock")
        self.log = os.path.join(folder, "board.log")

    def start(self):
        program = os.path.join(os.environ["KANNUKI_BIN"], "kannuki-simboard")
        firmware = os.path.join(os.environ["KANNUKI_BUILD"], "firmware/kannuki-panel.hex")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([program, "--hex", firmware, "--eeprom",
                                             os.path.join(self.folder, "board.eeprom"), "--pty-link", self.device,
                                             "--control", self.path, *self.options], stderr=log)
        wait_until("the simulated board", self.connect)
        return self

    def connect(self):
        if self.process.poll() is not None:
            with open(self.log, encoding="utf-8") as log:
                raise AssertionError(f"the simulated board has ended: {log.read()}")
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        control.settimeout(30)
        try:
            control.connect(self.path)
        except OSError:
            control.close()
            return False
        self.control = control.makefile("rw", encoding="utf-8", newline="\n")
        control.close()           # the file keeps it open
        return True

    def stop(self):
        if self.process is not None:
            self.control.close()
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def ask(self, line):
        self.control.write(line + "\n")
        self.control.flush()
        answer = self.control.readline().rstrip("\n")
        if answer.startswith("error") or not answer:
            raise AssertionError(f"simboard: {line}: {answer or 'gone'}")
        return answer

    def state(self):
        return json.loads(self.ask("state"))

    def notes(self):
        """What happened, oldest first: {"t_us", "what", "index", "on"}."""
        return json.loads(self.ask("log"))["notes"]

    def lamp(self, name):
        return self.state()["lamps"][name]

    def wait(self, what, condition, seconds=20):
        return wait_until(what, lambda: condition(self.state()), seconds)
