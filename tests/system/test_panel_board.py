#!/usr/bin/env python3
"""The panel daemon on the simulated board with the real firmware: from the button to the keeper and back."""
import tempfile
import unittest

import tap
from fake_panel_keeper import FakeKeeper
from paneld import Paneld
from simboard import Simboard


class Board(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.board = Simboard(folder.name).start()
        self.addCleanup(self.board.stop)
        self.keeper = FakeKeeper(folder.name).start()
        self.addCleanup(self.keeper.stop)
        self.panel = Paneld(folder.name, self.board.device)
        self.addCleanup(self.panel.stop)
        self.panel.start()
        self.wait_present()
        self.wait_connected()
        self.settle()

    def wait_present(self):
        self.keeper.wait_state("controller present", lambda state: state["controller_present"], 20)

    def wait_connected(self):
        self.board.wait("all connected", lambda state: all(u["connected"] for u in state["uplinks"]))

    def settle(self):
        """Until the events of the start are recorded, so that a test sees only its own."""
        def is_over():
            kinds = [e["kind"] for e in self.keeper.events()]
            return kinds.count("reconnected_at_start") == 4 and "self_test" in kinds
        self.keeper.wait("events of the start", is_over, 20)
        self.seen = len(self.keeper.events())

    def events(self):
        """Since settle(), each number once, in order of arrival."""
        found = {}
        for event in self.keeper.events()[self.seen:]:
            found.setdefault(event["number"], event)
        return list(found.values())

    def kinds(self):
        return [event["kind"] for event in self.events()]

    def wait_kinds(self, *kinds):
        self.keeper.wait(f"events {kinds}", lambda: set(kinds) <= set(self.kinds()), 20)

    def test_declare_is_recorded_and_cuts_nothing(self):
        self.assertFalse(self.board.lamp("recorded"))
        self.board.ask("press declare")
        self.board.wait("RECORDED", lambda state: state["lamps"]["recorded"])
        self.assertEqual(self.kinds(), ["declare_pressed"])
        self.assertTrue(all(u["connected"] for u in self.board.state()["uplinks"]))

    def test_isolate_cuts_and_the_proof_follows_in_order(self):
        self.board.ask("press isolate")
        self.keeper.wait("four proofs", lambda: self.kinds().count("proven") == 4, 20)
        events = self.events()
        self.assertEqual(events[0]["kind"], "isolate_pressed")
        self.assertEqual(sorted(e["number"] for e in events), [e["number"] for e in events])
        cuts = {e["uplink"]: e["arg"] for e in events if e["kind"] == "cut_button"}
        self.assertEqual(set(cuts), {1, 2, 3, 4})
        self.assertTrue(all(0 < us <= 5000 for us in cuts.values()), cuts)
        self.assertFalse(any(u["connected"] for u in self.board.state()["uplinks"]))
        self.keeper.wait_state("cut by proof", lambda state: [(u["state"], u["proof"], u["latched"])
                                                              for u in state["uplinks"]] ==
                               [("cut", "contact", True)] * 4)
        self.board.wait("RECORDED", lambda state: state["lamps"]["recorded"])

    def test_recorded_stays_dark_until_the_keeper_has_recorded(self):
        self.keeper.records = False
        self.board.ask("press declare")
        self.wait_kinds("declare_pressed")
        self.keeper.wait("asked again", lambda: len(self.keeper.events()) >= self.seen + 2)
        self.assertFalse(self.board.lamp("recorded"))
        self.keeper.records = True
        self.board.wait("RECORDED", lambda state: state["lamps"]["recorded"])

    def test_with_the_daemon_dead_the_relay_falls_and_the_event_comes_later_with_its_age(self):
        self.panel.kill()
        pressed_us = self.board.state()["time_us"]
        self.board.ask("press isolate")
        self.board.wait("cut", lambda state: not any(u["connected"] for u in state["uplinks"]))
        drops = [n["t_us"] for n in self.board.notes() if n["what"] == "coil" and not n["on"] and
                 n["t_us"] >= pressed_us]
        edge = next(n["t_us"] for n in self.board.notes() if n["what"] == "isolate" and n["on"])
        self.assertLessEqual(max(drops) - edge, 5000)
        self.board.wait("host lost", lambda state: state["lamps"]["fault"])     # two seconds later
        self.assertEqual(self.kinds(), [])
        self.panel.start()
        self.wait_kinds("isolate_pressed", "proven")
        self.assertGreaterEqual(self.events()[0]["age_ms"], 1900)
        self.board.wait("RECORDED", lambda state: state["lamps"]["recorded"])

    def test_with_the_keeper_away_the_press_is_kept_and_delivered_later(self):
        self.keeper.stop()
        self.board.ask("press declare")
        self.board.wait("FAULT", lambda state: state["lamps"]["fault"])
        self.assertFalse(self.board.lamp("recorded"))
        self.keeper.start()
        self.board.wait("RECORDED", lambda state: state["lamps"]["recorded"])
        self.assertEqual(self.kinds(), ["declare_pressed"])
        self.assertGreaterEqual(self.events()[0]["age_ms"], 1000)

    def test_a_command_cuts_only_what_it_names(self):
        self.keeper.push("panel.isolate", command=1, uplinks=[2])
        self.assertEqual(self.keeper.wait_done(1), {"command": 1, "ok": True, "detail": "done"})
        self.wait_kinds("cut_command", "proven")
        self.assertEqual([u["connected"] for u in self.board.state()["uplinks"]], [True, False, True, True])

    def test_permit_and_key_restore_and_a_permit_for_an_older_trip_is_refused(self):
        self.keeper.push("panel.isolate", command=1, uplinks=[1])
        self.wait_kinds("proven")
        self.keeper.wait_state("cut", lambda state: state["uplinks"][0]["state"] == "cut")
        latch = self.keeper.last("panel.state")["latch"]
        self.keeper.push("panel.permit", command=2, uplinks=[1], latch=latch - 1, nonce="0badcafe", seconds=300)
        self.assertEqual(self.keeper.wait_done(2), {"command": 2, "ok": False, "detail": "wrong_latch"})
        self.keeper.push("panel.permit", command=3, uplinks=[1], latch=latch, nonce="1badcafe", seconds=300)
        self.assertTrue(self.keeper.wait_done(3)["ok"])
        self.wait_kinds("permit_given")
        self.board.ask("key turn")
        self.wait_kinds("restored")
        self.assertEqual(next(e for e in self.events() if e["kind"] == "restored")["arg"], 0x1BADCAFE)
        self.wait_connected()

    def test_void_takes_the_permit_away(self):
        self.keeper.push("panel.isolate", command=1, uplinks=[1])
        self.wait_kinds("proven")
        self.keeper.wait_state("cut", lambda state: state["uplinks"][0]["state"] == "cut")
        latch = self.keeper.last("panel.state")["latch"]
        self.keeper.push("panel.permit", command=2, uplinks=[1], latch=latch, nonce="00000007", seconds=300)
        self.keeper.push("panel.void", command=3)
        self.assertTrue(self.keeper.wait_done(3)["ok"])
        self.board.ask("key turn")
        self.wait_kinds("permit_voided_command", "key_off")
        self.assertFalse(self.board.state()["uplinks"][0]["connected"])

    def test_without_power_the_controller_is_absent_and_the_trip_survives(self):
        self.board.ask("press isolate")
        self.keeper.wait("four proofs", lambda: self.kinds().count("proven") == 4, 20)
        self.keeper.wait_state("cut", lambda state: {u["state"] for u in state["uplinks"]} == {"cut"})
        self.board.ask("power off")
        self.keeper.wait_state("absent", lambda state: "controller_absent" in state["faults"])
        self.board.ask("power on")
        self.wait_present()
        self.keeper.wait_state("still cut", lambda state: {u["state"] for u in state["uplinks"]} == {"cut"})
        self.keeper.wait("a second start", lambda: self.kinds().count("started") == 1, 20)

    def test_a_press_before_a_power_loss_is_delivered_without_an_age(self):
        self.keeper.records = None
        self.board.ask("press declare")
        self.wait_kinds("declare_pressed")
        number = self.events()[0]["number"]
        # The EEPROM takes 3.4 ms a byte, and still has the start's events to write.
        pressed_us = self.board.state()["time_us"]
        self.board.wait("written", lambda state: state["time_us"] > pressed_us + 2000000)
        self.board.ask("power off")
        self.keeper.wait_state("absent", lambda state: "controller_absent" in state["faults"])
        before = len(self.keeper.events())
        self.keeper.records = True
        self.board.ask("power on")
        self.board.wait("RECORDED", lambda state: state["lamps"]["recorded"])
        again = [e for e in self.keeper.events()[before:] if e["number"] == number]
        self.assertTrue(again)
        self.assertEqual(again[0]["kind"], "declare_pressed")
        self.assertNotIn("age_ms", again[-1])

    def test_a_controller_that_hangs_is_found_again_after_its_watchdog(self):
        self.board.ask("hang")
        self.wait_kinds("started")
        self.wait_present()
        self.board.ask("press declare")
        self.board.wait("RECORDED", lambda state: state["lamps"]["recorded"])

    def test_a_welded_relay_is_told_as_unproven(self):
        self.board.ask("weld 3 on")
        self.board.ask("press isolate")
        self.wait_kinds("unproven")
        self.assertEqual(next(e for e in self.events() if e["kind"] == "unproven")["uplink"], 3)
        self.keeper.wait_state("broken", lambda state: state["uplinks"][2]["state"] == "broken" and
                               "mirror" in state["faults"])


if __name__ == "__main__":
    tap.main()
