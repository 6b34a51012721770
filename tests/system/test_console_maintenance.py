#!/usr/bin/env python3
"""Maintenance at the console: what an officer types and reads."""

import tap
from keeperhouse import Panel
from test_console_keeper import ConsoleAndKeeper


class ConsoleMaintenance(ConsoleAndKeeper):
    def panel(self):
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        panel.state()
        return panel

    def test_from_the_beginning_to_the_end(self):
        s, panel = self.screen, self.panel()
        self.be("joho")
        s.line("show now")
        s.wait(r"▶ 遮断の実証試験の時期.*\[maintenance begin HOURS\]")
        s.wait("実証試験の記録なし。試験の時期です")
        s.wait("> $")
        self.do("maintenance begin 2", "年次点検")
        while not panel.next_push("panel.lamps")["drill"]:
            pass
        s.line("show now")
        s.wait("！パネルは点検中です.*見本次郎：年次点検")
        s.wait("> $")
        panel.event(1, "isolate_pressed", arg=1, age_ms=0)
        s.line("show now")
        s.wait("！点検中に緊急遮断が押されました")
        s.wait("maintenance incident")
        s.wait("> $")
        self.do("maintenance incident", "本物だった")
        s.line("maintenance end")
        s.wait("再び事案が登録されます")

    def test_a_proof_test_shows_its_results(self):
        s, panel = self.screen, self.panel()
        self.be("joho")
        self.do("maintenance begin 2", "年次点検")
        s.line("prove internet lgwan")
        self.assertEqual(panel.next_push("panel.prove")["uplinks"], [1, 2])
        panel.event(1, "proof_good", uplink=1, arg=9300, age_ms=0)
        panel.event(2, "proof_bad", uplink=2, arg=0, age_ms=0)
        s.wait("インターネット系: 良好 9.3 ms")
        s.wait(r"LGWAN系: 不良（接点が動かない） \(close\)")
        s.wait("> $")
        s.line("show uplinks")
        s.wait(r"前回の良好な実証試験.*9.3 ms.*次回の期日")
        s.wait("> $")
        s.line("prove all")
        self.assertEqual(panel.next_push("panel.prove")["uplinks"], [1, 2, 3, 4])

    def test_a_drill_looks_like_one_and_cuts_nothing(self):
        s, panel = self.screen, self.panel()
        self.be("hanako")
        s.line("drill 停電の想定")
        s.wait("判明した日時")
        s.line("")
        s.wait("訓練です。画面からの遮断も")
        s.wait("閂 訓練 .*> $")
        s.line("isolate lgwan")
        s.wait("パネルの赤ボタンは実際に遮断します")
        s.wait("> $")
        s.line("show now")
        s.wait("【訓練】停電の想定")
        self.assertEqual([push for push in panel.pushes if push["push"] == "panel.isolate"], [])

    def test_a_restart_is_announced(self):
        s, panel = self.screen, self.panel()
        self.be("joho")
        self.do("panel absent 300", "更新のため")
        self.assertEqual(panel.next_push("panel.absence")["seconds"], 300)
        s.line("prove all")
        s.wait("パネルは点検中ではありません")


if __name__ == "__main__":
    tap.main()
