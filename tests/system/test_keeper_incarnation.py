#!/usr/bin/env python3
"""A log that can never take an entry again: the keeper goes on in a new incarnation, and nothing that was acknowledged is lost."""
import base64
import contextlib
import json
import pathlib
import secrets
import shutil
import sqlite3
import subprocess

import tap
from housed import Founded
from keeperhouse import BIN, House, Panel, Refused, wait_until

FIRST, SECOND = 0, 1
WHY = {"authority": "条例", "reason": "申出"}


class Incarnation(Founded):
    def setUp(self):
        super().setUp()
        self.idem = secrets.token_hex(16)

    def declare(self, text, idem=None):
        with self.house.login("hanako") as person:
            return person.act("incident.declared", idem=idem, text=text)

    def folder(self, medium):
        return self.house.homes[medium] / "ledger"

    def verdict(self, bundle, code):
        done = subprocess.run([BIN / "kannuki-verify", bundle, "--genesis", code, "--json"], capture_output=True, timeout=120,
                              check=False)
        return json.loads(done.stdout)

    def incarnation(self):
        with self.house.login("kacho") as person:
            return person.view("now")["media"].get("incarnation")

    def found(self, word):
        with self.house.login("kansa") as person:
            return [entry["seq"] for entry in person.ask("ledger.find", word=word)["entries"]]

    def shown(self, seq):
        with self.house.login("kansa") as person:
            return person.ask("ledger.show", **{"from": seq, "count": 1})["entries"][0]

    def begin_by_itself(self):
        """One case is open; then the secret is lost, and the box goes on."""
        self.house.start()
        before = self.declare("前の代の事案", self.idem)
        self.house.end()
        self.house.lose_secret()
        self.house.start()
        return before

    def test_lost_secret_costs_nothing_that_was_acknowledged(self):
        before = self.begin_by_itself()
        told = self.incarnation()
        self.assertEqual((told["why"], told["noted"], told["missing"]), ("secret_lost", False, 0))
        self.assertTrue(told["origin"].endswith("/2"))
        self.assertIn(told["genesis"], self.house.words())
        with self.house.login("hanako") as person:
            self.assertEqual([head["about"] for head in person.view("now")["incidents"]], [before["about"]])
            again = person.act("incident.declared", idem=self.idem, text="前の代の事案")
            self.assertEqual((again["seq"], again["about"]), (before["seq"], before["about"]))
            noted = person.act("incident.noted", about=before["about"], text="後の代の追記")
        self.assertGreater(noted["seq"], told["earlier"])
        self.assertGreater(self.declare("後の代の事案")["about"], before["about"])
        self.assertEqual(self.found("前の代の事案"), [before["seq"]])
        self.assertEqual(self.found("後の代の追記"), [noted["seq"]])
        self.assertEqual((self.shown(before["seq"])["log"][-2:], self.shown(before["seq"])["place"]), ("/1", before["seq"]))
        self.assertEqual((self.shown(noted["seq"])["log"][-2:], self.shown(noted["seq"])["place"]),
                         ("/2", noted["seq"] - told["earlier"]))
        self.house.end()
        self.house.start()
        self.assertEqual(self.found("後の代の追記"), [noted["seq"]])

    def test_both_logs_are_exported_and_verify(self):
        before = self.begin_by_itself()
        told = self.incarnation()
        with self.house.login("kansa") as auditor:
            new = self.verdict(auditor.ask("ledger.export", name="new")["path"], told["genesis"])
            old = self.verdict(auditor.ask("ledger.export", name="old", incarnation=1)["path"], self.house.genesis)
            self.assertEqual(auditor.ask("ledger.check")["verdict"], "good")
            for wrong in ({"incarnation": 7}, {"incarnation": 1, "from": 3}, {"from": before["seq"]}):
                with self.assertRaises(Refused) as caught:
                    auditor.ask("ledger.export", name="wrong", **wrong)
                self.assertEqual(caught.exception.code, "invalid")
            number = told["earlier"] + 1
            part = auditor.ask("ledger.export", name="part", **{"from": number, "to": number + 1})["path"]
        self.assertEqual((old["verdict"], old["size"]), ("good", told["earlier"]))
        self.assertEqual(new["verdict"], "good")
        self.assertTrue((pathlib.Path(part) / "proofs/1.tlog-proof").exists())

    def test_fault_is_lit_until_the_code_is_on_paper(self):
        self.begin_by_itself()
        with Panel(self.house) as panel:
            panel.hello()
            while not panel.next_push("panel.lamps")["fault"]:
                pass
            with self.house.login("hanako") as person, self.assertRaises(Refused) as caught:
                person.act("incarnation.noted")
            self.assertEqual(caught.exception.code, "wrong_role")
            with self.house.login("joho") as person:
                person.act("incarnation.noted")
                with self.assertRaises(Refused) as caught:
                    person.act("incarnation.noted")
                self.assertEqual(caught.exception.args_given["why"], "no_new_code")
            while panel.next_push("panel.lamps")["fault"]:
                pass
        self.assertIsNone(self.incarnation())
        with self.house.login("joho") as person:
            self.assertEqual(person.ask("ledger.media")["incarnation"]["why"], "secret_lost")

    def erase(self, body):
        with self.house.login("somu") as person:
            request = person.act("erasure.requested", body=body, text=WHY, proof=self.house.passwords["somu"])["seq"]
        with self.house.login("ciso") as person:
            person.act("erasure.approved", body={"request": request}, proof=self.house.passwords["ciso"])
            wait_until("the erasure", lambda: person.view("erasures")["erasures"][0]["state"] != "approved")
            return person.view("erasures")["erasures"][0]["state"]

    def test_what_stands_in_a_log_that_ended_is_erased_too(self):
        before = self.begin_by_itself()
        self.assertEqual(self.erase({"seq": before["seq"], "name": "text"}), "done")
        self.assertEqual(self.found("前の代の事案"), [])
        with self.house.login("kansa") as person:
            self.assertEqual(person.ask("ledger.check")["verdict"], "good")
            path = person.ask("ledger.export", name="old", incarnation=1)["path"]
        self.assertEqual(self.verdict(path, self.house.genesis)["verdict"], "good")

    def keys_of(self, about):
        """Where a key of the case lies: the databases on both media, of both logs."""
        found = []
        for medium, name in enumerate(("ledger.db", "mirror.db")):
            for path in sorted(self.folder(medium).rglob(name)):
                with contextlib.closing(sqlite3.connect(path)) as db:
                    if db.execute("SELECT 1 FROM cases WHERE about = ?", (about.encode(),)).fetchone():
                        found.append(path)
        return found

    def expect_verdicts(self, bundle, code, **counts):
        """Of both programs; no text of the bundle is a secret."""
        for program in ("kannuki-verify", "kannuki-verify-go"):
            done = subprocess.run([BIN / program, bundle, "--genesis", code, "--json"], capture_output=True, timeout=120)
            said = json.loads(done.stdout)
            self.assertEqual((done.returncode, said["verdict"]), (0, "good"), said)
            self.assertEqual({name: said[name] for name in counts}, counts)
        for path in pathlib.Path(bundle).glob("disclosures/*.jsonl"):
            for text in filter(None, (json.loads(line).get("disclosure") for line in path.read_text().splitlines())):
                self.assertNotIn("秘密", base64.urlsafe_b64decode(text + "===").decode())

    def expect_disposed(self, about, seqs):
        self.assertEqual(self.found("秘密"), [])
        with self.house.login("kansa") as person:
            lines = person.view("timeline", about=about)["lines"]
            self.assertNotIn("秘密", json.dumps(lines, ensure_ascii=False))
            self.assertEqual(person.ask("ledger.check")["verdict"], "good")
        for seq in seqs:
            self.assertNotIn("text", self.shown(seq))

    def test_case_is_disposed_in_all_its_logs(self):
        self.house.start()
        about = self.declare("秘密の発端")["about"]
        other = self.declare("残る事案")
        with self.house.login("kacho") as head:
            seqs = [head.act("incident.noted", about=about, text=f"秘密 {n}")["seq"] for n in range(40)]
        self.house.end()
        self.assertEqual(len(self.keys_of(about)), 2)
        self.house.lose_secret()
        self.house.start()
        told = self.incarnation()
        with self.house.login("kacho") as head:
            seqs.append(head.act("incident.noted", about=about, text="秘密の続き")["seq"])
            head.act("incident.ended", about=about, body={"as": "false_alarm"}, text="秘密の終わり")
        with self.house.login("somu") as person:
            request = person.act("erasure.requested", body={"case": about}, text=WHY, proof=self.house.passwords["somu"])["seq"]
            with self.assertRaises(Refused) as caught:
                person.act("erasure.approved", body={"request": request}, proof=self.house.passwords["somu"])
            self.assertEqual(caught.exception.args_given["why"], "same_person")
        self.assertEqual(self.found("秘密 7"), [seqs[7]])
        with self.house.login("ciso") as person:
            person.act("erasure.approved", body={"request": request}, proof=self.house.passwords["ciso"])
            wait_until("the disposal", lambda: person.view("erasures")["erasures"][0]["state"] == "done")
        self.expect_disposed(about, seqs)
        with self.house.login("kansa") as auditor:
            old = auditor.ask("ledger.export", name="old", incarnation=1)["path"]
            new = auditor.ask("ledger.export", name="new")["path"]
        self.expect_verdicts(old, self.house.genesis, redacted=0, withheld=41)
        self.expect_verdicts(new, told["genesis"], redacted=2, withheld=0)
        self.house.end()
        self.assertEqual(self.keys_of(about), [])
        self.house.start()
        self.expect_disposed(about, seqs)
        self.assertEqual(self.found("残る事案"), [other["seq"]])

    def pull(self, medium):
        home = self.house.homes[medium]
        home.rename(home.with_name(home.name + ".pulled"))
        if medium == FIRST:
            home.mkdir()

    def put_back(self, medium):
        home = self.house.homes[medium]
        if home.exists():
            home.rmdir()
        home.with_name(home.name + ".pulled").rename(home)

    def test_media_used_apart_are_both_kept(self):
        keys = [secrets.token_hex(16), secrets.token_hex(16)]
        receipts = []
        for away, key in zip((SECOND, FIRST), keys):
            self.pull(away)
            self.house.start()
            receipts.append(self.declare(f"媒体{away}なし", key))
            self.house.end()
            self.put_back(away)
        self.assertEqual(receipts[0]["seq"], receipts[1]["seq"])
        self.house.start()
        told = self.incarnation()
        self.assertEqual((told["why"], told["missing"]), ("media_differ", 0))
        again = [self.declare(f"媒体{away}なし", key) for away, key in zip((SECOND, FIRST), keys)]
        self.assertEqual(sorted(receipt["about"] for receipt in again), sorted(receipt["about"] for receipt in receipts))
        self.assertNotEqual(again[0]["seq"], again[1]["seq"])
        for receipt, away in zip(again, (SECOND, FIRST)):
            self.assertEqual(self.found(f"媒体{away}なし"), [receipt["seq"]])
            self.assertLess(receipt["seq"], told["earlier"])
        self.assertGreater(self.declare("その後")["about"], again[0]["about"])
        for medium in (FIRST, SECOND):
            self.wait_for_copies(medium, 2)
        self.house.end()
        self.pull(FIRST)
        self.house.start()
        self.assertEqual(self.incarnation()["missing"], 0)
        for receipt, away in zip(again, (SECOND, FIRST)):
            self.assertEqual(self.found(f"媒体{away}なし"), [receipt["seq"]])

    def wait_for_copies(self, medium, count):
        copies = self.folder(medium) / "incarnations"
        wait_until("the copies", lambda: copies.exists() and sorted(p.name for p in copies.iterdir()) ==
                   [str(n + 1) for n in range(count)])

    def test_medium_that_replaces_another_gets_the_earlier_logs(self):
        before = self.begin_by_itself()
        self.house.end()
        shutil.rmtree(self.folder(SECOND))
        self.folder(SECOND).mkdir(mode=0o700)
        self.house.start()
        with self.house.login("joho") as person:
            person.ask("ledger.repair", anew=True)
        self.wait_for_copies(SECOND, 1)
        self.house.end()
        self.pull(FIRST)
        self.house.start()
        self.assertEqual(self.incarnation()["missing"], 0)
        self.assertEqual(self.found("前の代の事案"), [before["seq"]])
        self.assertEqual(self.declare("前の代の事案", self.idem)["seq"], before["seq"])

    def test_media_of_two_boxes_are_for_a_person(self):
        other = House()
        self.addCleanup(other.close)
        self.assertEqual(other.set_up().returncode, 0)
        home = self.house.homes[SECOND]
        home.rename(home.with_name("own"))
        other.homes[SECOND].rename(home)
        done = self.house.run()
        self.assertEqual(done.returncode, 1)
        self.assertIn("not of the same log", done.stderr)
        self.assertFalse((self.folder(FIRST) / "incarnations").exists())

    def test_a_person_ends_a_log_with_a_reason(self):
        self.house.start()
        before = self.declare("盗難の前")
        with self.house.login("hanako") as person, self.assertRaises(Refused) as caught:
            person.ask("ledger.incarnation", reason="x", proof=self.house.passwords["hanako"])
        self.assertEqual(caught.exception.code, "wrong_role")
        with self.house.login("joho") as person:
            with self.assertRaises(Refused) as caught:
                person.ask("ledger.incarnation", reason="", proof=self.house.passwords["joho"])
            self.assertEqual(caught.exception.code, "invalid")
            with self.assertRaises(Refused) as caught:
                person.ask("ledger.incarnation", reason="媒体の盗難", proof="wrong")
            self.assertEqual(caught.exception.code, "proof_refused")
            told = person.ask("ledger.incarnation", reason="媒体の盗難", proof=self.house.passwords["joho"])
            self.assertEqual((told["why"], told["noted"]), ("asked", False))
            begun = self.shown(told["earlier"] + 2)
            self.assertEqual((begun["body"]["act"], begun["text"]), ("incarnation.begun", {"reason": "媒体の盗難"}))
            self.assertEqual(begun["name"], person.view("now")["user"]["name"])
        self.assertEqual(self.found("盗難の前"), [before["seq"]])
        self.declare("盗難の後")


if __name__ == "__main__":
    tap.main()
