#!/usr/bin/env python3
"""What breaks between the box and its panel: daemon, real firmware on the simulated board, and a small keeper."""
import os
import select
import tempfile
import threading
import tty
import unittest

import tap
from fake_panel_keeper import FakeKeeper
from paneld import Paneld
from simboard import Simboard


class Faults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.board = self.make_board("one")
        self.keeper = FakeKeeper(self.folder).start()
        self.addCleanup(self.keeper.stop)

    def make_board(self, name):
        os.mkdir(os.path.join(self.folder, name))
        board = Simboard(os.path.join(self.folder, name)).start()
        self.addCleanup(board.stop)
        return board

    def start(self, device=None):
        panel = Paneld(self.folder, device or self.board.device)
        self.addCleanup(panel.stop)
        panel.start()

    def start_well(self):
        self.start()
        self.wait_faults("a sound board", lambda faults: not faults)
        self.board.wait("FAULT dark", lambda s: not s["lamps"]["fault"] and all(u["connected"] for u in s["uplinks"]))

    def wait_faults(self, what, condition):
        self.keeper.wait_state(what, lambda state: condition(state["faults"]), 30)

    def press_and_see_it_cut(self):
        self.board.ask("press uplink 1")
        self.board.wait("cut and proven", lambda s: s["uplinks"][0]["mirror"] and not s["uplinks"][0]["connected"])

    def is_whole_again(self):
        """The line is mended: the press that was made meanwhile arrives, once, and RECORDED lights."""
        self.board.ask("line whole")
        self.keeper.wait_event("uplink_pressed", 30)
        self.board.wait("RECORDED", lambda s: s["lamps"]["recorded"] and not s["lamps"]["fault"], 30)
        self.wait_faults("well again", lambda faults: not faults)
        numbers = {e["number"] for e in self.keeper.events() if e["kind"] == "uplink_pressed"}
        self.assertEqual(len(numbers), 1)

    def test_late_answers_are_no_controller_and_a_press_arrives_later(self):
        self.start_well()
        self.board.ask("line late")
        self.wait_faults("absent", lambda faults: "controller_absent" in faults)
        self.press_and_see_it_cut()
        self.is_whole_again()

    def test_another_map_version_is_read_and_never_written_to(self):
        self.start_well()
        self.board.ask("line othermap")
        self.wait_faults("map_version", lambda faults: "map_version" in faults)
        self.board.wait("FAULT", lambda s: s["lamps"]["fault"])
        self.keeper.push("panel.isolate", command=5, uplinks=[2])
        self.assertEqual(self.keeper.wait_done(5, 30)["detail"], "map_version")
        self.assertTrue(self.board.state()["uplinks"][1]["connected"])
        self.press_and_see_it_cut()
        self.is_whole_again()

    def test_a_second_controller_at_the_switch_is_no_controller(self):
        self.start_well()
        self.board.ask("line two")
        self.wait_faults("absent", lambda faults: "controller_absent" in faults)
        self.press_and_see_it_cut()
        self.is_whole_again()

    def test_garbage_on_the_bus_trips_nothing_and_a_press_arrives_later(self):
        self.start_well()
        self.board.ask("line noisy")
        self.wait_faults("absent", lambda faults: "controller_absent" in faults)
        self.assertTrue(all(u["connected"] for u in self.board.state()["uplinks"]))
        self.press_and_see_it_cut()
        self.is_whole_again()

    def test_an_unplugged_pi_lights_fault_and_a_press_arrives_later(self):
        self.start_well()
        self.board.ask("line unplugged")
        self.wait_faults("absent", lambda faults: "controller_absent" in faults)
        self.board.wait("FAULT", lambda s: s["lamps"]["fault"])
        self.press_and_see_it_cut()
        self.assertFalse(self.board.lamp("recorded"))
        self.is_whole_again()

    def test_faults_of_the_board_are_told_by_their_words_and_taken_back(self):
        self.start_well()
        for broken, whole, word in (("jumper set", "jumper off", "jumper"), ("wire 2 short", "wire 2 whole", "mirror")):
            self.board.ask(broken)
            self.wait_faults(word, lambda faults: word in faults)
            self.board.wait("FAULT", lambda s: s["lamps"]["fault"])
            self.board.ask(whole)
            if word == "mirror":        # is trusted again after a cut it has proven
                self.board.ask("press uplink 2")
            self.wait_faults(f"no {word}", lambda faults: not faults)

    def test_no_coil_supply_is_told_and_nothing_comes_back_by_itself(self):
        self.start_well()
        self.board.ask("supply taken")
        self.keeper.wait_event("supply_lost", 30)
        self.wait_faults("no_supply", lambda faults: "no_supply" in faults)
        self.board.ask("supply there")
        self.keeper.wait_event("supply_back", 30)
        self.wait_faults("well again", lambda faults: not faults)
        self.assertFalse(any(u["connected"] for u in self.board.state()["uplinks"]))

    def test_a_brown_out_is_told_with_its_cause(self):
        self.start_well()
        before = len(self.keeper.events())
        self.board.ask("brownout")
        self.wait_faults("brown_out", lambda faults: "brown_out" in faults)
        self.keeper.wait("its start", lambda: any(e["kind"] == "started" and e["arg"] == 4
                                                  for e in self.keeper.events()[before:]), 30)

    def test_two_controllers_on_one_bus_are_no_controller_and_both_still_cut(self):
        other = self.make_board("two")
        bus = SharedBus(self.board.device, other.device)
        self.addCleanup(bus.stop)
        self.start(bus.device)
        self.wait_faults("absent", lambda faults: "controller_absent" in faults)
        bus.wait_answers(50)
        self.assertEqual(self.keeper.events(), [])
        for board in (self.board, other):
            board.ask("press isolate")
            board.wait("cut", lambda s: all(u["mirror"] for u in s["uplinks"]))
        self.assertFalse(self.board.lamp("recorded") or other.lamp("recorded"))
        bus.leave_one()
        self.keeper.wait_event("isolate_pressed", 30)
        self.board.wait("RECORDED", lambda s: s["lamps"]["recorded"], 30)


