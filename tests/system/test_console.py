#!/usr/bin/env python3
"""The console program on a real terminal, against a small keeper."""
import os
import shutil
import signal
import tempfile
import unittest

from fake_keeper import FakeKeeper, PASSWORDS
from screen import Screen, columns
import tap

RECEIPT = r"記録しました　記録番号(\d+)　9時12分33秒　照合7F3A-91C2"


class ConsoleTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="kannuki-console-")
        self.keeper = FakeKeeper(self.root)
        self.keeper.start()
        self.screens = []

    def tearDown(self):
        for screen in self.screens:
            screen.end()
        self.keeper.stop()
        shutil.rmtree(self.root)

    def screen(self, *options, **size):
        screen = Screen(self.root, *options, **size)
        self.screens.append(screen)
        return screen

    def at_prompt(self, *options, case=True, **size):
        """A console with somebody logged in, and (unless not wanted) one open case in hand."""
        if case:
            self.keeper.incidents.append({"about": "2026-001", "title": "身代金要求の画面"})
        screen = self.screen(*options, **size)
        name = "auditor" if "--ascii" in options else "山田"
        screen.log_in(name, PASSWORDS[name])
        screen.wait("閂 2026-001 初期対応> " if case and "--ascii" not in options else "(閂|kannuki)[^>]*> ")
        return screen

    def last_act(self, name):
        acts = [a for a in self.keeper.acts if a["act"] == name]
        self.assertTrue(acts, f"no {name} among {[a['act'] for a in self.keeper.acts]}")
        return acts[-1]


class Session(ConsoleTest):
    def test_wrong_password_says_what_to_do_and_is_never_echoed(self):
        s = self.screen()
        s.log_in("山田", "chigau-7")
        s.wait("名前またはパスワードが違います。もう一度")
        s.log_in("山田", PASSWORDS["山田"])
        s.wait("閂> ")
        self.assertNotIn("chigau-7", s.text())
        self.assertNotIn(PASSWORDS["山田"], s.text())

    def test_logout_by_word_and_by_end_of_input_lets_the_next_person_in(self):
        s = self.at_prompt()
        s.line("show incidents")
        s.wait("初期対応> ")
        s.line("logout")
        s.wait("ログアウトしました")
        s.log_in("総務", PASSWORDS["総務"])
        s.wait("初期対応> ")
        s.type("\x1b[A")  # the other person's commands are not offered
        s.line("show people")
        s.wait("利用者")
        self.assertNotIn("show incidentsshow people", s.text())
        s.wait("初期対応> ")
        s.type("\x04")
        s.wait("ログアウトしました")
        s.wait("名前: ")
        s.type("\x04")
        self.assertEqual(s.process.wait(20), 0, s.text()[-3000:])
        self.assertEqual(self.keeper.sessions, {})

    def test_control_c_drops_the_line_and_nothing_else(self):
        s = self.at_prompt()
        s.type("declare まちがい")
        s.wait("まちがい")
        s.type("\x03")
        s.wait("初期対応> ")
        s.line("show uplinks")
        s.wait("コンビニ交付")
        self.assertEqual(self.keeper.acts, [])

    def test_language_changes_at_once(self):
        s = self.at_prompt()
        s.line("language en")
        s.wait("From now on in English")
        s.line("show now")
        s.wait("Next step")
        s.wait("Write the first report")
        s.line("language ja")
        s.wait("日本語で表示します")

    def test_ascii_terminal_gets_nothing_else(self):
        s = self.at_prompt("--ascii")
        for line in ("show now", "show checklist", "report 1 print", "menu"):
            s.line(line)
            s.wait("kannuki 2026-001 first> |0 back")
        s.line("0")
        s.wait("kannuki 2026-001 first> ")
        self.assertTrue(s.text().isascii(), [c for c in s.text() if not c.isascii()])
        self.assertIn("kannuki 2026-001 first> ", s.text())

    def test_no_line_is_wider_than_the_screen(self):
        s = self.at_prompt()
        self.keeper.report = "draft"
        for line in ("show now", "show incident", "show checklist", "show facts", "show timeline", "show report 1",
                     "show uplinks", "show people", "?", "report ?", "report 1 print"):
            s.line(line)
            s.wait("初期対応> ")
        wide = [line for line in s.text().split("\n") if columns(line) > 80]
        self.assertEqual(wide, [])

    def test_long_lists_stop_at_each_screenful_only_where_the_height_is_known(self):
        s = self.at_prompt(rows=24)
        s.line("show checklist")
        s.wait("続き")
        s.type("q")
        s.wait("初期対応> ")
        self.assertNotIn("30番目", s.text())
        tall = Screen(self.root)
        self.screens.append(tall)
        tall.log_in("総務", PASSWORDS["総務"])
        tall.wait("初期対応> ")
        tall.line("show checklist")
        tall.wait("30番目")


