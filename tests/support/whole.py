"""Keeper, daemon and the real firmware on the simulated board, in one folder."""
import contextlib
import struct
import sys
import tempfile
import unittest

from fake_board import crc16
from keeperhouse import House
from paneld import Paneld, wait_until
from simboard import Simboard


def provision(path, loss=0, heartbeat_ms=2000, controller=0xC0FFEE):
    """The provisioning block of board/map.h in an EEPROM that is otherwise new."""
    block = struct.pack(">2s6B H Q 2B I", b"KN", 2, 15, 15, 0, loss, 0, heartbeat_ms, controller, 0, 0, 0x6A6F7572)
    with open(path, "wb") as eeprom:
        eeprom.write((block + crc16(block)).ljust(4096, b"\xff"))


class Whole(unittest.TestCase):
    LOSS, HEARTBEAT_MS = 0, 2000

    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)
        done = self.house.set_up()
        self.assertEqual(done.returncode, 0, done.stderr)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        provision(f"{folder.name}/board.eeprom", self.LOSS, self.HEARTBEAT_MS)
        self.house.start()
        self.board = Simboard(folder.name).start()
        self.addCleanup(self.board.stop)
        self.daemon = Paneld(str(self.house.root), self.board.device)
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        self.board.wait("all connected and well", lambda s: all(u["connected"] for u in s["uplinks"]) and
                        not s["lamps"]["fault"])
        self.joho, self.somu = self.person("joho"), self.person("somu")
        self.wait_panel()

    def person(self, name):
        peer = self.house.login(name)
        self.addCleanup(peer.close)
        return peer

    def wait_panel(self):
        wait_until("the panel", lambda: self.hello()["panel"], 20)

    def hello(self):
        with contextlib.closing(self.house.login("kansa")) as peer:
            return peer.call("hello")

    def proof(self, name):
        return {"proof": self.house.passwords[name]}

    def entries(self, word):
        with contextlib.closing(self.house.login("kansa")) as auditor:
            found = auditor.ask("ledger.find", word=word)["entries"]
            return [auditor.ask("ledger.show", **{"from": e["seq"], "count": 1})["entries"][0]["body"] for e in found]

    def wait_entry(self, act, **facts):
        def find():
            return [body for body in self.entries(act)
                    if body["act"] == act and all(body.get(k) == v for k, v in facts.items())]
        return wait_until(f"{act} {facts}", find, 30)[0]

    def wait_connected(self, *numbers):
        self.board.wait(f"{numbers} connected", lambda s: [i for i, u in enumerate(s["uplinks"], 1) if u["connected"]] ==
                        list(numbers), 30)

    def maintain(self):
        self.joho.act("maintenance.begun", body={"hours": 1}, text="点検")
        self.board.wait("DRILL", lambda s: s["lamps"]["drill"])


def measure(case):
    """Runs a benchmark that is a case of Whole; its report is what it prints."""
    outcome = unittest.TestResult()
    case().run(outcome)
    for _, trace in outcome.errors + outcome.failures:
        print(trace, file=sys.stderr)
    sys.exit(not outcome.wasSuccessful())
