#!/usr/bin/env python3
"""Texts pasted into the console: whole or not at all, and never as commands."""
import os
import select

import tap
from test_console import ConsoleTest, RECEIPT

BEGIN, END = "\x1b[200~", "\x1b[201~"
TOO_LONG = "バイトを超えています。全体を取り込みませんでした"


def long_text(size):
    """Lines of Japanese, `size` bytes in all."""
    line = "端末の画面に身代金を要求する文が出た。"
    lines = [f"{i} {line}" for i in range(size // len(line.encode()))]
    return "\n".join(lines).encode()[:size].decode(errors="ignore")


class PasteTest(ConsoleTest):
    def pour(self, s, text):
        """Types as fast as the other side takes it, and reads what it says meanwhile."""
        data = text.encode()
        os.set_blocking(s.fd, False)
        while data:
            readable, writable, _ = select.select([s.fd], [s.fd], [], s.seconds)
            self.assertTrue(readable or writable, "nothing goes on")
            if readable:
                chunk = os.read(s.fd, 65536)
                s.seen += chunk
                s.pending += chunk
            if writable:
                try:
                    data = data[os.write(s.fd, data[:512]):]
                except BlockingIOError:
                    pass
        os.set_blocking(s.fd, True)

    def in_summary(self):
        self.keeper.report = "draft"
        s = self.at_prompt()
        s.line("report 1 edit")
        for number in (2, 3, 4, 5):
            s.wait(f"{number}/7")
            s.wait("> $")
            s.line("")
        s.wait("6/7")
        s.wait("> $")
        s.line("はじめ")
        s.wait(r"\| $")
        return s

    def summary(self, s):
        s.wait(RECEIPT, seconds=120)
        return self.keeper.cells["summary"]


class Text(PasteTest):
    def test_a_bracketed_paste_is_taken_whole_a_dot_within_it_too(self):
        s = self.in_summary()
        text = long_text(8000) + "\n.\nおわり"
        self.pour(s, BEGIN + text.replace("\n", "\r") + END)
        s.wait("おわり$", seconds=120)
        s.line("")
        s.wait(r"\| $")
        s.line(".")
        self.assertEqual(self.summary(s), "はじめ\n" + text)

    def test_too_much_is_refused_whole_and_what_was_typed_stays(self):
        s = self.in_summary()
        self.pour(s, BEGIN + long_text(65536) + END)
        s.wait(TOO_LONG, seconds=120)
        s.wait(r"\| $")
        s.line("短く")
        s.wait(r"\| $")
        s.line(".")
        self.assertEqual(self.summary(s), "はじめ\n短く")

    def test_a_terminal_that_does_not_tell_pastes(self):
        s = self.in_summary()
        text = long_text(8000)
        self.pour(s, text.replace("\n", "\r") + "\r.\rおわり\r")
        s.wait(r"おわり\n.*\| $", seconds=120)
        s.line(".")
        self.assertEqual(self.summary(s), "はじめ\n" + text + "\n.\nおわり")

    def test_too_much_from_such_a_terminal_is_refused_whole(self):
        s = self.in_summary()
        self.pour(s, long_text(65536).replace("\n", "\r") + "\r")
        self.pour(s, "ここまで\r")
        s.wait(r"ここまで\n.*\| $", seconds=240)
        s.line(".")
        s.wait("文章が長すぎます")
        self.assertNotIn("summary", self.keeper.cells)

    def test_the_end_of_a_paste_that_is_lost_locks_nobody_out(self):
        s = self.in_summary()
        self.pour(s, BEGIN + "半分")
        s.type("\x03")
        s.wait("> はじめ$")


class Line(PasteTest):
    def test_one_line_stands_there_to_be_changed(self):
        s = self.at_prompt()
        s.type(BEGIN + "show uplinks\r\n" + END)
        s.wait("show uplinks$")
        s.line("")
        s.wait("コンビニ交付")

    def test_several_lines_are_refused_and_the_line_stays(self):
        s = self.at_prompt()
        s.type("show upl" + BEGIN + "a\rdeclare 偽の事案\r" + END)
        s.wait("2行以上が貼り付けられました")
        s.wait("> show upl$")
        s.line("inks")
        s.wait("コンビニ交付")
        self.assertEqual(self.keeper.acts, [])

    def test_lines_that_come_at_once_do_nothing(self):
        s = self.at_prompt()
        s.type("isolate lgwan\rdeclare 偽の事案\r\rexit\r")
        s.wait("何行も続けて入力されました")
        s.wait("> $")
        s.line("show uplinks")
        s.wait("コンビニ交付")
        self.assertEqual(self.keeper.acts, [])

    def test_noise_leaves_the_line_usable(self):
        s = self.at_prompt()
        os.write(s.fd, b"\x00\xff\xfe\x80\xe3\x81\x00\xf0\x9f\xc0\xaf\xed\xa0\x80\x15")
        s.line("show uplinks")
        s.wait("コンビニ交付")
        s.wait("> $")
        s.type("\x13")  # XOFF holds the output, XON lets it go on
        s.line("show people")
        s.type("\x11")
        s.wait("利用者")


if __name__ == "__main__":
    tap.main()
