#!/usr/bin/env python3
"""The keeper against people and programs that mean harm."""
import secrets
import stat
import unittest

import tap
from flood import Flood
from keeperhouse import House, Panel, Peer, Refused


class Hostile(unittest.TestCase):
    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)
        done = self.house.set_up()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.house.start()
        self.panel = Panel(self.house)
        self.addCleanup(self.panel.close)
        self.panel.hello()
        self.panel.state()

    def person(self, name, kind="console"):
        peer = self.house.login(name, kind)
        self.addCleanup(peer.close)
        return peer

    def refused(self, code, call, *arguments, **params):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **params)
        self.assertEqual(caught.exception.code, code, caught.exception)

    def declare(self, person, **params):
        return person.act("incident.declared", text="不審なメールを開いた", **params)["about"]

    def test_nobody_can_take_the_key_of_an_event_to_come(self):
        number = secrets.randbelow(1 << 31)
        self.declare(self.person("hanako"), idem=f"{Panel.CONTROLLER}{Panel.JOURNAL}{number:08x}")
        press = self.panel.event(number, "isolate_pressed")
        self.assertEqual(self.panel.event(number, "isolate_pressed")["seq"], press["seq"])

    def test_case_stays_visible_however_often_a_button_is_pressed(self):
        person = self.person("hanako")
        about = self.declare(person)
        for number in range(2500):
            self.panel.event(number, "isolate_pressed")
        presses = person.view("incident", about=about)["presses"]
        self.assertEqual(len(presses), 200)
        newest = presses[-1]["press"]
        self.person("joho").act("incident.attributed", about=about, body={"press": newest})

    def test_request_is_for_the_trips_known_when_it_was_made(self):
        """The panel has cut once more; that event is still under way."""
        joho, ciso = self.person("joho"), self.person("ciso")
        about = self.declare(joho)
        self.panel.event(1, "cut_button", uplink=1, arg=900)
        self.panel.state(latch=5)
        wish = dict(about=about, body={"uplinks": ["internet"], "latch": 6}, proof=self.house.passwords["joho"])
        old = joho.act("restore.requested", **wish)["seq"]
        self.panel.state(latch=6)
        proof = self.house.passwords["ciso"]
        self.refused("wrong_state", ciso.act, "restore.permitted", about=about, body={"request": old}, proof=proof)
        new = joho.act("restore.requested", **wish)["seq"]
        ciso.act("restore.permitted", about=about, body={"request": new}, proof=proof)
        self.assertEqual(self.panel.next_push("panel.permit")["latch"], 6)

    def test_presses_are_recorded_while_logins_flood(self):
        with Flood(self.house) as flood:
            receipts = [self.panel.event(number, "test_pressed") for number in range(1, 101)]
            # Nor is somebody at the serial line kept from logging in, or from putting a seal.
            somu = self.person("somu")
            somu.act("erasure.requested", body={"seq": 1, "name": "text"}, text={"authority": "条例", "reason": "試し"},
                     proof=self.house.passwords["somu"])
        self.assertEqual(len({receipt["seq"] for receipt in receipts}), 100)
        self.assertIn("busy", flood.counts, flood.counts)
        self.assertIn("turned_away", flood.counts, flood.counts)
        # The flood is an entry now and then, not one for each.
        auditor = self.person("kansa")
        first, last = receipts[0]["seq"], max(e["seq"] for e in auditor.ask("ledger.show", count=1)["entries"])
        entries = {e["seq"]: e for seq in range(max(first - 20, 0), last, 20)
                   for e in auditor.ask("ledger.show", count=20, **{"from": seq})["entries"]}
        failed = [e for e in entries.values() if e.get("act") == "login.failed"]
        self.assertTrue(1 <= len(failed) < 20, failed)

    def test_files_are_for_the_keeper_alone(self):
        for path in (self.house.root / "var/lib/kannuki").rglob("*"):
            if path.parent.stat().st_mode & 0o077 == 0:
                continue  # nobody else comes this far
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077 & ~0o050 * path.is_dir(), 0, path)


if __name__ == "__main__":
    tap.main()
