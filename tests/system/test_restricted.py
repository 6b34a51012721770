#!/usr/bin/env python3
"""A case that only named people may know of, seen through the sockets by the suspect, who looks after the box."""
import json
import secrets
import subprocess

import tap
from housed import Housed
from keeperhouse import BIN, Panel, Refused, wait_until
from screen import Screen

SECRET = "名簿の持ち出しの疑い"
RECEIPT = r"記録しました　記録番号\d+"


class Restricted(Housed):
    """The suspect is joho, the system administrator; kacho and ciso know."""

    def setUp(self):
        super().setUp()
        self.kacho, self.suspect = self.person("kacho"), self.person("joho")
        self.ids = {user["name"]: user["id"] for user in self.kacho.view("people")["users"]}
        self.readers = [self.ids["見本一郎"], self.ids["見本四郎"]]

    def declare(self, **params):
        return self.kacho.act("incident.declared", body={"readers": self.readers}, text=SECRET, **params)

    def refusal(self, call, *arguments, **params):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **params)
        return caught.exception.code, caught.exception.args_given

    def everything(self, person):
        """What every view shows, and every entry that the log shows, one by one."""
        seen = [person.view(what) for what in ("incidents", "people")]
        now = person.view("now")
        now.pop("time")
        size = person.ask("ledger.show")["size"]
        seen += [now] + [person.ask("ledger.show", count=1, **{"from": seq}) for seq in range(size)]
        return seen

    def test_suspect_finds_no_trace(self):
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        self.suspect.ask("subscribe")
        before = [self.suspect.view("incidents"), self.suspect.view("now")["next"]]
        about = self.declare()["about"]
        note = self.kacho.act("incident.noted", about=about, text="入退室の記録を確かめた")
        self.kacho.view("timeline", about=about)
        self.assertEqual([self.suspect.view("incidents"), self.suspect.view("now")["next"]], before)
        shown = json.dumps(self.everything(self.suspect), ensure_ascii=False)
        for word in (about, SECRET, "入退室", "incident.noted", "incident.looked"):
            self.assertNotIn(word, shown)
        line = self.suspect.ask("ledger.show", count=1, **{"from": note["seq"]})["entries"][0]
        self.assertEqual(line, {"seq": note["seq"], "sealed": True})
        for word in (SECRET, "入退室", about, "incident.looked"):
            self.assertEqual(self.suspect.ask("ledger.find", word=word)["entries"], [])
        self.assertEqual([push for push in self.suspect.pushes if push["push"] == "changed"], [])
        self.assertEqual(self.refusal(self.suspect.view, "incident", about=about),
                         self.refusal(self.suspect.view, "incident", about="2026-r000bad"))
        self.assertEqual(self.refusal(self.suspect.act, "incident.noted", about=about, text="？"),
                         self.refusal(self.suspect.act, "incident.noted", about="2026-r000bad", text="？"))
        # The next case has the number that it would have anyway.
        self.assertRegex(self.suspect.act("incident.declared", text="別の件")["about"], r"^\d{4}-001$")

    def test_press_opens_a_case_of_its_own(self):
        about = self.declare()["about"]
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        panel.event(1, "declare_pressed")
        wait_until("the case of the press", lambda: self.suspect.view("incidents")["incidents"])
        head = self.suspect.view("incidents")["incidents"][0]
        self.assertNotEqual(head["about"], about)

    def test_readers_see_and_are_seen_looking(self):
        about = self.declare()["about"]
        ciso = self.person("ciso")
        head = [head for head in ciso.view("incidents")["incidents"] if head["about"] == about][0]
        self.assertTrue(head["restricted"])
        self.assertIn("【取扱限定】", head["title"])
        for _ in range(3):
            ciso.view("timeline", about=about)
        lines = self.kacho.view("timeline", about=about)["lines"]
        looks = [line["who"] for line in lines if line["act"] == "incident.looked"]
        self.assertEqual(looks.count("見本四郎"), 1, lines)
        found = self.person("somu").ask("ledger.find", word=SECRET)["entries"]
        self.assertEqual(found, [], "the general manager was not named")

    def test_repeated_request_is_recorded_once(self):
        idem = secrets.token_hex(16)
        first = self.declare(idem=idem)
        again = self.declare(idem=idem)
        self.assertEqual((first["seq"], first["about"]), (again["seq"], again["about"]))
        self.assertEqual(len(self.kacho.view("incidents")["incidents"]), 1)

    def test_it_is_the_same_after_a_restart(self):
        about = self.declare()["about"]
        self.kacho.act("incident.noted", about=about, text="聞き取りをした")
        before = self.kacho.view("timeline", about=about)["lines"]
        self.house.end()
        self.house.start()
        kacho, suspect = self.person("kacho"), self.person("joho")
        after = [line for line in kacho.view("timeline", about=about)["lines"]]
        self.assertEqual(after[:len(before)], before)
        self.assertNotIn(about, json.dumps(suspect.view("incidents")))

    def test_bundle_says_nothing_of_it(self):
        about = self.declare()["about"]
        self.kacho.act("incident.noted", about=about, text="入退室の記録を確かめた")
        result = self.person("kansa").ask("ledger.export", name="bundle")
        verdict = subprocess.run([BIN / "kannuki-verify", result["path"], "--genesis", self.house.genesis],
                                 capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)
        place = self.house.root / str(result["path"]).lstrip("/")
        place = place if place.exists() else type(place)(result["path"])
        files = [path for path in place.rglob("*") if path.is_file()]
        self.assertTrue(files)
        for path in files:
            for word in (SECRET, "入退室", about, "incident.looked", self.readers[1] + " "):
                self.assertNotIn(word.encode(), path.read_bytes(), path)

    def test_nothing_sealed_can_be_erased_by_others(self):
        about = self.declare()["about"]
        note = self.kacho.act("incident.noted", about=about, text="入退室の記録を確かめた")
        somu, ciso = self.person("somu"), self.person("ciso")
        why = {"authority": "条例", "reason": "誤記"}
        request = somu.act("erasure.requested", body={"seq": note["seq"], "name": "text"}, text=why,
                           proof=self.house.passwords["somu"])["seq"]
        ciso.act("erasure.approved", body={"request": request}, proof=self.house.passwords["ciso"])

        def outcome():
            return [e["state"] for e in somu.view("erasures")["erasures"] if e["request"] == request][0]
        wait_until("what becomes of the erasure", lambda: outcome() in ("void", "done"))
        self.assertEqual(outcome(), "void")
        texts = [line["text"] for line in self.kacho.view("timeline", about=about)["lines"]]
        self.assertTrue(any("入退室" in text for text in texts), texts)

    def test_lifted_case_is_for_everybody(self):
        about = self.declare()["about"]
        self.kacho.act("incident.unrestricted", about=about, text="処分を公表した")
        self.assertIn(SECRET, json.dumps(self.suspect.view("incidents"), ensure_ascii=False))
        self.assertTrue(self.suspect.ask("ledger.find", word=SECRET)["entries"])
        self.suspect.act("incident.noted", about=about, text="続き")

    def test_whole_way_at_the_console(self):
        screen = Screen(str(self.house.root))
        self.addCleanup(screen.end)

        def do(*lines):
            for line in lines[:-1]:
                screen.line(line)
                screen.wait("[:>] $")
            screen.line(lines[-1])
            screen.wait(RECEIPT)
            screen.wait("[:>] $")
        screen.log_in("kacho", self.house.passwords["kacho"])
        screen.wait("閂[^>\n]*> $")
        screen.line("declare restricted " + SECRET)
        number = int(screen.wait(r"(\d+)  見本四郎").group(1))
        screen.wait("[:>] $")
        screen.line(str(number))
        screen.wait("[:>] $")
        screen.line("")
        screen.wait("指定した人だけが見られます")
        screen.wait("閂 取扱限定 [^>\n]*> $")
        do("incident note 聞き取りをした", "")
        screen.line("show now")
        screen.wait("【取扱限定】" + SECRET)
        screen.wait("[:>] $")
        screen.line("incident restrict")
        screen.wait("現在の閲覧者")
        number = int(screen.wait(r"(\d+)  見本三郎").group(1))
        screen.wait("[:>] $")
        do(str(number))
        head = self.person("somu").view("incidents")["incidents"][0]
        self.assertTrue(head["restricted"])
        self.assertEqual(self.person("ciso").view("incidents")["incidents"], [])
        do("incident lift", "処分を公表した")
        self.assertFalse(self.suspect.view("incidents")["incidents"][0]["restricted"])


if __name__ == "__main__":
    tap.main()
