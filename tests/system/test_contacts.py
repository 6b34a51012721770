#!/usr/bin/env python3
"""Whom to call at night, with the network dead: the call sheet on the serial console, and the log of calls."""
import datetime
import json
import math
import pathlib
import re
import subprocess
import time
import unittest

import tap
from keeperhouse import BIN, House, Refused, wait_until
from screen import Screen, columns

JAPAN = datetime.timezone(datetime.timedelta(hours=9))
PROMPT = "(閂|kannuki)[^>\n]*> $"
DAY, NIGHT, HOLIDAY = (2026, 11, 20, 10, 0), (2026, 11, 20, 2, 0), (2026, 11, 23, 10, 0)


class Contacts(unittest.TestCase):
    """The sample village: its keeper's clock says what the test wants."""

    settings = ""

    def setUp(self):
        preloaded = BIN.parent / "tests/stepped_clock.so"
        self.is_stepped = preloaded.exists()
        self.house = House()
        self.addCleanup(self.house.close)
        self.contacts = self.house.root / "etc/kannuki/contacts.csv"
        self.house.config.write_text(self.house.config.read_text() + self.settings)
        done = self.house.set_up()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.step = self.house.root / "step"
        if self.is_stepped:
            self.house.environment.update(LD_PRELOAD=str(preloaded), STEPPED_CLOCK=str(self.step))
        self.house.start()

    def at(self, *moment):
        if not self.is_stepped:
            self.skipTest("the sanitizers do not go with a preloaded clock")
        wanted = datetime.datetime(*moment, tzinfo=JAPAN).timestamp()
        self.step.write_text(str(math.ceil(wanted - time.time())))

    def person(self, name):
        peer = self.house.login(name)
        self.addCleanup(peer.close)
        return peer

    def screen(self, *options, **kind):
        screen = Screen(str(self.house.root), *options, **kind)
        self.addCleanup(screen.end)
        return screen

    def be(self, name, *options, **kind):
        screen = self.screen(*options, **kind)
        screen.log_in(name, self.house.passwords[name])
        screen.wait(PROMPT)
        return screen

    def see(self, screen, line):
        """What one command puts on the screen."""
        before = len(screen.text())
        screen.line(line)
        screen.wait(PROMPT)
        return screen.text()[before:]

    def row(self, sheet, name):
        """The lines of the sheet from the contact of this name to the next."""
        lines = sheet.split("\n")
        first = next(i for i, line in enumerate(lines) if re.match(r" ?\d+ [□■−_#-] ", line) and name in line)
        return "\n".join([lines[first]] + [line for line in lines[first + 1:] if line.startswith("     ")][:3])


