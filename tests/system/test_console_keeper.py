#!/usr/bin/env python3
"""The console and the real keeper: a case from its declaration to the bundle for auditors, by four people."""
import unittest

import tap
from keeperhouse import House, Panel, wait_until
from screen import Screen, columns

RECEIPT = r"記録しました　記録番号\d+　\d+時\d\d分\d\d秒　照合[0-9A-F]{4}-[0-9A-F]{4}"


class ConsoleAndKeeper(unittest.TestCase):
    def setUp(self):
        self.house = House()
        done = self.house.set_up()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.house.start()
        self.screen = Screen(str(self.house.root))

    def tearDown(self):
        self.screen.end()
        self.house.close()

    def be(self, name):
        self.screen.log_in(name, self.house.passwords[name])
        self.screen.wait("閂[^>\n]*> $")

    def do(self, *lines):
        """Types a command and its answers, each after its prompt; the act must give a receipt."""
        for line in lines[:-1]:
            self.screen.line(line)
            self.screen.wait("[:>] $")
        self.screen.line(lines[-1])
        self.screen.wait(RECEIPT)
        self.screen.wait("[:>] $")

    def leave(self):
        self.screen.line("logout")
        self.screen.wait("ログアウトしました")


class Record(ConsoleAndKeeper):
    """The commands under `ledger`."""

    def see(self, line, *patterns):
        self.screen.line(line)
        for pattern in patterns:
            self.screen.wait(pattern)
        self.screen.wait("[:>] $")

    def test_settings_that_were_not_taken_are_named(self):
        folder = self.house.root / "etc/kannuki"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "not-taken").write_text("kannuki.yaml: 4行目\nconsole-ttyS0: 他人\n", encoding="utf-8")
        self.be("somu")
        self.see("show health", "採用していません（別の設定で動いています）：kannuki.yaml: 4行目", "console-ttyS0: 他人")

    def test_show_find_and_look_after(self):
        self.be("somu")
        self.do("declare 青い鳥が飛んだ", "今")
        self.see("ledger show", "setup.done", "見本三郎  incident.declared")
        self.see("ledger show 4", "setup.done", "ハッシュ値 [0-9a-f]{64}")
        self.see("ledger show abc", "「abc」は記録番号ではありません")
        self.see("ledger find 青い鳥", "incident.declared", "青い鳥が飛んだ")
        self.see("ledger find ぬばたま", "その語句を含む記録はありません")
        self.see("ledger media", "一つ目  正常", "二つ目  正常")
        self.see("show health", "記録      正常、\\d+件", "パネル    パネル用プログラムが応答しません", "接続中 .*console 1", "一つ目  正常")
        self.see("system support", "support-\\d+\\.txtに書き出しました")
        self.see("ledger media", "空き .* GB／全体")
        self.see("ledger policy", "quorum none")
        self.see("ledger stamp request", r"[A-Za-z0-9+/]{20,}", r"同じ内容のファイル: \S+")
        self.see("ledger witness request 0", "old 0")
        self.see("ledger witness request many", "件数ではありません")
        self.see("ledger witness accept no-such-file", "no-such-file")
        self.see("ledger rotate", "署名期間6を始めました")
        self.see("ledger repair", r"\d+件を確かめ、壊れていた0件を直しました")
        self.see("ledger export part zip from 0 to 3 without text,person", RECEIPT, "exports/part")
        self.see("ledger export other to x", "「to」は分かりません")
        self.see("ledger export other encrypt-to age1x", "age1x")

    def test_two_people_erase(self):
        self.be("somu")
        self.do("declare 山田太郎の電話番号", "今")
        seq = self.declared()
        self.do(f"ledger redact {seq} text", "個人情報保護条例", "誤って記入", self.house.passwords["somu"])
        self.screen.line("ledger erasures")
        request = int(self.screen.wait(r"(\d+)  承認待ち").group(1))
        self.screen.wait("> $")
        self.see(f"ledger approve {request}", "元に戻せません")
        self.screen.line("1")
        self.screen.wait(": $")
        self.see(self.house.passwords["somu"], "申請した人は承認できません")
        self.leave()
        self.be("ciso")
        self.do(f"ledger approve {request}", "1", self.house.passwords["ciso"])
        with self.house.login("somu") as other:
            wait_until("the erasure", lambda: other.view("erasures")["erasures"][0]["state"] == "done")
        self.see("ledger erasures", f"{request}  消去済み")
        self.see("ledger find 山田太郎", "その語句を含む記録はありません")
        self.see("ledger approve 9999", "この番号の申請はありません")

    def declared(self):
        with self.house.login("kansa") as auditor:
            return [entry["seq"] for entry in auditor.ask("ledger.show")["entries"]
                    if entry.get("act") == "incident.declared"][0]

    def test_new_incarnation_is_told_until_its_code_is_on_paper(self):
        self.house.end()
        self.house.lose_secret()
        self.house.start()
        self.screen.line("")
        self.screen.wait("新しい代に移りました")
        self.be("joho")
        self.see("show now", "続きを記録するための鍵が失われ", "新しい起点の符号は [A-Z2-7]{24}")
        self.see("ledger media", "新しい代（")
        self.see("ledger show 0", "epoch.start")
        self.see("ledger incarnation", "綴じましたか")
        self.do("1")
        self.see("ledger incarnation", "新しい代（")
        self.see("ledger incarnation new", "元には戻せません")
        self.see("1", "理由")
        self.see("盗難", "パスワード")
        self.see(self.house.passwords["joho"], "担当者が記録簿を終えました", "新しい起点の符号は")
        with self.house.login("joho") as person:
            self.assertEqual(person.ask("ledger.media")["incarnation"]["origin"][-2:], "/3")

    def test_failed_medium_is_told(self):
        self.house.end()
        mirror = self.house.homes[1]
        mirror.rename(mirror.with_name("pulled"))
        self.house.start()
        self.screen.line("")
        self.screen.wait("片方の媒体だけで継続中")
        self.be("joho")
        self.see("show now", "記録簿の二つ目の媒体が故障しています")
        self.see("ledger repair", "この媒体は使えません", "ledger repair anew")
        self.see("ledger repair anew", "初めから書き写します")
        self.see("1", "mkdir -m 700")
        (mirror / "ledger").mkdir(mode=0o700, parents=True)
        self.see("ledger repair anew", "初めから書き写します")
        self.see("1", "二つ目  正常")
        self.see("ledger media", "二つ目  正常")