class SharedBus:
    """One pair of wires to two controllers with the same slave number: when both send, a dominant bit of either wins."""

    def __init__(self, *devices):
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.device = os.ttyname(slave)
        self.slave = slave              # keeps the terminal open between two openings of the daemon
        self.lines = [os.open(device, os.O_RDWR | os.O_NOCTTY) for device in devices]
        for line in self.lines:
            tty.setraw(line)
        self.opened = [self.master, self.slave, *self.lines]
        self.changed, self.answers, self.ended = threading.Condition(), 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        waiting = [b"", b""]
        while not self.ended:
            ready = select.select([self.master, *self.lines], [], [], 0.02)[0]
            if self.master in ready:
                request = os.read(self.master, 4096)
                for line in self.lines:
                    os.write(line, request)
            for index, line in enumerate(self.lines):
                if line in ready:
                    waiting[index] += os.read(line, 4096)
            self.pass_on(waiting)

    def pass_on(self, waiting):
        """What both have sent is on the wires at once."""
        if len(self.lines) == 1:
            both, waiting[0] = waiting[0], b""
        else:
            size = min(map(len, waiting))
            both = bytes(a & b for a, b in zip(*waiting))
            waiting[:] = [sent[size:] for sent in waiting]
        if both:
            os.write(self.master, both)
            with self.changed:
                self.answers += 1
                self.changed.notify_all()

    def wait_answers(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: self.answers >= count, 30):
                raise AssertionError(f"only {self.answers} answers on the bus")

    def leave_one(self):
        self.lines.pop()

    def stop(self):
        self.ended = True
        self.thread.join()
        for fd in self.opened:
            os.close(fd)


if __name__ == "__main__":
    tap.main()