class Sheet(Contacts):
    def test_number_is_the_one_that_is_right_now(self):
        self.at(*DAY)
        clerk = self.be("hanako")
        for moment, number, word in ((DAY, "内線001", "勤務時間内"), (NIGHT, "0XX-XXX-0001", "勤務時間外"),
                                     (HOLIDAY, "0XX-XXX-0001", "勤務時間外")):
            self.at(*moment)
            # A clock that is set back ends nothing, but ahead of an idle session it may.
            sheet = self.see(clerk, "contact sheet")
            self.assertRegex(sheet, rf"■ 連絡先一覧  2026年11月{moment[2]}日.*  {word}\n")
            self.assertIn(f"見本四郎  {number}（{word}）", sheet)
            self.assertIn("伝えること: 起きたことと影響", sheet)
            self.assertNotIn("祝日が登録されていません", sheet)

    def test_holidays_that_are_too_old_are_told(self):
        self.at(2028, 2, 29, 10, 0)
        sheet = self.see(self.be("hanako"), "contact sheet")
        self.assertRegex(sheet, r"2028年2月29日（火）10時\d+分  勤務時間内")
        self.assertIn("！今年の祝日が登録されていません", sheet)

    def test_without_a_clock_both_numbers_stand_there(self):
        preloaded = BIN.parent / "tests/unset_clock.so"
        if not preloaded.exists():
            self.skipTest("the sanitizers do not go with a preloaded clock")
        self.house.end()
        self.house.environment["LD_PRELOAD"] = str(preloaded)
        self.house.start()
        sheet = self.see(self.be("hanako"), "contact sheet")
        self.assertIn("！時計が合っていません", sheet)
        self.assertRegex(sheet, r"見本四郎  内線001（勤務時間内）\s+0XX-XXX-0001（勤務時間外）")

    def test_no_line_is_wider_than_the_screen_in_either_language(self):
        clerk = self.be("hanako")
        clerk.line("declare 画面に脅迫文")
        clerk.wait("判明した日時[^\n]*: $")
        clerk.line("")
        clerk.wait(PROMPT)
        for language in ("ja", "en"):
            self.see(clerk, "language " + language)
            for command in ("contact sheet", "contact log", "contact ?", "show incident"):
                shown = self.see(clerk, command)
                self.assertEqual([line for line in shown.split("\n") if columns(line) > 80], [], command)
        self.assertIn("Say: ", self.see(clerk, "contact sheet"))

    def test_plain_ascii_on_a_dumb_terminal(self):
        clerk = self.be("hanako", "--ascii", term="dumb")
        clerk.line("contact sheet")
        clerk.wait("# Call sheet")
        clerk.wait(" 4 _ ")
        clerk.wait("Say: What happened and what it affects")
        clerk.wait(PROMPT)
        shown = clerk.text()
        self.assertTrue(shown.isascii(), [line for line in shown.split("\n") if not line.isascii()])
        self.assertRegex(shown, r"0XX-XXX-0001 \(after hours\)|001 \(office hours\)")

    def test_pager_stops_at_the_end_of_a_small_screen(self):
        screen = self.screen(rows=10)
        screen.log_in("hanako", self.house.passwords["hanako"])
        while screen.wait("続き（空白キー[^\n]*", PROMPT).group().startswith("続き"):
            screen.type(" ")
        screen.line("contact sheet")
        screen.wait("続き（空白キー")
        screen.type("q")
        screen.wait(PROMPT)

    def test_auditor_and_outsider_see_no_numbers(self):
        sheet = self.see(self.be("kansa"), "contact sheet")
        self.assertIn("権限がありません", sheet)
        self.assertNotIn("0XX", sheet)


class OpenSheet(Contacts):
    settings = "open_call_sheet: true\n"

    def test_duty_room_sees_whom_to_call_and_who_was_reached(self):
        clerk = self.person("hanako")
        about = clerk.act("incident.declared", body={}, text="画面に脅迫文")["about"]
        clerk.act("contact.made", about=about, body={"contact": "general", "way": "phone", "result": "reached"},
                  text="切り離しを指示")
        for language, question, answer in (("ja", "\\?", "次にログインする人"), ("en", "\\?", "whoever logs in next")):
            screen = self.screen("--lang", language)
            screen.wait("名前の欄に \\? と入力|type \\? as the name")
            screen.wait("名前: |Name: ")
            screen.line("?" if language == "ja" else "？")
            screen.wait(answer)
            shown = screen.text()
            self.assertRegex(shown, r" 3 ■ ")
            self.assertRegex(shown, r"0XX-XXX-0001|内線001")
            for secret in ("脅迫文", "切り離し"):
                self.assertNotIn(secret, shown)

    def test_restricted_case_leaves_no_trace_on_it(self):
        kacho, peer = self.person("kacho"), self.person("hanako")
        before = peer.call("call_sheet")
        ids = {user["name"]: user["id"] for user in kacho.view("people")["users"]}
        about = kacho.act("incident.declared", body={"readers": [ids["見本一郎"], ids["見本四郎"]]}, text="持ち出し")["about"]
        kacho.act("contact.made", about=about, body={"contact": "ciso", "way": "phone", "result": "reached"},
                  person={"name": "見本四郎"}, text="内々に")
        after = peer.call("call_sheet")
        for sheet in (before, after):
            sheet.pop("time")
        self.assertEqual(before, after)
        log = kacho.view("contacts", about=about)["contacts"]
        self.assertEqual([(line["whom"], line["text"]) for line in log],
                         [("最高情報セキュリティ責任者（見本四郎）", "内々に")])
        joho = self.person("joho")
        for what in ("contacts", "call_sheet"):
            with self.assertRaises(Refused) as caught:
                joho.view(what, about=about)
            self.assertEqual(caught.exception.code, "not_found")
        seen = json.dumps([joho.ask("ledger.show"), joho.view("now"), joho.ask("ledger.find", word="内々")],
                          ensure_ascii=False)
        for secret in (about, "内々に", "contact.made"):
            self.assertNotIn(secret, seen.replace('"act": "contact.made"', ""))