class WholeCase(ConsoleAndKeeper):
    def approve(self, name):
        self.do("report 1 approve", "1", self.house.passwords[name])

    def fill_in(self):
        """Through the first fields of 様式13 and out again."""
        s = self.screen
        s.line("report 1 edit")
        s.wait("■ 2/28.*情報連絡日時")
        for title, answer in (("課室名", ""), ("課室長名", ""), ("報告者名", ""), ("電話番号", ""), ("FAX番号", "999"),
                              ("電子メール", "?"), ("発生した事象の分類", "5")):
            s.line("")
            s.wait(title)
            s.wait("> $")
            if answer:
                s.line(answer)
                s.wait(RECEIPT)
                s.wait("> $")
                s.line("<")
                s.wait(title)
                s.wait("> $")
        s.line("")
        s.wait("原因の分類")
        s.wait("> $")
        s.line("1 9")
        s.wait(RECEIPT)
        s.wait("> $")
        s.line("q")
        s.wait("ここまでの入力は記録済みです")
        s.wait("> $")

    def test_from_declaration_to_export(self):
        s = self.screen
        self.be("kacho")
        self.do("declare 端末に身代金を要求する画面が出た", "5分前")
        self.do("incident triage", "1", "1", "")
        self.do("incident classify", "5")
        self.do("incident check basic-1 done", "")
        self.do("incident note 端末をLANから外した", "今")
        s.line("show facts")
        question = s.wait(r"□ (\S+)").group(1)
        s.wait("> $")
        self.do(f"incident answer {question} answered", "住民福祉課の端末1台")
        self.do("report new")
        s.line("q")
        s.wait("ここまでの入力は記録済みです")
        s.wait("> $")
        self.fill_in()
        s.line("report 1 print")
        s.wait("999")
        s.wait("コンピュータウイルス等の感染.*\n?.*■|■")
        s.wait("> $")
        self.do("report 1 submit")
        self.approve("kacho")
        self.leave()
        self.be("somu")
        s.line("report 1 print")
        s.wait("見本一郎")
        s.wait("> $")
        self.do("report 1 return", "電話番号を確かめてください")
        self.leave()
        self.be("kacho")
        s.line("show report 1")
        s.wait("差し戻しの理由: 電話番号を確かめてください")
        s.wait("> $")
        self.do("report 1 submit")
        self.approve("kacho")
        self.leave()
        for name in ("somu", "ciso"):
            self.be(name)
            s.line("menu")  # the next step is the first number
            s.wait("1  報告書を承認する")
            s.wait(": $")
            self.do("1", "1", self.house.passwords[name])
            self.do_not_stay_in_menu()
            self.leave()
        self.be("somu")
        self.do("report 1 sent", "1 2", "2", "今", "受付第5号")
        s.line("show report 1")
        s.wait("送付済")
        s.wait("> $")
        s.line("report new")
        s.wait("どの報告ですか。\n *1  中間報告")
        s.wait(": $")
        s.line("0")
        s.wait("> $")
        s.line("q")
        s.wait("閂[^>\n]*> $")
        s.line("incident close")
        s.wait("残りの確認項目は[1-9]\\d*件です")
        s.wait("最終報告を送付していないときは")
        s.wait(": $")
        s.line("最終報告は紙で")
        s.wait(RECEIPT)
        s.wait("> $")
        s.line("ledger check")
        s.wait("記録簿は正常です。全\\d+件")
        s.wait("> $")
        self.leave()
        self.be("kansa")
        self.do("ledger export first")
        self.assertIn("/exports/first", s.text())
        for name in ("first", "First", ".x"):
            s.line(f"ledger export {name}")
            s.wait(f"！「{name}」という名前は使えません")
            s.wait("> $")
        wide = [line for line in s.text().split("\n") if columns(line) > 80]
        self.assertEqual(wide, [])

    def do_not_stay_in_menu(self):
        self.screen.line("0")
        self.screen.wait("閂[^>\n]*> $")

    def test_refusals_of_the_keeper_are_readable(self):
        s = self.screen
        self.be("hanako")
        self.do("declare 不審なメールを開いた", "今")
        s.line("incident close")
        s.wait("(?s)! この操作は.*が行います")
        s.wait("> $")
        s.line("isolate internet")
        s.wait("インターネット系を遮断します。電子メールとWeb閲覧が止まります。")
        s.wait("! ")
        s.wait("パネルの赤ボタンは、画面を使わずに遮断できます")
        s.wait("> $")
        s.line("report 7 edit")
        s.wait("第7報はありません")
        s.wait("> $")
        s.line("language en")
        s.wait(r"閂 \S+ Detection and report> $")
        s.line("language ja")
        s.wait(r"閂 \S+ 発見・報告> $")

    def test_enter_alone_shows_the_present_state_again(self):
        s = self.screen
        s.wait("パネル 応答なし\n名前: $")
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        panel.state()
        s.line("")
        s.wait("パネル 正常\n名前: $")


