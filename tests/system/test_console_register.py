#!/usr/bin/env python3
"""Registers at the console: a confidential medium goes out, comes back, and a line that was a mistake is struck out."""
import json
import subprocess

import tap
from keeperhouse import BIN
from test_console_keeper import ConsoleAndKeeper

ANSWERS = ["2026-11-20", "住民福祉課", "見本花子", "住民票の控え", "1", "USBメモリ 1本", "出張先での説明\r.", "県庁", "2026-11-20",
           "2026-11-21", "公用車", "1 3"]


class ConsoleRegister(ConsoleAndKeeper):
    def answer(self, *answers):
        for typed in answers:
            self.screen.wait(r"\d+/\d+ [^\n]*: $")
            self.screen.line(typed)

    def write(self, *answers, rest=6):
        self.answer(*answers, *[""] * rest)

    def test_out_and_back(self):
        s = self.screen
        self.be("hanako")
        s.line("register list")
        s.wait(r"takeout\s+機密情報外部持ち出し　0行")
        s.wait("> $")
        s.line("register add takeout")
        s.wait("Enterはそのまま")
        self.answer("")
        self.answer("明日")
        self.answer(*ANSWERS[1:], *[""] * 6)
        s.wait("「申請日」の値がないか、形が違います")
        s.wait("> $")
        s.line("register add takeout")
        self.write(*ANSWERS)
        s.wait("記録しました")
        s.wait("> $")
        s.line("register change takeout 1")
        self.answer(*[""] * 12, "", "", "11/20 9:00", "11/21 17:00", "見本一郎", "1")
        s.wait("記録しました")
        s.wait("> $")
        s.line("register show takeout 1")
        s.wait(r"氏名\s+見本花子")
        s.wait(r"保護措置\s+暗号化、鍵付きケース")
        s.wait(r"照合者\s+見本一郎")
        s.wait(r"不足の有無\s+無")
        s.wait("> $")
        s.line("register strike takeout 1")
        s.wait("(?s)この操作は.*が行います")
        s.wait("> $")
        self.leave()
        self.be("kacho")
        s.line("register strike takeout 2")
        s.wait("「2」行目はありません")
        s.wait("> $")
        self.do("register strike takeout 1", "二重に書いた")
        s.line("register show takeout")
        s.wait("取消（見本一郎）: 二重に書いた")
        s.wait("> $")
        s.line("register change takeout 1")
        s.wait("1行目は取り消し済み")
        s.wait("> $")
        s.line("register show nothing")
        s.wait("「nothing」という台帳はありません")

    def test_names_can_be_erased_and_the_line_stays(self):
        s = self.screen
        self.be("hanako")
        s.line("register add takeout")
        self.write(*ANSWERS)
        s.wait("記録しました　記録番号(\\d+)")
        s.wait("> $")
        with self.house.login("hanako") as person:
            seq = person.view("register", about="takeout")["lines"][0]["seq"]
        with self.house.login("somu") as somu, self.house.login("ciso") as ciso:
            request = somu.act("erasure.requested", body={"seq": seq, "name": "person"}, proof=self.house.passwords["somu"],
                               text={"authority": "条例", "reason": "請求"})["seq"]
            ciso.act("erasure.approved", body={"request": request}, proof=self.house.passwords["ciso"])
        s.line("register show takeout 1")
        s.wait(r"氏名\s+（消去済み）")
        s.wait(r"持ち出す情報資産\s+住民票の控え")

    def test_one_command_shows_it_to_programs(self):
        with self.house.login("hanako") as person:
            line = {"applied": "2026-11-20", "section": "住民福祉課", "asset": "名簿", "class": "c2", "medium": "紙 1部",
                    "reason": "説明", "place": "県庁", "from": "2026-11-20", "to": "2026-11-20", "transport": "徒歩",
                    "protection": "case"}
            person.act("register.written", body={"register": "takeout"}, text=line, person={"applicant": "見本花子"})
        password = self.house.root / "password"
        password.write_text(self.house.passwords["hanako"] + "\n", encoding="utf-8")
        done = subprocess.run([BIN / "kannuki", "--as", "hanako", "--password-file", password, "--json", "register", "show",
                               "takeout"], text=True, env=self.house.environment, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        answers = {answer["what"]: answer["result"] for answer in map(json.loads, done.stdout.splitlines())}
        self.assertEqual(answers["register"]["lines"][0]["values"], line)


if __name__ == "__main__":
    tap.main()
