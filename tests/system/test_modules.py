#!/usr/bin/env python3
"""The panel daemon with relay modules from the shelf, over a serial line and over TCP, and what can go wrong there."""
import os
import tempfile
import time
import unittest

import tap
from fake_panel_keeper import FakeKeeper
from paneld import Paneld, wait_until
from relay_module import RelayModule

MAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../app/panel/maps")
ISOLATE, BUTTON_1, KEY, DECLARE, FEEDBACK_1, FEEDBACK_2 = 0, 1, 2, 3, 4, 5     # inputs as wired below
UPLINK_1, UPLINK_2, ALARM = 0, 1, 7
WIRED = """outputs: {uplinks: [1, 2], alarm: 8}
inputs: {isolate: 1, uplinks: [2], key: 3, declare: 4, feedback: [5, 6]}
"""


class ModuleCase(unittest.TestCase):
    wiring, map = WIRED, "waveshare-relay-8d.yaml"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.module = RelayModule()
        self.module.mirrors = {FEEDBACK_1: UPLINK_1, FEEDBACK_2: UPLINK_2}
        self.module.relays[UPLINK_1] = True       # as a daemon that was killed has left it
        line = self.connect()
        self.addCleanup(self.module.stop)
        self.keeper = FakeKeeper(self.root)
        self.addCleanup(self.keeper.stop)
        self.panel = Paneld(self.root, None, settings=f"driver: modbus\nuplinks: 2\n{line}"
                            f"relay_module: {{map: {os.path.join(MAPS, self.map)}, slave: 1}}\n{self.wiring}")
        self.addCleanup(self.panel.stop)

    def connect(self):
        self.module.on_serial(os.path.join(self.root, "line"))
        return f"device: {self.root}/line\nbaud: 115200\n"

    def start(self, connected=(1, 2)):
        self.keeper.connected = list(connected)
        self.keeper.start()
        self.panel.start()
        self.keeper.wait_state("present", lambda state: state["controller_present"])
        self.wait_relays(*[uplink in connected for uplink in (1, 2)])

    def wait_relays(self, *on):
        wait_until(f"relays {on}", lambda: self.module.relays[:len(on)] == list(on))

    def states(self, state):
        return [uplink["state"] for uplink in state["uplinks"]]

    def wait_states(self, *states):
        self.keeper.wait_state(f"states {states}", lambda state: self.states(state) == list(states))

    def press(self, index, seconds=None):
        """Until it has been asked a few times, or for so long."""
        asked, until = self.module.asked, time.monotonic() + (seconds or 0)
        self.module.press(index)
        wait_until("some looks", lambda: self.module.asked > asked + 8 and time.monotonic() >= until)
        self.module.press(index, False)

    def turn_key(self, done):
        """Until it has counted: on a busy machine a turn may take longer than a hand's."""
        end = time.monotonic() + 60
        while not done():
            self.assertLess(time.monotonic(), end, "no turn of the key has counted")
            self.press(KEY, seconds=0.5)
            self.wait_looks()

    def wait_looks(self, count=12):
        asked = self.module.asked
        wait_until("some looks", lambda: self.module.asked > asked + count)

    def permit(self, command, uplinks):
        self.keeper.push("panel.permit", command=command, uplinks=uplinks, latch=self.keeper.last("panel.state")["latch"],
                         nonce="0123abcd", seconds=300)
        return self.keeper.wait_done(command)


class Start(ModuleCase):
    def test_everything_is_cut_until_the_keeper_has_spoken(self):
        self.panel.start()
        self.wait_relays(False, False)
        self.wait_looks()
        self.assertEqual([w for w in self.module.writes if w[1]], [])
        self.keeper.connected = [1, 2]
        self.keeper.start()
        self.wait_relays(True, True)
        self.wait_states("connected", "connected")

    def test_a_keeper_that_does_not_say_what_was_connected_connects_nothing(self):
        self.keeper.connected = None
        self.keeper.start()
        self.panel.start()
        self.keeper.wait("hello", lambda: self.keeper.last("panel.hello") is not None)
        self.wait_looks()
        self.assertEqual([w for w in self.module.writes if w[1]], [])
        wait_until("why", lambda: "everything stays cut" in self.panel.said())

    def test_only_what_the_record_says_is_connected(self):
        self.start(connected=[2])
        self.wait_states("cut", "connected")
        self.assertTrue(self.keeper.last("panel.state")["uplinks"][0]["latched"])
        self.assertEqual(self.keeper.wait_event("cut_at_start")["uplink"], 1)

    def test_the_daemon_that_ends_leaves_everything_cut(self):
        self.start()
        self.assertEqual(self.panel.stop(), 0)
        self.assertEqual(self.module.relays, [False] * 8)