class Grammar(ConsoleTest):
    def test_abbreviations_and_mistakes(self):
        s = self.at_prompt()
        s.line("sh n")
        s.wait("次にすること")
        s.line("ｓｈｏｗ　ｎｏｗ")
        s.wait("次にすること")
        s.line("show nothing")
        s.wait("「nothing」は分かりません")
        s.wait("timeline")
        s.line("re")
        s.wait("「re」だけでは決まりません")
        s.wait("restore")
        s.wait("report")
        s.line("report 1")
        s.wait("続きが必要です")
        s.wait("approve")
        s.line("show ?")
        s.wait("checklist .*確認項目")
        s.line('incident note "閉じない')
        s.wait("引用符が閉じていません")

    def test_tab_completes_a_word(self):
        s = self.at_prompt()
        s.type("sho\t")
        s.wait("show ")
        s.type("upl\t\r")
        s.wait("コンビニ交付")


class Acts(ConsoleTest):
    def test_declare_takes_the_new_case_in_hand_and_gives_a_receipt(self):
        s = self.at_prompt(case=False)
        s.line("declare 端末に身代金要求の画面")
        s.wait("判明した日時")
        s.line("2026-11-20 9:12")
        self.assertEqual(s.wait(RECEIPT).group(1), "101")
        s.wait("閂 2026-001 初期対応> ")
        act = self.last_act("incident.declared")
        self.assertEqual(act["text"], "端末に身代金要求の画面")
        self.assertEqual(act["body"], {"detected": "2026-11-20T00:12:00.000Z"})
        self.assertRegex(act["idem"], "^[0-9a-f]{32}$")

    def test_cut_says_what_stops_and_asks_no_further_question(self):
        s = self.at_prompt()
        s.line("isolate lgwan")
        s.wait("LGWAN系を遮断します。コンビニ交付が止まります。")
        s.wait(RECEIPT)
        s.wait("● ■ lgwan")
        self.assertEqual(self.last_act("uplink.isolate")["body"], {"uplinks": ["lgwan"]})
        s.line("isolate intranet")
        s.wait("「intranet」という回線はありません")
        self.assertEqual(len(self.keeper.acts), 1)

    def test_restore_asks_for_the_password_as_proof(self):
        s = self.at_prompt()
        s.line("restore permit")
        s.wait("総務さんからの再接続の申請")
        s.wait("もう一度パスワード: ")
        s.line(PASSWORDS["山田"])
        s.wait("5分以内に鍵を回し")
        self.assertEqual(self.last_act("restore.permitted")["proof"], PASSWORDS["山田"])

    def test_triage_classify_check_answer_note_end(self):
        s = self.at_prompt()
        for line, answers, name, body, text in (
                ("incident triage", ["1", "1", ""], "incident.triaged", {"verdict": "incident", "priority": "high"}, None),
                ("incident classify", ["1 ２"], "incident.classified", {"types": ["loss", "malware"]}, None),
                ("incident check O3 done", [""], "incident.checked", {"row": "O3", "state": "done"}, None),
                ("incident answer when answered", ["朝8時ごろ"], "incident.answered",
                 {"question": "when", "state": "answered"}, "朝8時ごろ"),
                ("incident note 県へ電話した", ["2026-11-20 9:30"], "incident.noted",
                 {"at": "2026-11-20T00:30:00.000Z"}, "県へ電話した"),
                ("incident end", ["1", "訓練の画面だった"], "incident.ended", {"as": "false_alarm"}, "訓練の画面だった")):
            s.line(line)
            for answer in answers:
                s.wait(": $")
                s.line(answer)
            s.wait(RECEIPT)
            act = self.last_act(name)
            self.assertEqual((act["about"], act["body"], act.get("text")), ("2026-001", body, text))
            s.wait("> $")

    def test_refusals_are_told_in_the_words_of_the_keeper_or_our_own(self):
        s = self.at_prompt()
        for error, words in (({"code": "wrong_role", "args": {"say": "この操作は統括情報セキュリティ責任者が行います。"}},
                              "！|! この操作は統括情報セキュリティ責任者が行います。"),
                             ({"code": "panel_absent", "args": {}}, "パネルの赤ボタンを押してください"),
                             ({"code": "later_code", "args": {}}, "later_code")):
            self.keeper.refuse_next = error
            s.line("isolate lgwan")
            s.wait(words)
            s.wait("> $")


