#!/usr/bin/env python3
"""What the panel has seen of the record, as an officer reads it at the console."""
import re

import tap
from keeperhouse import Panel
from test_console_keeper import ConsoleAndKeeper

REFUSALS = {"older": "すでに、より長い記録簿を確認しています", "other_root": "同じ件数で別の内容の記録簿を確認しています",
            "too_far": "段階を追って確認します", "other_origin": "基板のジャンパーが取り付けられていません",
            "too_soon": "確認は1分に1回までです", "not_kept": "基板の交換が必要です", "bad_check": "伝送中に壊れました",
            "no_answer": "時間内に応答がありませんでした", "controller_absent": "制御器が応答しません"}


def loose(sentence):
    """Wherever its line is broken."""
    return r"\s*".join(map(re.escape, sentence))


class ConsoleWitness(ConsoleAndKeeper):
    def setUp(self):
        super().setUp()
        self.panel = Panel(self.house)
        self.addCleanup(self.panel.close)
        self.panel.hello()
        self.panel.state()

    def tell(self, state="kept", origin="0" * 16, size=7, root="ab" * 32):
        self.panel.call("panel.witness", controller=Panel.CONTROLLER, state=state, origin=origin, size=size, root=root)

    def show(self, line, *patterns):
        self.screen.line(line)
        for pattern in patterns:
            self.screen.wait(loose(pattern))
        self.screen.wait("> $")

    def answer(self, detail=None):
        """The newest checkpoint that was pushed."""
        push = self.panel.next_push("panel.checkpoint")
        if detail is None:
            self.tell(origin=push["origin"], size=push["size"], root=push["root"])
        self.panel.call("panel.done", command=push["command"], ok=detail is None, detail=detail or "done")
        return push

    def test_without_a_controller_it_says_so(self):
        self.be("joho")
        self.show("ledger media", "見守るパネルの制御器はありません")

    def test_an_empty_one_is_shown_the_record_and_agrees(self):
        self.be("joho")
        self.tell(state="empty", root="00" * 32, size=0)
        push = self.answer()
        self.assertTrue(push["epoch"])
        self.show("ledger media", "パネルが確認した内容と一致しています", f"確認した記録は{push['size']}件、照合番号は")

    def test_the_record_of_another_box_is_said_and_why_the_panel_does_not_take_this_one(self):
        self.be("joho")
        self.tell()
        self.show("show now", "パネルが確認していたのは、この記録簿ではありません", "7件")
        self.answer("other_origin")
        self.show("ledger media", "この記録簿ではありません", REFUSALS["other_origin"])
        self.assertNotIn("正常に戻りました", self.screen.text())

    def test_each_refusal_is_explained(self):
        self.be("joho")
        for word, sentence in REFUSALS.items():
            self.tell(state="empty", root="00" * 32, size=0)
            self.screen.line("ledger rotate")
            self.answer(word)
            self.screen.wait("> $")
            self.show("ledger media", sentence)

    def test_a_shorter_and_a_changed_record_are_said(self):
        self.be("joho")
        self.tell(state="empty", root="00" * 32, size=0)
        origin = self.answer()["origin"]
        self.tell(origin=origin, size=900)
        self.show("show now", "以前に確認したものより短くなっています", "900件")
        self.tell(origin=origin, size=2)
        self.show("show now", "以前に確認したものと異なります")
        self.screen.line("ledger rotate")
        self.screen.wait("> $")
        self.assertEqual([push for push in self.panel.pushes if push["push"] == "panel.checkpoint"], [],
                         "a record that contradicts the panel was shown to it")


if __name__ == "__main__":
    tap.main()