class Cutting(ModuleCase):
    def test_the_red_button_cuts_all_and_the_contacts_prove_it(self):
        self.start()
        self.press(ISOLATE)
        self.wait_relays(False, False)
        self.wait_states("cut", "cut")
        self.assertEqual({u["proof"] for u in self.keeper.last("panel.state")["uplinks"]}, {"contact"})
        for kind in ("isolate_pressed", "cut_button", "proven"):
            self.keeper.wait_event(kind)
        self.assertGreater(next(e for e in self.keeper.events() if e["kind"] == "cut_button")["arg"], 0)
        wait_until("alarm", lambda: self.module.relays[ALARM])

    def test_an_uplinks_own_button_cuts_it_alone(self):
        self.start()
        self.press(BUTTON_1)
        self.wait_states("cut", "connected")
        self.assertTrue(self.module.relays[UPLINK_2])

    def test_a_command_cuts(self):
        self.start()
        self.keeper.push("panel.isolate", command=3, uplinks=[2])
        self.assertEqual(self.keeper.wait_done(3), {"command": 3, "ok": True, "detail": "done"})
        self.assertFalse(self.module.relays[UPLINK_2])
        self.wait_states("connected", "cut")
        self.assertGreater(self.keeper.wait_event("cut_command")["arg"], 0)

    def test_declaring_cuts_nothing(self):
        self.start()
        self.press(DECLARE)
        self.keeper.wait_event("declare_pressed")
        self.assertEqual(self.module.relays[:2], [True, True])

    def test_a_welded_relay_is_reported_and_not_restored(self):
        self.start()
        self.module.welded.add(UPLINK_1)
        self.press(ISOLATE)
        self.keeper.wait_event("unproven")
        self.wait_states("broken", "cut")
        self.assertIn("mirror", self.keeper.last("panel.state")["faults"])
        self.assertEqual(self.permit(4, [1])["detail"], "mirror_fault")

    def test_what_was_cut_stays_cut_when_the_daemon_was_killed_before_the_record(self):
        self.start()
        self.keeper.records = None
        self.press(ISOLATE)
        self.wait_relays(False, False)
        self.panel.kill()
        self.keeper.records = True
        self.panel.start()                       # the record still says that both are connected
        self.wait_states("cut", "cut")
        self.assertEqual(self.keeper.wait_event("isolate_pressed")["kind"], "isolate_pressed")
        self.assertEqual(self.module.relays[:2], [False, False])


