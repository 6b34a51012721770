#!/usr/bin/env python3
"""The console on terminals of many kinds: sizes, signs, the pager, noise on the line."""

from screen import Screen, columns
import tap
from test_console import ConsoleTest, PASSWORDS

MORE = "続き（空白キー"


class Serial(Screen):
    """A terminal on a line that knows no size. `size` None: it says nothing about itself."""

    def __init__(self, root, *options, size=(24, 80), sign_columns=1, term="vt102"):
        self.size, self.sign_columns = size, sign_columns
        super().__init__(root, *options, rows=0, term=term)


class TerminalTest(ConsoleTest):
    def serial(self, *options, case=True, **kind):
        if case:
            self.keeper.incidents.append({"about": "2026-001", "title": "身代金要求の画面"})
        s = Serial(self.root, *options, **kind)
        self.screens.append(s)
        name = "auditor" if "--ascii" in options else "山田"
        s.log_in(name, PASSWORDS[name])
        s.wait("初期対応> $" if case and "--ascii" not in options else "(閂|kannuki)[^>]*> $")
        return s


class Size(TerminalTest):
    def test_the_terminal_is_asked_at_each_login(self):
        s = self.serial(size=(30, 70))
        s.line("terminal show")
        s.wait("30行70桁、UTF-8で表示しています")
        s.wait("> $")
        s.line("logout")
        s.size = (12, 40)
        s.log_in("総務", PASSWORDS["総務"])
        s.wait(MORE)
        s.line("terminal show")
        s.wait("12行40桁")

    def test_a_terminal_that_does_not_answer_delays_nothing_and_is_taken_for_24x80(self):
        s = self.serial(size=None)
        s.line("terminal show")
        s.wait("24行80桁")
        s.wait("> $")
        s.line("terminal 10x44")
        s.wait("10行44桁")
        s.wait("> $")
        s.line("show checklist")
        s.wait(MORE)
        wide = [line for line in s.text().split("10行44桁")[1].split("\n") if columns(line) > 44]
        self.assertEqual(wide, [])

    def test_nonsense_is_no_size(self):
        s = self.serial()
        for size in ("1x1", "24x", "0x80", "999x999"):
            s.line("terminal " + size)
            s.wait(f"「{size}」は画面の大きさではありません")
            s.wait("> $")

    def test_asking_again_loses_no_key(self):
        s = self.serial(size=(30, 80))
        s.size = None
        s.type("terminal size\rterminal show\r")
        s.wait("端末が画面の大きさを返しません")
        s.wait("> ")
        s.size = (33, 80)
        s.wait("30行80桁")

    def test_an_answer_that_comes_late_is_not_taken_for_keys(self):
        s = self.serial(size=None)
        s.type("show up")
        s.wait("show up")
        s.type("\x1b[40;80R\x1b[1;2R")
        s.line("links")
        s.wait("コンビニ交付")
        s.wait("> $")
        s.line("terminal show")
        s.wait("40行80桁")

    def test_arrow_keys_are_still_keys(self):
        s = self.serial()
        s.line("show uplinks")
        s.wait("> $")
        s.type("\x1b[A")
        s.wait("show uplinks$")
        s.type("\x1b[D\x1b[D\x1b[Dxyz\x03")
        s.wait("> $")


class Pager(TerminalTest):
    def at_more(self):
        s = self.serial()
        s.line("show checklist")
        s.wait(MORE)
        return s

    def test_space_enter_and_q(self):
        s = self.at_more()
        below = s.text().split("show checklist")[1].split("\n")[1:]
        self.assertEqual(len(below), 24)
        s.type("\r")
        s.wait(MORE)
        s.type("\r")
        s.wait(MORE)
        s.type("ｑ")
        s.wait("> $")
        self.assertNotIn("30番目", s.text())
        s.line("show checklist")
        s.wait(MORE)
        s.type(" ")
        s.wait("30番目")
        s.wait("> $")
        s.line("show uplinks")
        s.wait("コンビニ交付")

    def test_anything_else_ends_it_and_is_typed_into_the_next_line(self):
        s = self.at_more()
        s.type("show uplinks\r")
        s.wait("初期対応> show uplinks")
        s.wait("コンビニ交付")
        self.assertNotIn("30番目", s.text())

    def test_japanese_typed_into_it_stays_whole(self):
        s = self.at_more()
        s.type("あいう")
        s.wait("初期対応> あいう$")
        s.type("\x03")
        s.wait("> $")

    def test_news_appear_above_its_line(self):
        s = self.at_more()
        self.keeper.incidents.append({"about": "2026-002", "title": "赤ボタン"})
        self.keeper.push_changed()
        s.wait("● 新しい事案 2026-002  赤ボタン")
        s.wait(MORE)
        s.type("q")
        s.wait("> $")

    def test_control_c_ends_long_output_at_once(self):
        s = self.serial(size=(500, 80))
        s.line("show checklist")
        s.wait("番目")
        s.type("\x03")
        s.wait("> $")
        s.line("show uplinks")
        s.wait("コンビニ交付")


class Signs(TerminalTest):
    SCREENS = ("show now", "show incident", "show checklist", "show facts", "show timeline", "show report 1",
               "show uplinks", "show people", "?", "report 1 print")

    def look_at_all(self, s):
        self.keeper.report = "draft"
        for line in self.SCREENS:
            s.line(line)
            s.wait("> $")
        return s.text().split("\n")

    def test_signs_of_ambiguous_width_never_make_a_line_too_long(self):
        s = self.serial(size=(500, 80), sign_columns=2)
        wide = [line for line in self.look_at_all(s)
                if columns(line) + sum(line.count(c) for c in "□■①▶●─│┌┐└┘├┤┬┴┼…×") > 80]
        self.assertEqual(wide, [])

    def test_a_terminal_without_utf8_is_served_in_ascii(self):
        s = Serial(self.root, sign_columns=3)
        self.screens.append(s)
        s.log_in("auditor", PASSWORDS["auditor"])
        s.wait("kannuki[^>]*> $")
        before = s.text().count("")
        s.line("show now")
        s.wait("kannuki[^>]*> $")
        self.assertTrue(s.text()[before - 1:].isascii())

    def test_ascii_and_back_while_it_runs(self):
        s = self.serial()
        s.line("terminal ascii")
        s.wait("24 lines of 80 columns, ASCII")
        s.wait("kannuki 2026-001 first> $")
        s.line("terminal utf8")
        s.wait("24行80桁、UTF-8")
        s.wait("閂 2026-001 初期対応> $")

    def test_a_dumb_terminal_gets_no_escape_sequence(self):
        for term in ("dumb", "", "unknown"):
            s = self.serial(size=None, term=term, case=term == "dumb")
            s.type("show uplimks\b\b\b")
            s.line("nks")
            s.wait("コンビニ交付")
            s.wait("> $")
            s.line("terminal 10x80")
            s.wait("> $")
            s.line("?")
            s.wait(MORE)
            s.type("q")
            s.wait("> $")
            s.type("incident note " + "長い文を書きます。" * 12)
            s.wait("書きます。$")
            self.keeper.incidents.append({"about": f"2026-9{len(term)}", "title": "赤ボタン"})
            self.keeper.push_changed()
            s.wait("● 新しい事案")
            s.wait("書きます。$")
            s.type("\x03")
            s.wait("> $")
            self.assertNotIn(b"\x1b", s.seen)


if __name__ == "__main__":
    tap.main()
