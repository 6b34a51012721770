"""A keeper in a folder of its own, and a peer that talks to it over SOCK_SEQPACKET."""
import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("KANNUKI_BIN", SOURCE / "build/dev/bin"))
PATIENCE = 30


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.01)


class Refused(Exception):
    """The keeper answered with an error."""

    def __init__(self, error):
        super().__init__(str(error))
        self.code = error["code"]
        self.args_given = error["args"]


class Peer:
    """One connection. Pushes that arrive meanwhile are kept in .pushes."""

    def __init__(self, house, kind="console"):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(str(house.socket_path(kind)))
        self.socket.settimeout(PATIENCE)
        self.last_id = 0
        self.pushes = []
        self.answers = {}
        self.session = None
        self.came = []  # open files that came with the newest message

    def close(self):
        self.drop_files()
        self.socket.close()

    def drop_files(self):
        for fd in self.came:
            os.close(fd)
        self.came = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def receive(self):
        self.drop_files()
        data, self.came, _, _ = socket.recv_fds(self.socket, 1 << 17, 8)
        if not data:
            raise ConnectionError("the keeper closed the connection")
        return json.loads(data)

    def send(self, method, **params):
        return self.send_along([], method, **params)

    def send_along(self, fds, method, **params):
        """The same with open files."""
        self.last_id += 1
        request = {"id": self.last_id, "method": method, "params": params}
        socket.send_fds(self.socket, [json.dumps(request).encode()], fds)
        return self.last_id

    def take(self, number):
        while number not in self.answers:
            message = self.receive()
            if "push" in message:
                self.pushes.append(message)
            else:
                self.answers[message["id"]] = message
        answer = self.answers.pop(number)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def call(self, method, **params):
        return self.take(self.send(method, **params))

    def next_push(self, name):
        while True:
            for i, message in enumerate(self.pushes):
                if message["push"] == name:
                    return self.pushes.pop(i)["params"]
            message = self.receive()
            if "push" in message:
                self.pushes.append(message)
            else:
                self.answers[message["id"]] = message

    def login(self, name, password):
        result = self.call("login", name=name, password=password)
        self.session = result["session"]
        return result

    def ask(self, method, **params):
        return self.call(method, session=self.session, **params)

    def view(self, what, **params):
        return self.ask("view", what=what, **params)

    def act(self, act, idem=None, **params):
        return self.ask("act", idem=idem or secrets.token_hex(16), act=act, **params)

    def act_along(self, fds, act, idem=None, **params):
        return self.take(self.send_along(fds, "act", session=self.session, idem=idem or secrets.token_hex(16), act=act,
                                         **params))


class Panel(Peer):
    """The panel daemon's side, without a controller."""

    CONTROLLER, JOURNAL = "00000000000000c1", "6a6f7572"

    def __init__(self, house):
        super().__init__(house, "panel")

    def close(self):
        """Returns when the keeper has seen it, too: what is asked next is answered without a panel."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(1 << 17):
                pass
        except OSError:
            pass
        super().close()

    def hello(self):
        return self.call("panel.hello", controller=self.CONTROLLER, journal=self.JOURNAL, firmware="0.1.0", map=2)

    def event(self, number, kind, **params):
        return self.call("panel.event", **{"controller": self.CONTROLLER, "journal": self.JOURNAL, "number": number,
                                           "kind": kind, **params})

    def state(self, latch=1):
        uplinks = [{"uplink": n, "state": "connected", "proof": "none", "latched": False} for n in (1, 2, 3, 4)]
        return self.call("panel.state", uplinks=uplinks, key=False, latch=latch, controller_present=True, faults=[])


class House:
    """The sample organisation in a temporary folder."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-"))
        self.process = None
        self.environment = dict(os.environ, KANNUKI_ROOT=str(self.root), KANNUKI_LANG="en")
        etc = self.root / "etc/kannuki"
        etc.mkdir(parents=True)
        self.config = etc / "kannuki.yaml"
        text = (SOURCE / "scripts/sample/kannuki.yaml").read_text()
        self.config.write_text(text.replace("@PACKS@", str(SOURCE / "app/procedure/packs")))
        for name in "contacts.csv", "holidays.csv":
            shutil.copy(SOURCE / "scripts/sample" / name, etc)
        self.passwords = {}
        self.genesis = None
        self.views = self.root / "views"
        self.environment["KANNUKI_VIEWS"] = str(self.views)

    def run(self, *arguments):
        return subprocess.run([BIN / "kannukid", *map(str, arguments)], env=self.environment, text=True,
                              capture_output=True, timeout=120, check=False)

    def set_up(self, site=SOURCE / "scripts/sample/site.yaml", *arguments):
        done = self.run("--setup", site, *arguments)
        for line in done.stdout.splitlines():
            word, _, rest = line.partition(" ")
            if word == "genesis:":
                self.genesis = rest
            elif word == "login":
                name, _, password = rest.partition(" ")
                self.passwords[name] = password
        return done

    def socket_path(self, kind):
        return self.root / "run/kannuki" / f"{kind}.sock"

    def is_open(self, kind="cli"):
        if self.process.poll() is not None:
            raise ChildProcessError(f"the keeper has ended: {self.words()}")
        try:
            with Peer(self, kind) as peer:
                peer.call("hello")
        except OSError:
            return False
        except Refused as refused:
            return refused.code != "starting"
        return True

    def launch(self):
        with open(self.root / "keeper.log", "ab") as log:
            # Python ignores SIGXFSZ; the keeper inherits that, so that a test can make its disk "full".
            self.process = subprocess.Popen([BIN / "kannukid"], env=self.environment, stderr=log, restore_signals=False)

    def start(self, kind="cli"):
        self.launch()
        wait_until("the keeper", lambda: self.is_open(kind))

    @property
    def homes(self):
        """The folders of both media."""
        return self.root / "var/lib/kannuki", self.root / "var/lib/kannuki-mirror"

    def lose_secret(self):
        """Of the next epoch, on both media, while no keeper runs: the log can never go on."""
        for home, name in zip(self.homes, ("ledger.db", "mirror.db")):
            with contextlib.closing(sqlite3.connect(home / "ledger" / name)) as db:
                db.execute("DELETE FROM secrets")
                db.commit()

    def words(self):
        return (self.root / "keeper.log").read_text(errors="replace")

    def end(self, how=signal.SIGTERM, patience=PATIENCE):
        self.views.unlink(missing_ok=True)
        self.process.send_signal(how)
        status = self.process.wait(patience)
        self.process = None
        if self.views.exists():
            self.check_views()
        return status

    def check_views(self):
        """All that the keeper showed at its end is what folding the ledger anew shows, byte for byte."""
        done = self.run("--check-views", self.views)
        if done.returncode != 0:
            raise AssertionError(f"what was shown is not what was recorded: {done.stderr}")

    def login(self, name, kind="console"):
        peer = Peer(self, kind)
        peer.login(name, self.passwords[name])
        return peer

    def close(self):
        try:
            if self.process is not None:
                self.stop()
        finally:
            shutil.rmtree(self.root)

    def stop(self):
        """However it is: with its pictures if it can still say them."""
        self.process.send_signal(signal.SIGCONT)
        try:
            self.end(patience=10)
        except subprocess.TimeoutExpired:
            self.end(signal.SIGKILL)
