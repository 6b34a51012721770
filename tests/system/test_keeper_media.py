#!/usr/bin/env python3
"""A keeper with two media: one breaks, stands still, is full, is pulled out and put back. Nothing acknowledged is lost."""
import base64
import contextlib
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import threading
import unittest

import tap
from housed import Founded
from keeperhouse import House, Panel, Refused, wait_until

BUILD = pathlib.Path(os.environ["KANNUKI_BUILD"])
FIRST, SECOND = 0, 1


class Load(threading.Thread):
    """Declares cases until told to stop; keeps which request got which number."""

    def __init__(self, house, name="hanako"):
        super().__init__()
        self.person = house.login(name)
        self.recorded = {}
        self.refused = 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            idem = secrets.token_hex(16)
            try:
                self.recorded[idem] = self.person.act("incident.declared", idem=idem, text="負荷")["seq"]
            except Refused as refusal:
                assert refusal.code == "not_recorded", refusal
                self.refused += 1

    def more(self, count=20):
        wanted = len(self.recorded) + count
        wait_until("more entries", lambda: len(self.recorded) >= wanted)

    def stop(self):
        self.stopped.set()
        self.join(30)
        self.person.close()


@unittest.skipIf("asan" in str(BUILD), "the sanitizer wants to be loaded first")
class Media(Founded):
    def setUp(self):
        super().setUp()
        self.how = self.house.root / "how"

    def breakable(self, medium):
        shim = BUILD / "tests/broken_medium.so"
        self.assertTrue(shim.exists())
        self.house.environment.update(LD_PRELOAD=str(shim), BROKEN_MEDIUM=str(self.house.homes[medium]),
                                      BROKEN_MEDIUM_HOW=str(self.how))

    def do(self, how):
        if how is None:
            self.how.unlink()
        else:
            self.how.write_text(how)

    def media(self, person):
        media = person.view("now")["media"]
        media.pop("room", None)  # the machine of the test may be short of it
        return media

    def wait_media(self, first, second):
        with self.house.login("kacho") as person:
            wait_until(f"{first}, {second}", lambda: self.media(person) == {"first": first, "second": second})

    def pull(self, medium):
        """Out of a keeper that does not run."""
        home = self.house.homes[medium]
        home.rename(home.with_name(home.name + ".pulled"))
        if medium == FIRST:
            home.mkdir()

    def put_back(self, medium):
        home = self.house.homes[medium]
        if home.exists():
            shutil.rmtree(home)
        home.with_name(home.name + ".pulled").rename(home)

    def media_acts(self):
        """What the entries say of media."""
        with self.house.login("kansa") as auditor:
            bundle = pathlib.Path(auditor.ask("ledger.export", name="all")["path"])
        bodies = []
        for path in sorted(bundle.glob("disclosures/*.jsonl"), key=lambda path: int(path.stem)):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            bodies += [json.loads(base64.urlsafe_b64decode(line["disclosure"] + "=="))[2]
                       for line in lines if line["name"] == "body"]
        return [(body["act"], body["medium"]) for body in bodies if body["act"].startswith("medium.")]

    def assert_recorded(self, load):
        with self.house.login("hanako") as person:
            for idem, seq in load.recorded.items():
                again = person.act("incident.declared", idem=idem, text="負荷")
                self.assertEqual(again["seq"], seq, "an acknowledged entry was lost")

    def check(self):
        with self.house.login("kansa") as auditor:
            self.assertEqual(auditor.ask("ledger.check")["verdict"], "good")

    def assert_alone(self, medium, load):
        """Everything is on this medium: the other one is pulled."""
        self.house.end()
        self.house.environment.pop("LD_PRELOAD", None)
        self.pull(1 - medium)
        self.house.start()
        self.assert_recorded(load)
        self.check()

    def under_load(self, medium, how):
        """Breaks and returns while people work; both hold everything afterwards."""
        self.breakable(medium)
        self.house.start()
        load = Load(self.house)
        load.start()
        load.more()
        self.do(how)
        states = ["well", "well"]
        states[medium] = "failed"
        self.wait_media(*states)
        load.more()
        self.do(None)
        with self.house.login("joho") as person:
            person.ask("ledger.repair")
        self.wait_media("well", "well")
        load.more()
        load.stop()
        self.assertEqual(load.refused, 0)
        return load

    def test_second_medium_fails_and_returns_under_load(self):
        load = self.under_load(SECOND, "fails")
        self.assertEqual(self.media_acts(), [("medium.lost", "second"), ("medium.returned", "second")])
        self.assert_alone(SECOND, load)

    def test_first_medium_fails_and_returns_under_load(self):
        load = self.under_load(FIRST, "fails")
        self.assert_alone(FIRST, load)

    def test_full_medium_is_left_alone_until_there_is_room(self):
        load = self.under_load(SECOND, "full")
        self.assert_alone(SECOND, load)

    def test_recording_goes_on_while_a_returned_medium_hangs(self):
        self.breakable(SECOND)
        self.house.start()
        load = Load(self.house)
        load.start()
        load.more()
        self.do("fails")
        self.wait_media("well", "failed")
        self.do("shut")
        with self.house.login("joho") as person, self.assertRaises(Refused) as caught:
            person.ask("ledger.repair")
        self.assertIn("does not answer", caught.exception.args_given["why"])
        load.more()
        self.assertTrue(self.how.exists(), "the medium was still hanging")
        self.do(None)
        with self.house.login("joho") as person:
            person.ask("ledger.repair")
        self.wait_media("well", "well")
        load.stop()
        self.assertEqual(load.refused, 0)
        self.assert_alone(SECOND, load)

    def test_press_is_recorded_while_a_medium_stands_still(self):
        self.breakable(SECOND)
        self.house.start()
        with Panel(self.house) as panel:
            panel.hello()
            self.do("stuck")
            receipt = panel.event(1, "isolate_pressed")
            self.assertTrue(self.how.exists(), "the medium was still standing")
            while not panel.next_push("panel.lamps")["fault"]:
                pass
            self.assertGreater(panel.event(2, "declare_pressed")["seq"], receipt["seq"])
            self.do(None)
            while panel.next_push("panel.lamps")["fault"]:
                pass
        self.wait_media("well", "well")
        self.check()

    def wait_told_of_room(self):
        with self.house.login("kansa") as auditor:
            found = []
            wait_until("the entry", lambda: found.extend(auditor.ask("ledger.find", word="space.changed")["entries"]) or found)
            bodies = [auditor.ask("ledger.show", **{"from": entry["seq"], "count": 1})["entries"][0]["body"] for entry in found]
        return [(body["was"], body["now"]) for body in bodies]

    def test_scarce_room_is_an_entry_once(self):
        self.breakable(SECOND)
        self.do("low")
        self.house.start()
        self.assertEqual(self.wait_told_of_room(), [("good", "low")])
        self.do(None)
        self.some_more()
        self.house.end()
        self.do("low")
        self.house.start()
        self.some_more()
        self.assertEqual(self.wait_told_of_room(), [("good", "low")])

    def test_both_fail_and_nobody_is_told_recorded(self):
        self.house.environment["LD_PRELOAD"] = str(BUILD / "tests/broken_medium.so")
        self.house.environment.update(BROKEN_MEDIUM=str(self.house.root / "var/lib"),
                                      BROKEN_MEDIUM_HOW=str(self.how))
        self.house.start()
        with self.house.login("hanako") as person:
            self.do("full")
            with self.assertRaises(Refused) as caught:
                person.act("incident.declared", text="x")
            self.assertEqual(caught.exception.code, "not_recorded")
            self.do(None)
            person.act("incident.declared", text="x")
            self.assertFalse(self.media(person) is None)
        self.check()

    def some_more(self, before=None):
        load = Load(self.house)
        load.recorded.update(before.recorded if before else {})
        load.start()
        load.more(5)
        load.stop()
        return load

    def test_starts_with_either_medium_alone(self):
        self.house.start()
        load = self.some_more()
        for medium in (FIRST, SECOND):
            self.house.end()
            self.pull(medium)
            self.house.start()
            states = ["well", "well"]
            states[medium] = "failed"
            with self.house.login("kacho") as person:
                self.assertEqual(list(self.media(person).values()), states)
                self.assertEqual(list(person.call("hello")["media"].values())[:2], states)
            self.assert_recorded(load)
            load = self.some_more(load)
            self.house.end()
            self.put_back(medium)
            self.house.start()
            self.wait_media("well", "well")
            self.assert_recorded(load)
        self.check()

    def test_spoilt_keys_are_put_right_at_the_start(self):
        self.house.start()
        load = self.some_more()
        for medium in (FIRST, SECOND):
            for name in ("wrap", "identity"):
                self.house.end()
                key = self.house.homes[medium] / "ledger/keys" / name
                right = key.read_bytes()
                key.write_bytes(right[:3] + bytes([right[3] ^ 8]) + right[4:])
                self.house.start()
                self.wait_media("well", "well")
                self.assertEqual(key.read_bytes(), right, (medium, name))
        self.assert_recorded(load)
        self.assertEqual(set(self.media_acts()), {("medium.repaired", "first"), ("medium.repaired", "second")})
        self.check()

    def test_the_name_of_the_other_medium_is_lost(self):
        self.house.start()
        load = self.some_more()
        self.house.end()
        (self.house.homes[FIRST] / "ledger/other").unlink()
        self.house.start()
        load = self.some_more(load)
        with self.house.login("joho") as person:
            person.ask("ledger.repair")
        self.wait_media("well", "well")
        self.assert_alone(SECOND, load)

    def test_password_that_was_changed_meanwhile_reaches_the_copy(self):
        self.pull(SECOND)
        self.house.start()
        old, new = self.house.passwords["somu"], "a-new-password"
        with self.house.login("somu") as person:
            person.ask("password", old=old, new=new)
        self.house.passwords["somu"] = new
        self.house.end()
        self.put_back(SECOND)
        self.house.start()
        self.wait_media("well", "well")
        self.house.end()
        self.pull(FIRST)
        self.house.start()
        self.house.login("somu").close()
        with self.assertRaises(Refused):
            self.house.passwords["somu"] = old
            self.house.login("somu")

    def test_no_medium_at_all_is_said(self):
        for medium in (FIRST, SECOND):
            self.pull(medium)
        self.house.start("console")
        self.assertIn("there is no ledger", self.house.words())
        with self.assertRaises(Refused) as caught:
            self.house.login("hanako")
        self.assertEqual(caught.exception.code, "not_commissioned")
        self.house.end()
        for medium in (FIRST, SECOND):
            self.put_back(medium)
        self.house.start()
        self.house.login("hanako").close()

    def test_set_up_leaves_the_second_medium_as_it_is(self):
        shutil.rmtree(self.house.homes[FIRST])
        done = self.house.set_up()
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(self.house.homes[SECOND]), done.stderr)
        self.assertFalse((self.house.homes[FIRST] / "ledger").exists())


