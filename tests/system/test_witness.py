#!/usr/bin/env python3
"""The panel's controller vouches for the log: keeper, daemon and the real firmware. Cut, changed and exchanged logs are noticed."""
import hashlib
import os
import pathlib
import random
import shutil
import subprocess

import tap
from keeperhouse import SOURCE, House
from paneld import wait_until
from whole import Whole

CONTROLLER = "0000000000c0ffee"


class Witness(Whole):
    def setUp(self):
        super().setUp()
        self.wait_seen("agrees")

    def seen(self):
        return self.joho.ask("ledger.media").get("seen")

    def wait_seen(self, verdict, condition=lambda seen: True):
        def look():
            seen = self.seen()
            return seen if seen and seen["verdict"] == verdict and condition(seen) else None
        return wait_until(f"the panel's verdict: {verdict}", look, 40)

    def grow(self, count):
        for i in range(count):
            self.joho.act("incident.declared", text=f"増やす {i}")

    def rotate(self):
        """What is durable now is shown to the panel."""
        size = self.joho.ask("ledger.rotate")["entries"]
        self.wait_seen("agrees", lambda seen: seen["entries"] >= size)
        return size

    def stop(self):
        self.joho.close()
        self.house.end()

    def start(self):
        self.house.start()
        self.joho = self.person("joho")
        self.wait_panel()

    def copy(self):
        """Of both media, while no keeper runs."""
        for home in self.house.homes:
            shutil.copytree(home, f"{home}.copy")

    def put_back(self):
        for home in self.house.homes:
            shutil.rmtree(home, ignore_errors=True)
            shutil.move(f"{home}.copy", home)

    def ledger(self, *words):
        return subprocess.run([os.path.join(os.environ["KANNUKI_BIN"], "kannuki-ledger"), *words, "--lang", "en"],
                              capture_output=True, text=True, timeout=120)

    def check_offline(self):
        return self.ledger("check", self.house.homes[0] / "ledger")

    def restore_old_copy(self):
        self.stop()
        self.copy()
        self.start()
        self.grow(5)
        size = self.rotate()
        self.stop()
        self.put_back()
        self.start()
        return size

    def test_the_newest_entries_are_seen_at_each_epoch(self):
        first = self.seen()["entries"]
        self.assertEqual(self.wait_entry("log.witnessed", verdict="agrees")["controller"], CONTROLLER)
        self.grow(3)
        self.assertGreater(self.rotate(), first + 2)
        self.stop()
        self.start()
        self.wait_seen("agrees", lambda seen: seen["entries"] > first + 5)
        self.assertEqual(self.seen()["refused"], "")
        self.assertNotIn("seen", self.joho.view("now")["media"])

    def test_what_is_kept_is_the_checkpoint_of_the_record(self):
        self.rotate()
        self.grow(2)
        seen = self.seen()
        with self.house.login("kansa") as auditor:
            bundle = auditor.ask("ledger.export", name="all")["path"]
        leaves = [line for path in sorted(pathlib.Path(bundle).glob("tile/entries/**/*")) if path.is_file()
                  for line in entries_of(path.read_bytes())]
        self.assertEqual(code_of(leaves[:seen["entries"]]), seen["code"])

    def test_a_log_put_back_from_an_old_copy_is_noticed_until_the_jumper_lets_a_new_one_in(self):
        size = self.restore_old_copy()
        self.assertEqual(self.wait_seen("shorter")["entries"], size)
        self.assertEqual(self.joho.view("now")["media"]["seen"]["verdict"], "shorter")
        self.board.wait("FAULT", lambda s: s["lamps"]["fault"])
        found = self.wait_entry("log.witnessed", verdict="shorter", size=size)
        self.assertLess(found["entries"], size)
        # It grows beyond what was seen: the panel is not shown it, and still tells.
        self.grow(20)
        self.joho.ask("ledger.rotate")
        self.stop()
        done = self.check_offline()
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("has seen another log than this one (shorter)", done.stderr)
        self.start()
        self.assertEqual(self.wait_seen("other_root")["entries"], size)
        self.joho.ask("ledger.incarnation", reason="古い写しだった", **self.proof("joho"))
        self.wait_seen("other_root", lambda seen: seen["refused"] == "other_origin")
        self.board.ask("jumper set")
        self.wait_seen("agrees")
        self.board.ask("jumper off")
        self.wait_entry("panel.noted", kind="new_origin")
        self.wait_entry("log.witnessed", verdict="agrees")
        self.stop()
        done = self.check_offline()
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_new_incarnation_is_let_in_by_the_jumper(self):
        self.joho.ask("ledger.incarnation", reason="媒体の盗難", **self.proof("joho"))
        self.wait_seen("earlier_log")
        self.assertEqual(self.joho.view("now")["media"]["seen"]["verdict"], "earlier_log")
        self.board.ask("jumper set")
        self.wait_seen("agrees")

    def earlier(self, home):
        return sorted(path for path in (home / "ledger/incarnations").glob("[0-9]*") if path.name.isdigit())

    def holds(self, log, words):
        return self.ledger("find", log, words).returncode == 0

    def test_an_earlier_log_that_is_missing_here_is_told_from_that_of_another_box(self):
        """The media were used apart, and the half that the panel has seen is lost."""
        first, second = self.house.homes
        self.stop()
        for away, words in ((second, "パネルが見た側"), (first, "見ていない側")):
            away.rename(f"{away}.pulled")
            if away == first:
                away.mkdir()
            self.start()
            self.joho.act("incident.declared", text=words)
            if away == second:
                self.rotate()
            self.stop()
            if away == first:
                away.rmdir()
            pathlib.Path(f"{away}.pulled").rename(away)
        self.start()
        self.wait_seen("earlier_log")
        wait_until("both earlier logs on both media", lambda: [len(self.earlier(home)) for home in (first, second)] == [2, 2], 60)
        self.stop()
        for home in (first, second):
            for log in self.earlier(home):
                if self.holds(log, "パネルが見た側"):
                    shutil.rmtree(log)
        self.start()
        self.wait_seen("missing_log", lambda seen: seen["refused"] == "other_origin")
        self.wait_entry("log.witnessed", verdict="missing_log")

    def test_the_log_of_another_box_is_noticed(self):
        other = House()
        self.addCleanup(other.close)
        site = self.house.root / "other.yaml"
        sample = (SOURCE / "scripts/sample/site.yaml").read_text()
        site.write_text(sample.replace("origin:", "origin: other.example/box9/1 #", 1))
        self.assertEqual(other.set_up(site).returncode, 0)
        self.stop()
        for mine, theirs in zip(self.house.homes, other.homes):
            shutil.rmtree(mine)
            shutil.copytree(theirs, mine)
        self.house.passwords = other.passwords
        self.start()
        self.wait_seen("other_log", lambda seen: seen["refused"] == "other_origin")
        self.board.wait("FAULT", lambda s: s["lamps"]["fault"])
        self.wait_entry("log.witnessed", verdict="other_log")

    def test_power_cut_while_it_is_written_leaves_the_old_or_the_new_one(self):
        dice = random.Random(20261121)
        for _ in range(6):
            before = self.rotate()
            self.grow(1)
            after = self.joho.ask("ledger.rotate")["entries"]
            at = self.board.state()["time_us"]
            delay_us = dice.randrange(300000)
            self.board.wait("the moment", lambda s: s["time_us"] - at >= delay_us)
            self.board.ask("power off")
            wait_until("no panel", lambda: not self.hello()["panel"], 30)
            self.board.ask("power on")
            seen = self.wait_seen("agrees")
            self.assertIn(seen["entries"], range(before, after + 50))

    def test_a_press_is_recorded_while_the_log_is_shown(self):
        for _ in range(3):
            self.joho.ask("ledger.rotate")
            self.board.ask("press declare")
            self.board.wait("RECORDED", lambda s: s["lamps"]["recorded"])


def entries_of(tile):
    while tile:
        length = int.from_bytes(tile[:2], "big")
        yield tile[2:2 + length]
        tile = tile[2 + length:]


def code_of(leaves):
    """Short form of the RFC 6962 root."""
    def root(hashes):
        if len(hashes) == 1:
            return hashes[0]
        middle = 1 << (len(hashes) - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + root(hashes[:middle]) + root(hashes[middle:])).digest()
    code = root([hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]).hex().upper()[:8]
    return f"{code[:4]}-{code[4:]}"


if __name__ == "__main__":
    tap.main()