class Closed(Contacts):
    def test_without_the_setting_nobody_sees_it_without_a_login(self):
        screen = self.screen()
        screen.wait("名前: ")
        self.assertNotIn("と入力してください", screen.text())
        screen.line("?")
        screen.wait("ログイン")
        screen.wait("名前: ")
        self.assertNotIn("0XX", screen.text())
        with self.person("hanako") as peer, self.assertRaises(Refused) as caught:
            peer.call("call_sheet")
        self.assertEqual(caught.exception.code, "login_required")


class Log(Contacts):
    def setUp(self):
        super().setUp()
        self.clerk = self.be("hanako")
        self.do(self.clerk, "declare 画面に脅迫文", "")

    def do(self, screen, *lines):
        for line in lines[:-1]:
            screen.line(line)
            screen.wait("([:>] |相手の名前: 見本.郎)$")
        screen.line(lines[-1])
        screen.wait(r"記録しました　記録番号\d+")
        screen.wait(PROMPT)

    def test_calls_are_logged_and_the_sheet_and_the_next_step_follow(self):
        clerk = self.clerk
        self.assertIn("関係者へ連絡する", self.see(clerk, "show now"))
        self.do(clerk, "contact made", "1", "", "1", "2", "", "留守番電話")
        self.do(clerk, "contact made", "2", "", "1", "1", "", "端末を切り離す")
        self.do(clerk, "contact received", "11", "匿名の人", "0XX-XXX-9999", "1", "", "データを見た")
        self.do(clerk, "contact arrived", "joho", "")
        self.do(clerk, "contact arrived 応援の職員", "")
        sheet = self.see(clerk, "contact sheet")
        self.assertRegex(self.row(sheet, "情報セキュリティ責任者"), r"^ 1 □ .*\[不在 \d+時\d+分\]")
        self.assertRegex(self.row(sheet, "CSIRT"), r"^ 2 ■ .*\[応答あり \d+時\d+分\]")
        log = self.see(clerk, "contact log")
        self.assertEqual(re.findall(r"  (連絡を?受?け?た?|参集) (\S+)", log),
                         [("連絡", "情報セキュリティ責任者（所属の課長等）"), ("連絡", "CSIRT（見本次郎）"),
                          ("連絡を受けた", "匿名の人"), ("参集", "見本次郎"), ("参集", "応援の職員")])
        self.assertNotIn("留守番電話", log)
        shown = self.see(clerk, "contact show")
        for words in ("内容: 留守番電話", "折返し: 0XX-XXX-9999", "対応 見本花子"):
            self.assertIn(words, shown)
        self.assertIn("連絡: 済 1 / 残 3", self.see(clerk, "show incident"))
        self.assertIn("匿名の人 電話：データを見た", self.see(clerk, "show timeline"))
        found = self.person("kansa").ask("ledger.find", word="データを見た")["entries"]
        self.assertEqual([entry["act"] for entry in found], ["contact.received"])
        self.house.end()
        self.house.start()
        self.assertEqual(len(self.person("hanako").view("contacts", about="2026-001")["contacts"]), 5)

    def test_leaving_a_question_records_nothing(self):
        for line in ("contact made", "1", "", "0"):
            self.clerk.line(line)
            self.clerk.wait("[:>] $")
        self.assertIn("まだ記録がありません", self.see(self.clerk, "contact log"))

    def test_name_of_a_caller_can_be_erased_and_the_call_stays(self):
        hanako = self.person("hanako")
        seq = hanako.act("contact.received", about="2026-001", body={"way": "phone"}, text="通報",
                         person={"name": "匿名の人", "number": "0XX-XXX-9999"})["seq"]
        somu, ciso = self.person("somu"), self.person("ciso")
        request = somu.act("erasure.requested", body={"seq": seq, "name": "person"},
                           text={"authority": "条例", "reason": "通報者の保護"}, proof=self.house.passwords["somu"])["seq"]
        ciso.act("erasure.approved", body={"request": request}, proof=self.house.passwords["ciso"])
        wait_until("the erasure", lambda: "匿名" not in json.dumps(hanako.view("contacts", about="2026-001"),
                                                                  ensure_ascii=False))
        line, = hanako.view("contacts", about="2026-001")["contacts"]
        self.assertEqual((line["whom"], line["number"], line["text"]), (None, None, "通報"))

    def test_one_command_prints_json(self):
        secret = pathlib.Path(self.house.root, "password")
        secret.write_text(self.house.passwords["hanako"] + "\n")

        def run(*words, answers=""):
            done = subprocess.run([BIN / "kannuki", "--as", "hanako", "--password-file", secret, "--json", *words],
                                  input=answers, env=self.house.environment, text=True, capture_output=True, timeout=60,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return [json.loads(line) for line in done.stdout.splitlines()]

        run("contact", "made", answers="4\n\n1\n4\n\n了解\n")
        sheet = run("contact", "sheet")[-1]["result"]
        self.assertEqual(sheet["about"], "2026-001")
        self.assertEqual({row["id"]: row["state"] for row in sheet["contacts"]}["ciso"], "reached")
        log = run("contact", "log", "2026-001")[-1]["result"]["contacts"]
        self.assertEqual([(line["contact"], line["result"], line["text"]) for line in log],
                         [("ciso", "called_back", "了解")])


class Files(Contacts):
    def sheet(self):
        with self.house.login("hanako") as peer:
            return peer.view("call_sheet")

    def people(self, contact):
        return [row["people"] for row in self.sheet()["contacts"] if row["id"] == contact][0]

    def test_a_table_that_is_saved_counts_at_once(self):
        table = self.contacts.read_text(encoding="utf-8")
        self.contacts.write_bytes(table.replace("見本四郎", "後任五郎").encode("cp932"))
        self.assertEqual([person["name"] for person in self.people("ciso")], ["後任五郎"])
        self.contacts.write_text(table.split("\n", maxsplit=1)[0] + "\n", encoding="utf-8")
        self.assertEqual([person["name"] for person in self.people("ciso")], ["見本四郎"], "who holds the role")
        self.assertEqual(self.people("police"), [])

    def test_a_mistake_is_told_and_what_was_read_before_stays(self):
        self.assertEqual(len(self.people("head")), 2)
        self.contacts.write_text(self.contacts.read_text() + "mayor,村長,内線000,,,\n")
        self.assertEqual(len(self.people("head")), 2)
        fault, = self.sheet()["faults"]
        self.assertRegex(fault, r"contacts\.csv:12: the pack 'otari' names no contact 'mayor'; see contacts")
        shown = re.sub("\n *", "", self.see(self.be("hanako"), "contact sheet"))
        self.assertIn("管理者がファイルを直してください", shown)
        self.contacts.unlink()
        self.assertEqual(len(self.people("head")), 2)
        self.assertEqual(len(self.sheet()["faults"]), 1)

    def test_a_keeper_starts_also_with_a_broken_table(self):
        self.contacts.write_text("nonsense\n")
        self.house.end()
        self.house.start()
        self.assertEqual([person["name"] for person in self.people("ciso")], ["見本四郎"])
        self.assertEqual(len(self.sheet()["faults"]), 1)

    def test_configuration_is_checked_by_line(self):
        config = self.house.config.read_text()
        for change, said in ((("office_hours: 8:30-17:15", "office_hours: 17-8"), r"kannuki\.yaml:\d+: office_hours is 17-8"),
                             (("contacts: /etc", "contacts: etc"), r"kannuki\.yaml:\d+: contacts: etc.* must be a whole path"),
                             (("holidays: /etc", "holidays: etc"), r"kannuki\.yaml:\d+: holidays: "),
                             (("contacts.csv", "gone.csv"), r"gone\.csv")):
            self.house.config.write_text(config.replace(*change))
            done = self.house.run("--check-config")
            self.assertNotEqual(done.returncode, 0, change)
            self.assertRegex(done.stderr, said)
        self.house.config.write_text(config)
        self.assertEqual(self.house.run("--check-config").returncode, 0)
        holidays = self.house.root / "etc/kannuki/holidays.csv"
        holidays.write_text("date,name\n2026-02-29,閏日\n")
        self.assertRegex(self.house.run("--check-config").stderr, r"holidays\.csv:2: '2026-02-29' is no day")
        self.contacts.write_text(self.contacts.read_text() + "ciso,,1,,,\n")
        self.assertRegex(self.house.run("--check-config").stderr, r"contacts\.csv:12: a row needs a contact and a name")
        self.assertRegex(self.house.run("--print-config").stdout, r"open_call_sheet: false")


if __name__ == "__main__":
    tap.main()