class Reports(ConsoleTest):
    def setUp(self):
        super().setUp()
        self.keeper.report = "draft"

    def test_field_by_field_every_cell_is_saved_at_once(self):
        s = self.at_prompt()
        s.line("report 1 edit")
        s.wait("2/7.*課室名")
        s.line("企画財政課")
        s.wait(RECEIPT)
        self.assertEqual(self.keeper.cells, {"section": "企画財政課"})
        s.wait("3/7")
        s.line("2")
        s.wait("4/7")
        s.line("7")
        s.wait("1～3の番号を入力してください")
        s.wait("> 7")  # what was typed is kept
        s.line("\x151 ３")
        s.wait("5/7")
        s.line("2026-11-20 25:00")
        s.wait("その日付か時刻はありません")
        s.wait("> 2026-11-20 25:00")  # what was typed is kept
        s.line("\x15令和8年11月20日 9時12分")
        s.wait("6/7")
        s.line("?")
        s.wait(RECEIPT)
        s.wait("7/7")
        s.line("<")
        s.wait("6/7")
        s.line("一行目")
        s.line("二行目")
        s.line(".")
        s.wait(RECEIPT)
        s.wait("7/7")
        s.wait("赤ボタンが押された")
        s.line("")
        s.wait("最後の欄まで来ました")
        self.assertEqual(self.keeper.cells, {
            "section": "企画財政課", "event": "leak", "causes": ["mail", "unknown"],
            "occurred": "2026-11-20T00:12:00.000Z", "summary": "一行目\n二行目"})
        coded = [a for a in self.keeper.acts if "cells" in a["body"]]
        self.assertEqual([list(a["body"]["cells"]) for a in coded], [["event"], ["causes"], ["occurred"]])

    def test_print_submit_approve_send(self):
        s = self.at_prompt()
        s.line("report 1 print")
        s.wait("□予兆・ヒヤリハット　■情報の漏えい")
        s.wait("39 ─")
        s.line("report 1 submit")
        s.wait(RECEIPT)
        s.line("report 1 approve")
        s.wait("承認するもの: 2026-001 第1報")
        s.wait(": $")
        s.line("1")
        s.wait("もう一度パスワード: ")
        s.line(PASSWORDS["山田"])
        s.wait(RECEIPT)
        act = self.last_act("report.approved")
        self.assertEqual(act["body"], {"report": 1, "manner": "screen", "digest": "ab" * 32})
        s.line("report 1 sent")
        for answer in ("1 2", "1", "今", "受付 第5号"):
            s.wait(": $")
            s.line(answer)
        s.wait(RECEIPT)
        act = self.last_act("report.sent")
        self.assertEqual((act["body"]["to"], act["body"]["how"], act["text"]), (["csirt", "soumu"], "mail", "受付 第5号"))

    def test_menu_leads_by_numbers_only(self):
        s = self.at_prompt()
        s.line("menu")
        s.wait("1  第一報を書く")
        s.wait(": $")
        s.line("１")
        s.wait("2/7")
        s.line("q")
        s.wait("ここまでの入力は記録済みです")
        s.wait("何をしますか")
        s.wait(": $")
        s.line("99")
        s.wait("番号を入力してください")
        s.wait(": $")
        s.line("0")
        s.wait("初期対応> ")


