"""Starts kannuki-paneld on a device below a root of its own."""
import os
import signal
import subprocess
import tempfile
import time


def wait_until(what, condition, seconds=60):
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.005)
    return value


class Paneld:
    def __init__(self, root, device, uplinks=4, settings=None):
        self.root, self.process, self.preload = root, None, ""
        self.log = tempfile.TemporaryFile(mode="w+")
        os.makedirs(os.path.join(root, "etc/kannuki"), exist_ok=True)
        os.makedirs(os.path.join(root, "run/kannuki-paneld"), exist_ok=True)
        with open(os.path.join(root, "etc/kannuki/panel.yaml"), "w", encoding="utf-8") as file:
            file.write(settings or f"device: {device}\nuplinks: {uplinks}\n")

    def start(self):
        program = os.path.join(os.environ["KANNUKI_BIN"], "kannuki-paneld")
        self.process = subprocess.Popen([program], stderr=self.log,
                                        env=dict(os.environ, KANNUKI_ROOT=self.root, KANNUKI_LANG="en",
                                                 LD_PRELOAD=self.preload))
        return self

    def stop(self):
        """Ends it as systemd would; returns its exit status."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        status = self.process.wait(60)
        self.process = None
        return status

    def kill(self):
        self.process.kill()
        self.process.wait(60)
        self.process = None

    def said(self):
        self.log.seek(0)
        return self.log.read()