class Restoring(ModuleCase):
    def cut(self):
        self.start()
        self.press(ISOLATE)
        self.wait_states("cut", "cut")

    def test_permit_then_key_connects_only_what_was_named(self):
        self.cut()
        self.assertEqual(self.permit(5, [1])["detail"], "done")
        self.turn_key(lambda: self.module.relays[0])
        self.keeper.wait_event("restored")
        self.wait_states("connected", "cut")

    def test_the_key_alone_does_nothing(self):
        self.cut()
        self.press(KEY, seconds=0.5)
        self.keeper.wait_event("key_off")
        self.assertEqual(self.module.relays[:2], [False, False])

    def test_a_key_that_was_on_before_the_permit_must_be_seen_off_first(self):
        self.cut()
        self.module.press(KEY)
        self.keeper.wait_event("key_on")
        self.assertEqual(self.permit(5, [1])["detail"], "done")
        self.wait_looks(40)
        self.module.press(KEY, False)
        self.keeper.wait_event("key_off")
        self.wait_looks()
        self.assertEqual(self.module.relays[:2], [False, False])
        self.turn_key(lambda: self.module.relays[0])
        self.wait_relays(True, False)

    def test_a_key_held_too_long_does_not_count(self):
        self.cut()
        self.assertEqual(self.permit(5, [1])["detail"], "done")
        self.press(KEY, seconds=3.3)
        self.keeper.wait_event("key_off")
        self.wait_looks()
        self.assertEqual(self.module.relays[:2], [False, False])

    def test_a_newer_press_voids_the_permit(self):
        self.cut()
        self.assertEqual(self.permit(5, [1])["detail"], "done")
        self.press(ISOLATE)
        self.keeper.wait_event("permit_voided_trip")
        self.press(KEY, seconds=0.5)
        self.keeper.wait_event("key_off")
        self.assertEqual(self.module.relays[:2], [False, False])

    def test_a_permit_for_an_older_trip_is_refused(self):
        self.cut()
        old = self.keeper.last("panel.state")["latch"]
        self.press(ISOLATE)
        self.keeper.wait_state("a newer trip", lambda state: state["latch"] > old)
        self.keeper.push("panel.permit", command=6, uplinks=[1], latch=old, nonce="0123abcd", seconds=300)
        self.assertEqual(self.keeper.wait_done(6)["detail"], "wrong_latch")

    def test_a_restart_voids_the_permit(self):
        self.cut()
        self.assertEqual(self.permit(5, [1])["detail"], "done")
        self.panel.kill()
        self.keeper.connected = []
        self.panel.start()
        self.keeper.wait("it starts again", lambda: sum(e["kind"] == "started" for e in self.keeper.events()) == 2)
        self.wait_states("cut", "cut")
        self.press(KEY, seconds=0.5)
        self.wait_looks()
        self.assertEqual(self.module.relays[:2], [False, False])

    def test_a_contact_that_does_not_open_ends_the_restore(self):
        self.cut()
        self.module.mirrors = {}
        self.module.press(FEEDBACK_1)            # stays closed
        self.module.press(FEEDBACK_2)
        self.assertEqual(self.permit(5, [1])["detail"], "done")
        self.turn_key(lambda: any(event["kind"] == "restore_failed" for event in self.keeper.events()))
        self.wait_relays(False, False)


class WithoutContacts(ModuleCase):
    wiring, map = "outputs: {uplinks: [1, 2]}\n", "waveshare-relay-8.yaml"

    def test_a_cut_stays_commanded_and_not_proven(self):
        self.start()
        self.assertEqual([u["proof"] for u in self.keeper.last("panel.state")["uplinks"]], ["missing"] * 2)
        self.keeper.push("panel.isolate", command=3, uplinks=[1])
        self.assertTrue(self.keeper.wait_done(3)["ok"])
        self.wait_states("cutting", "connected")
        self.wait_looks(30)
        self.assertEqual(self.states(self.keeper.last("panel.state")), ["cutting", "connected"])
        self.assertEqual(self.keeper.last("panel.state")["faults"], [])
        self.assertFalse(any(e["kind"] in ("proven", "unproven") for e in self.keeper.events()))
        self.assertEqual(self.permit(4, [1])["detail"], "mirror_fault")


class Unproven(ModuleCase):
    wiring = "outputs: {uplinks: [1, 2]}\ninputs: {isolate: 1, key: 3}\nrestore_unproven: [1]\n"

    def test_only_what_is_named_is_connected_again_and_each_event_says_that_nothing_proved_it(self):
        self.start()
        self.press(ISOLATE)
        self.wait_states("cutting", "cutting")
        self.assertEqual(self.permit(4, [1, 2])["detail"], "mirror_fault")
        self.assertEqual(self.permit(5, [2])["detail"], "mirror_fault")
        self.assertEqual(self.permit(6, [1])["detail"], "done")
        self.turn_key(lambda: self.module.relays[0])
        restored = self.keeper.wait_event("restored")
        self.assertEqual((restored["uplink"], restored["unproven"]), (1, True))
        self.wait_relays(True, False)
        self.wait_states("connected", "cutting")
        self.assertEqual([u["proof"] for u in self.keeper.last("panel.state")["uplinks"]], ["none", "missing"])

    def test_without_the_key_nothing_is_connected(self):
        self.start()
        self.press(ISOLATE)
        self.wait_states("cutting", "cutting")
        self.assertEqual(self.permit(4, [1])["detail"], "done")
        self.wait_looks()
        self.wait_relays(False, False)