class OneMedium(unittest.TestCase):
    def test_mirror_is_optional(self):
        house = House()
        self.addCleanup(house.close)
        house.config.write_text("".join(line for line in house.config.read_text().splitlines(True)
                                        if not line.startswith("mirror:")))
        self.assertEqual(house.set_up().returncode, 0)
        house.start()
        with house.login("hanako") as person:
            media = person.view("now")["media"]
            self.assertEqual((media["first"], media.get("second")), ("well", None))
        self.assertFalse(house.homes[SECOND].exists())

    def test_mirror_must_be_another_folder(self):
        house = House()
        self.addCleanup(house.close)
        good = house.config.read_text()
        for mirror, wanted in {"mirror: /var/lib/kannuki": "is the first medium",
                               "mirror: kannuki-mirror": "must be a whole path"}.items():
            house.config.write_text(good.replace("mirror: /var/lib/kannuki-mirror", mirror))
            done = house.set_up()
            self.assertEqual(done.returncode, 1)
            self.assertIn(wanted, done.stderr)

    def test_on_a_full_medium_two_people_still_erase_at_the_console_and_recording_goes_on(self):
        house = House()
        self.addCleanup(house.close)
        house.config.write_text("".join(line for line in house.config.read_text().splitlines(True)
                                        if not line.startswith("mirror:")))
        home = house.homes[FIRST]
        home.mkdir(parents=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", home], capture_output=True, check=False).returncode != 0:
            self.skipTest("only root can mount")
        self.addCleanup(subprocess.run, ["umount", home], check=True)
        self.assertEqual(house.set_up().returncode, 0)
        house.start()
        self.addCleanup(house.end)
        clerk = house.login("hanako")
        about = clerk.act("incident.declared", text="満杯")["about"]
        seqs = [clerk.act("incident.noted", about=about, text="あ" * 1300)["seq"] for _ in range(20)]
        full = home / "filler"

        def fill_up():
            with open(full, "ab", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(b"x" * 4096):
                    pass

        fill_up()
        with self.assertRaises(Refused):
            while True:
                clerk.act("incident.noted", about=about, text="い" * 1300)
                fill_up()
        fill_up()
        with self.assertRaises(Refused) as caught:
            clerk.act("incident.noted", about=about, text="う")
        self.assertEqual(caught.exception.code, "not_recorded")
        somu, ciso = house.login("somu"), house.login("ciso")
        for seq in seqs:
            request = somu.act("erasure.requested", body={"seq": seq, "name": "text"}, proof=house.passwords["somu"],
                               text={"authority": "空き容量", "reason": "満杯"})["seq"]
            ciso.act("erasure.approved", body={"request": request}, proof=house.passwords["ciso"])
        wait_until("all erased", lambda: all(erasure["state"] == "done" for erasure in somu.view("erasures")["erasures"]))
        clerk.act("incident.noted", about=about, text="え")
        self.assertEqual(somu.ask("ledger.check")["verdict"], "good")


if __name__ == "__main__":
    tap.main()