class Faults(ConsoleTest):
    def test_an_act_whose_answer_was_lost_is_sent_again_and_recorded_once(self):
        s = self.at_prompt()
        self.keeper.swallow_answers = 1
        s.line("isolate lgwan")
        s.wait(RECEIPT)
        asked = [r["params"]["idem"] for r in self.keeper.requests if r["method"] == "act"]
        self.assertEqual(len(asked), 2)
        self.assertEqual(len(set(asked)), 1)
        self.assertEqual(len(self.keeper.acts), 1)

    def test_a_keeper_that_hangs_up_each_time_is_not_asked_for_ever(self):
        s = self.at_prompt()
        self.keeper.swallow_answers = 1 << 30
        s.line("isolate lgwan")
        s.wait("Enterでもう一度送る、Ctrl-Cでやめる:")
        self.assertEqual(len([r for r in self.keeper.requests if r["method"] == "act"]), 3)
        self.keeper.swallow_answers = 0
        s.line("")
        s.wait(RECEIPT)
        self.assertEqual(len(self.keeper.acts), 1)

    def test_keeper_restart_keeps_the_line_and_asks_for_the_password_again(self):
        s = self.at_prompt()
        s.type("incident note 県の担当者へ")
        s.wait("県の担当者へ")
        self.keeper.stop()
        s.wait("記録できません。遮断は働きます。紙の時系列票に書いてください。")
        s.wait("県の担当者へ")  # the line is there again
        self.keeper.sessions.clear()
        self.keeper.start()
        s.wait("記録できるようになりました")
        s.wait("県の担当者へ")
        s.line("電話した")
        s.wait("日時（Enterで今）: ")
        s.line("")
        s.wait("ログインの期限が切れました")
        s.wait("パスワード: ")
        s.line(PASSWORDS["山田"])
        s.wait(RECEIPT)
        self.assertEqual(self.last_act("incident.noted")["text"], "県の担当者へ電話した")

    def test_without_a_keeper_it_says_so_and_waits(self):
        self.keeper.stop()
        s = self.screen()
        s.wait("記録できません。遮断は働きます。紙の時系列票に書いてください。")
        self.keeper.start()
        s.wait("記録できるようになりました")
        s.log_in("山田", PASSWORDS["山田"])
        s.wait("閂> ")

    def test_a_new_case_is_told_above_the_line_being_typed(self):
        s = self.at_prompt()
        s.type("show upl")
        s.wait("show upl")
        self.keeper.incidents.append({"about": "2026-002", "title": "赤ボタン"})
        self.keeper.push_changed()
        s.wait("● 新しい事案 2026-002  赤ボタン")
        s.wait("初期対応> show upl")
        s.line("inks")
        s.wait("コンビニ交付")

    def test_hang_up_ends_the_session(self):
        s = self.at_prompt()
        s.process.send_signal(signal.SIGHUP)
        os.close(s.fd)
        s.fd = os.open(os.devnull, os.O_RDONLY)
        self.assertEqual(s.process.wait(20), 0, s.text()[-3000:])
        self.assertEqual(self.keeper.sessions, {})


if __name__ == "__main__":
    tap.main()