class Faults(ModuleCase):
    def test_a_module_that_is_gone_and_comes_back(self):
        self.start()
        self.module.is_powered = False
        self.keeper.wait_state("absent", lambda state: "controller_absent" in state["faults"])
        self.assertIn("check the module's power", self.panel.said())
        self.module.power_cycle()
        self.module.is_powered = True
        self.keeper.wait_state("present", lambda state: state["controller_present"])
        self.wait_relays(True, True)
        self.wait_states("connected", "connected")

    def test_a_cut_that_was_ordered_while_the_module_was_away_is_carried_out_when_it_is_back(self):
        self.start()
        self.module.is_powered = False
        self.keeper.push("panel.isolate", command=9, uplinks=[1, 2])
        self.assertFalse(self.keeper.wait_done(9)["ok"])
        self.module.is_powered = True
        self.wait_relays(False, False)
        self.wait_states("cut", "cut")

    def test_a_relay_that_another_master_switched_is_put_back(self):
        self.start()
        self.press(ISOLATE)
        self.wait_states("cut", "cut")
        with self.module.lock:
            self.module.relays[UPLINK_1] = True
        self.wait_relays(False, False)

    def test_late_answers_are_not_taken_for_the_next_ones(self):
        self.start()
        normal, late = self.module.behaviour, [3]

        def once_late(answer):
            late[0] -= 1
            return [(0.3, answer)] if late[0] >= 0 else normal(answer)
        self.module.behaviour = once_late
        self.press(ISOLATE)
        self.wait_relays(False, False)
        self.wait_states("cut", "cut")

    def test_garbage_is_asked_again_and_connects_nothing(self):
        self.start(connected=[])
        rotten = [6]

        def garbage(answer):
            rotten[0] -= 1
            return [(0, bytes(b ^ 0x5A for b in answer))] if rotten[0] >= 0 else [(0, answer)]
        self.module.behaviour = garbage
        self.wait_looks(30)
        self.keeper.wait_state("present", lambda state: state["controller_present"])
        self.assertEqual(self.module.relays[:2], [False, False])

    def test_a_module_that_does_not_fit_the_map_is_named(self):
        self.module.refuses = {2}
        self.keeper.start()
        self.panel.start()
        wait_until("why", lambda: "refused the request (exception 1)" in self.panel.said())
        self.keeper.wait_state("absent", lambda state: "controller_absent" in state["faults"])
        self.assertEqual(self.module.relays[:2], [False, False])

    def test_a_killed_daemon_leaves_it_to_the_module_and_the_next_one_starts_cut(self):
        self.start()
        self.module.when_lost = (0.5, False)
        self.panel.kill()
        self.wait_relays(False, False)
        self.module.when_lost = None
        self.module.writes.clear()
        self.panel.start()
        self.wait_relays(True, True)
        self.assertFalse(self.module.writes[0][1])

    def test_a_hanging_daemon_does_not_connect_what_the_module_has_cut(self):
        self.start()
        self.press(ISOLATE)
        self.wait_states("cut", "cut")
        self.panel.kill()
        self.keeper.connected = []
        self.panel.start()
        self.wait_states("cut", "cut")
        self.wait_looks()
        self.assertEqual(self.module.relays[:2], [False, False])


class OverTcp(ModuleCase):
    def connect(self):
        self.module.on_tcp()
        return f"address: 127.0.0.1\nport: {self.module.port}\n"

    def test_it_cuts_and_restores_as_over_a_serial_line(self):
        self.start()
        self.press(ISOLATE)
        self.wait_states("cut", "cut")
        self.assertEqual(self.permit(5, [1, 2])["detail"], "done")
        self.turn_key(lambda: self.module.relays[0])
        self.wait_states("connected", "connected")

    def test_a_broken_connection_is_made_again_without_cutting(self):
        self.start()
        self.module.writes.clear()
        port = self.module.port
        self.module.stop()
        self.keeper.wait_state("absent", lambda state: "controller_absent" in state["faults"])
        self.module.on_tcp(port)
        self.keeper.wait_state("present", lambda state: state["controller_present"])
        self.assertEqual(self.module.relays[:2], [True, True])
        self.assertNotIn((UPLINK_1, False), self.module.writes)

    def test_a_module_that_hangs_with_the_connection_open_is_named_and_taken_again(self):
        self.start()
        self.module.is_powered = False
        self.keeper.wait_state("absent", lambda state: "controller_absent" in state["faults"])
        self.module.is_powered = True
        self.keeper.wait_state("present", lambda state: state["controller_present"])


if __name__ == "__main__":
    tap.main()