class PanelAndConsole(ConsoleAndKeeper):
    def test_a_press_appears_at_once_and_is_attributed(self):
        s = self.screen
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        panel.state()
        self.be("kacho")
        s.type("show upl")
        s.wait("show upl")
        panel.event(1, "declare_pressed")
        s.wait("● 新しい事案 2026-001")
        s.wait("閂> show upl")
        s.line("inks")
        s.wait("コンビニ交付")
        s.wait("> $")
        self.do("incident attribute", "1", "1")
        s.line("show timeline")
        s.wait("ボタンを押した人を登録")

    def test_connecting_again_takes_two_people(self):
        s = self.screen
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        panel.state()
        panel.event(1, "isolate_pressed", arg=1)
        panel.event(2, "cut_button", uplink=2, arg=4000)
        panel.event(3, "proven", uplink=2, arg=11000)
        self.be("kacho")
        s.line("show uplinks")
        s.wait("■ lgwan .*遮断済（接点で確認） 11.0 ms")
        s.wait("> $")
        # What stands against it is said before anything is asked.
        s.line("restore request internet")
        said = s.wait(r"(?s)インターネット系は遮断されていません。.*閂[^\n]*> $").string
        self.assertNotIn("パスワード", said)
        self.assertNotIn("原因", said)
        self.do("restore request lgwan", "感染端末を外し、1日監視した", self.house.passwords["kacho"])
        s.line("restore permit")
        s.wait("! この操作は統括情報セキュリティ責任者")
        s.wait("> $")
        self.leave()
        self.be("somu")
        s.line("restore permit")
        s.wait("見本一郎さんからの再接続の申請")
        s.wait("もう一度パスワード: ")
        s.line(self.house.passwords["somu"])
        s.wait("5分以内に鍵を回し")
        self.assertEqual(panel.next_push("panel.permit")["uplinks"], [2])
        panel.event(4, "permit_voided_trip", arg=1)
        s.wait("● 2026-001  再接続の許可は無効になりました")

    def test_who_may_approve_is_told_of_the_request(self):
        s = self.screen
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        panel.state()
        about = panel.event(1, "isolate_pressed", arg=1)["about"]
        panel.event(2, "cut_button", uplink=2, arg=4000)
        panel.event(3, "proven", uplink=2, arg=11000)
        self.be("somu")
        with self.house.login("kacho") as kacho:
            kacho.act("restore.requested", about=about, text="感染端末を外した", body={"uplinks": ["lgwan"]},
                      proof=self.house.passwords["kacho"])
            s.wait("● 2026-001  回線の再接続が申請されました（restore permit）")
            panel.event(4, "isolate_pressed", arg=2)
            panel.event(5, "cut_button", uplink=1, arg=4000)
            s.wait("● 2026-001  再接続の申請は無効になりました")


if __name__ == "__main__":
    tap.main()
