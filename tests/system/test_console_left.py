#!/usr/bin/env python3
"""The console when the line is cut or the screen is left alone: what was being typed is kept for its writer."""
import os
import signal
import stat

import tap
from test_console import ConsoleTest, PASSWORDS, RECEIPT

LEFT = "入力の途中で回線が切れた文があります"
LOCKED = "画面をロックしました"


class Left(ConsoleTest):
    def hang_up(self, s):
        s.process.send_signal(signal.SIGHUP)
        self.assertEqual(s.process.wait(60), 0, s.text()[-3000:])

    def back(self, name="山田"):
        s = self.screen()
        s.log_in(name, PASSWORDS[name])
        return s

    def test_half_a_command_is_offered_to_the_same_person_only(self):
        s = self.at_prompt()
        s.type("incident note 県の担当者へ")
        s.wait("担当者へ$")
        self.hang_up(s)
        s = self.back("総務")
        s.wait("初期対応> $")
        self.assertNotIn("県の担当者", s.text())
        s.line("exit")
        s = self.back()
        s.wait(LEFT)
        s.wait("県の担当者へ")
        s.wait(": $")
        s.line("1")
        s.wait("初期対応> incident note 県の担当者へ$")
        s.line("電話した")
        s.wait("日時（Enterで今）: ")
        s.line("")
        s.wait(RECEIPT)
        self.assertEqual(self.last_act("incident.noted")["text"], "県の担当者へ電話した")
        s.wait("> $")
        s.line("exit")
        s = self.back()
        s.wait("初期対応> $")
        self.assertNotIn(LEFT, s.text())

    def test_half_a_field_of_a_report_goes_on_in_that_field(self):
        self.keeper.report = "draft"
        s = self.at_prompt()
        s.line("report 1 edit")
        for number in (2, 3, 4, 5):
            s.wait(f"{number}/7")
            s.wait("> $")
            s.line("")
        s.wait("6/7")
        s.wait("> $")
        s.line("一行目")
        s.wait(r"\| $")
        s.line("二行目")
        s.wait(r"\| $")
        s.type("三行目のはじめ")
        s.wait("はじめ$")
        self.hang_up(s)
        s = self.back()
        s.wait(LEFT)
        s.wait("三行目のはじめ")
        s.wait(": $")
        s.line("1")
        s.wait("6/7")
        s.wait(r"\| 三行目のはじめ$")
        s.line("と終わり")
        s.wait(r"\| $")
        s.line(".")
        s.wait(RECEIPT)
        self.assertEqual(self.keeper.cells["summary"], "一行目\n二行目\n三行目のはじめと終わり")

    def test_it_can_wait_and_it_can_be_thrown_away(self):
        s = self.at_prompt()
        s.type("incident note あとで")
        s.wait("あとで$")
        self.hang_up(s)
        for answer in ("0", "2"):
            s = self.back()
            s.wait(LEFT)
            s.wait(": $")
            s.line(answer)
            s.wait("初期対応> $")
            s.line("exit")
            self.assertEqual(s.process.wait(60), 0)
        s = self.back()
        s.wait("初期対応> $")
        self.assertNotIn(LEFT, s.text())

    def test_its_file_is_closed_to_others_and_holds_no_password(self):
        s = self.at_prompt()
        s.type("incident note 秘密")
        s.wait("秘密$")
        self.hang_up(s)
        folder = os.path.join(self.root, "run/kannuki-console")
        (name,) = os.listdir(folder)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o600)
        s = self.back()
        s.wait(LEFT)
        s.wait(": $")
        s.line("0")
        s.wait("> $")
        s.line("user password")
        s.wait(": $")
        s.type("himitsu-no-kotoba")
        self.hang_up(s)
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            self.assertNotIn("himitsu", file.read())

    def test_nothing_is_kept_of_an_empty_line_or_a_cancelled_one(self):
        s = self.at_prompt()
        s.type("incident note まちがい")
        s.wait("まちがい$")
        s.type("\x03")
        s.wait("初期対応> $")
        self.hang_up(s)
        self.assertFalse(os.path.exists(os.path.join(self.root, "run/kannuki-console")))


class Locked(ConsoleTest):
    def half_typed(self):
        s = self.at_prompt()
        s.type("incident note 県の担当者へ")
        s.wait("担当者へ$")
        s.process.send_signal(signal.SIGUSR1)
        s.wait(LOCKED)
        s.wait("番号: $")
        return s

    def test_the_same_person_goes_on_where_it_was(self):
        s = self.half_typed()
        s.type("1")
        s.wait("パスワード: ")
        s.line("chigau")
        s.wait("名前またはパスワードが違います")
        s.wait("番号: $")
        s.line("")
        s.wait("パスワード: ")
        s.line(PASSWORDS["山田"])
        s.wait("初期対応> incident note 県の担当者へ$")
        s.line("電話した")
        s.wait("日時（Enterで今）: ")
        s.line("")
        s.wait(RECEIPT)
        self.assertEqual(self.last_act("incident.noted")["text"], "県の担当者へ電話した")
        self.assertEqual(list(self.keeper.sessions.values()), ["山田"])

    def test_another_person_logs_in_and_the_first_finds_the_text_again(self):
        s = self.half_typed()
        s.type("2")
        s.log_in("総務", PASSWORDS["総務"])
        s.wait("初期対応> $")
        self.assertEqual(list(self.keeper.sessions.values()), ["総務"])
        self.assertNotIn(LEFT, s.text())
        s.line("logout")
        s.log_in("山田", PASSWORDS["山田"])
        s.wait(LEFT)
        s.wait(": $")
        s.line("1")
        s.wait("初期対応> incident note 県の担当者へ$")

    def test_news_wait_until_it_is_unlocked(self):
        s = self.half_typed()
        asked = len(self.keeper.requests)
        self.keeper.incidents.append({"about": "2026-002", "title": "内部の者"})
        self.keeper.push_changed()
        s.type("1")
        s.wait("パスワード: ")
        self.assertEqual([r for r in self.keeper.requests[asked:] if r["method"] == "view"], [])
        self.assertNotIn("内部の者", s.text())
        s.line(PASSWORDS["山田"])
        s.wait("● 新しい事案 2026-002  内部の者")
        s.wait("県の担当者へ$")

    def test_the_screen_is_cleared(self):
        s = self.half_typed()
        before, _, after = s.seen.rpartition(b"\x1b[2J")
        self.assertIn("担当者へ".encode(), before)
        self.assertNotIn("担当者へ".encode(), after)

    def test_it_locks_by_itself(self):
        s = self.at_prompt("--lock", "1s")
        s.wait(LOCKED)

    def test_hung_up_while_locked_the_text_is_kept(self):
        s = self.half_typed()
        s.process.send_signal(signal.SIGHUP)
        self.assertEqual(s.process.wait(60), 0, s.text()[-3000:])
        s = self.screen()
        s.log_in("山田", PASSWORDS["山田"])
        s.wait("県の担当者へ")


if __name__ == "__main__":
    tap.main()
