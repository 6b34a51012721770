#!/usr/bin/env python3
"""The panel daemon between a keeper and a controller that both misbehave on request."""
import os
import subprocess
import tempfile
import unittest

import tap
from fake_board import (EXPECT_ABSENCE, FITTED, ISOLATE, LAMP_DRILL, LAMP_FAULT, LAMP_INCIDENT, LAMP_RECORDED,
                       PERMIT, PROVE, VOID, FakeBoard)
from fake_panel_keeper import FakeKeeper
from paneld import Paneld, wait_until

DECLARE_PRESSED, ISOLATE_PRESSED, CUT_BUTTON, PROVEN = 2, 3, 8, 12
AGE_UNKNOWN = 0xFFFFFFFF


class PanelCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.board = FakeBoard(os.path.join(self.root, "board.pty"))
        self.addCleanup(lambda: self.board.plugged and self.board.unplug())
        self.keeper = FakeKeeper(self.root)
        self.addCleanup(self.keeper.stop)
        self.panel = Paneld(self.root, self.board.link)
        self.addCleanup(self.panel.stop)

    def start(self):
        self.keeper.start()
        self.panel.start()
        self.keeper.wait_state("controller present", lambda state: state["controller_present"])

    def lamp(self, bit):
        return self.board.lamps & bit != 0

    def wait_lamp(self, bit, on=True):
        wait_until(f"lamp {bit} {'on' if on else 'off'}", lambda: self.lamp(bit) == on)

    def wait_acknowledged(self, *numbers):
        wait_until(f"acknowledged {numbers}", lambda: self.board.acknowledged == list(numbers))


class Events(PanelCase):
    def test_hello_names_the_controller(self):
        self.start()
        self.keeper.wait("hello", lambda: (self.keeper.last("panel.hello") or {}).get("map") == 2)
        self.assertEqual(self.keeper.last("panel.hello"),
                         {"controller": "0123456789abcdef", "journal": "6a6f7572", "firmware": "0.1.0", "map": 2,
                          "protocol": 1})

    def test_events_arrive_in_order_with_their_words_and_are_acknowledged(self):
        self.start()
        self.board.events += [(7, ISOLATE_PRESSED, 0, 3, 20), (8, CUT_BUTTON, 2, 3800, 18), (9, PROVEN, 2, 9000, 9)]
        self.wait_acknowledged(7, 8, 9)
        events = self.keeper.events()
        self.assertEqual([(e["number"], e["kind"], e.get("uplink"), e["arg"]) for e in events],
                         [(7, "isolate_pressed", None, 3), (8, "cut_button", 2, 3800), (9, "proven", 2, 9000)])
        self.assertEqual({(e["controller"], e["journal"]) for e in events}, {("0123456789abcdef", "6a6f7572")})
        self.assertTrue(20 <= events[0]["age_ms"] < 5000)

    def test_an_age_that_is_unknown_is_not_told(self):
        self.start()
        self.board.events.append((1, DECLARE_PRESSED, 0, 0, AGE_UNKNOWN))
        self.assertNotIn("age_ms", self.keeper.wait_event("declare_pressed"))

    def test_recorded_lights_only_after_the_keeper_has_answered(self):
        self.keeper.records = None
        self.start()
        self.board.events.append((4, DECLARE_PRESSED, 0, 0, 0))
        self.keeper.wait_event("declare_pressed")
        exchanges = self.board.exchanges
        wait_until("some more polls", lambda: self.board.exchanges > exchanges + 5)
        self.assertEqual(self.board.acknowledged, [])
        self.assertFalse(self.lamp(LAMP_RECORDED))
        self.keeper.push("panel.lamps", incident=True, drill=False, fault=False)
        self.wait_lamp(LAMP_INCIDENT)
        self.assertFalse(self.lamp(LAMP_RECORDED))
        self.keeper.records = True            # and the unanswered request is repeated over a new connection
        self.wait_acknowledged(4)
        self.wait_lamp(LAMP_RECORDED)
        self.assertEqual({e["number"] for e in self.keeper.events()}, {4})

    def test_recorded_goes_out_while_the_next_press_waits(self):
        self.start()
        self.board.events.append((1, DECLARE_PRESSED, 0, 0, 0))
        self.wait_lamp(LAMP_RECORDED)
        self.keeper.records = None
        self.board.events.append((2, DECLARE_PRESSED, 0, 0, 0))
        self.wait_lamp(LAMP_RECORDED, on=False)

    def test_an_event_the_keeper_refuses_stays_in_the_controller_until_it_takes_it(self):
        self.keeper.records = False
        self.start()
        self.board.events.append((5, DECLARE_PRESSED, 0, 0, 0))
        self.keeper.wait("asked twice", lambda: len(self.keeper.events()) >= 2)
        self.assertEqual(self.board.acknowledged, [])
        self.keeper.records = True
        self.wait_acknowledged(5)

    def test_a_keeper_that_was_away_gets_the_event_later_with_its_age(self):
        self.panel.start()
        wait_until("polls", lambda: self.board.exchanges > 3)
        self.board.events.append((6, DECLARE_PRESSED, 0, 0, 60000))
        exchanges = self.board.exchanges
        wait_until("polls", lambda: self.board.exchanges > exchanges + 5)
        self.assertEqual(self.board.acknowledged, [])
        self.keeper.start()
        self.wait_acknowledged(6)
        self.assertGreaterEqual(self.keeper.wait_event("declare_pressed")["age_ms"], 60000)

    def test_a_keeper_that_dies_between_event_and_answer_gets_the_same_number_again(self):
        self.keeper.records = None
        self.start()
        self.board.events.append((9, DECLARE_PRESSED, 0, 0, 0))
        self.keeper.wait_event("declare_pressed")
        self.keeper.stop()
        self.keeper.records = True
        self.keeper.start()
        self.wait_acknowledged(9)
        self.assertEqual([e["number"] for e in self.keeper.events()], [9, 9])

    def test_a_daemon_that_was_killed_leaves_the_event_and_the_next_one_delivers_it(self):
        self.keeper.records = None
        self.start()
        self.board.events.append((3, ISOLATE_PRESSED, 0, 1, 0))
        self.keeper.wait_event("isolate_pressed")
        self.panel.kill()
        self.assertEqual(self.board.acknowledged, [])
        self.keeper.records = True
        self.panel.start()
        self.wait_acknowledged(3)

    def test_an_event_of_a_controller_that_started_anew_is_offered_again(self):
        self.keeper.records = None
        self.start()
        self.board.events.append((3, DECLARE_PRESSED, 0, 0, 0))
        self.keeper.wait_event("declare_pressed")
        self.keeper.records = True
        self.board.restart()
        self.wait_acknowledged(3)

    def test_a_board_provisioned_anew_tells_its_events_under_the_new_journal(self):
        self.keeper.records = None
        self.start()
        self.board.events.append((3, DECLARE_PRESSED, 0, 0, 0))
        self.keeper.wait_event("declare_pressed")
        self.keeper.records = True
        self.board.journal = 0xFEDC0001
        self.board.restart()
        self.wait_acknowledged(3)
        self.assertEqual(self.keeper.events()[-1]["journal"], "fedc0001")


class Orders(PanelCase):
    def test_isolate_is_carried_out_and_read_back(self):
        self.start()
        self.keeper.push("panel.isolate", command=11, uplinks=[1, 3])
        self.assertEqual(self.keeper.wait_done(11), {"command": 11, "ok": True, "detail": "done"})
        self.assertEqual([(code, mask) for code, mask, _, _ in self.board.commands], [(ISOLATE, 0b101)])
        self.keeper.wait_state("cut", lambda s: [u["state"] for u in s["uplinks"]] ==
                               ["cut", "connected", "cut", "connected"])
        first = self.keeper.last("panel.state")["uplinks"][0]
        self.assertEqual(first, {"uplink": 1, "state": "cut", "proof": "contact", "latched": True})

    def test_isolate_whose_coil_stays_on_is_not_called_done(self):
        self.board.sticks = True
        self.start()
        self.keeper.push("panel.isolate", command=12, uplinks=[2])
        self.assertEqual(self.keeper.wait_done(12), {"command": 12, "ok": False, "detail": "not_cut"})
        self.assertEqual(len(self.board.commands), 1)

    def test_coil_off_without_the_mirror_contact_is_no_proof(self):
        self.board.uplinks[0] = FITTED
        self.start()
        first = self.keeper.last("panel.state")["uplinks"][0]
        self.assertEqual((first["state"], first["proof"]), ("cutting", "none"))

    def test_permit_carries_latch_and_nonce_and_void_follows(self):
        self.start()
        self.keeper.push("panel.permit", command=1, uplinks=[4], latch=70000, nonce="89abcdef", seconds=300)
        self.assertTrue(self.keeper.wait_done(1)["ok"])
        self.keeper.push("panel.void", command=2)
        self.assertTrue(self.keeper.wait_done(2)["ok"])
        self.assertEqual(self.board.commands[0], (PERMIT, 0b1000, 0x89ABCDEF, 70000))
        self.assertEqual(self.board.commands[1][:2], (VOID, 0))

    def test_a_proof_test_and_an_absence_are_handed_on(self):
        self.start()
        self.keeper.push("panel.prove", command=1, uplinks=[1, 4])
        self.assertTrue(self.keeper.wait_done(1)["ok"])
        self.keeper.push("panel.absence", command=2, seconds=900)
        self.assertTrue(self.keeper.wait_done(2)["ok"])
        for number, seconds in enumerate((0, 901, -1, "9", None), 3):
            self.keeper.push("panel.absence", command=number, seconds=seconds)
            self.assertEqual(self.keeper.wait_done(number)["detail"], "bad_message")
        self.assertEqual([(code, mask, argument) for code, mask, _, argument in self.board.commands],
                         [(PROVE, 0b1001, 0), (EXPECT_ABSENCE, 0, 900)])

    def test_a_permit_whose_answer_is_lost_is_given_once(self):
        self.start()
        lost = []

        def lose(answer):
            if self.board.commands and len(lost) < 3:
                lost.append(answer)
                return []
            return [(0, answer)]
        self.board.behaviour = lose
        self.keeper.push("panel.permit", command=1, uplinks=[1], latch=7, nonce="89abcdef", seconds=300)
        self.assertTrue(self.keeper.wait_done(1)["ok"])
        self.assertEqual(len(lost), 3)
        self.assertEqual(self.board.commands, [(PERMIT, 1, 0x89ABCDEF, 7)])

    def test_an_order_that_cannot_be_read_is_refused_and_nothing_happens(self):
        self.start()
        bad = [{"uplinks": []}, {"uplinks": [5]}, {"uplinks": [0]}, {"uplinks": "1"}, {}]
        for number, params in enumerate(bad):
            self.keeper.push("panel.isolate", command=number, **params)
            self.assertEqual(self.keeper.wait_done(number), {"command": number, "ok": False, "detail": "bad_message"})
        good = {"uplinks": [1], "latch": 1, "nonce": "00000001", "seconds": 300}
        for number, wrong in enumerate([{"nonce": "1"}, {"seconds": 299}, {"latch": -1}, {"latch": 1 << 32}], 20):
            self.keeper.push("panel.permit", command=number, **{**good, **wrong})
            self.assertEqual(self.keeper.wait_done(number)["detail"], "bad_message")
        self.keeper.push("panel.reconnect", command=99, uplinks=[1])
        self.keeper.push("panel.isolate", command=30, uplinks=[1])
        self.assertTrue(self.keeper.wait_done(30)["ok"])
        self.assertEqual(len(self.board.commands), 1)

    def test_an_order_to_an_absent_controller_is_given_up_and_says_so(self):
        self.start()
        self.board.unplug()
        self.keeper.wait_state("absent", lambda state: "controller_absent" in state["faults"])
        self.keeper.push("panel.isolate", command=5, uplinks=[1])
        self.assertEqual(self.keeper.wait_done(5), {"command": 5, "ok": False, "detail": "controller_absent"})
        self.board.plug_in()
        self.keeper.wait_state("present", lambda state: state["controller_present"])
        self.assertEqual(self.board.commands, [])

    def test_lamps_follow_the_keeper(self):
        self.start()
        self.keeper.push("panel.lamps", incident=True, drill=True, fault=True)
        for lamp in (LAMP_INCIDENT, LAMP_DRILL, LAMP_FAULT):
            self.wait_lamp(lamp)
        self.keeper.push("panel.lamps", incident=True, drill="yes", fault=False)     # unreadable: nothing changes
        self.keeper.push("panel.lamps", incident=False, drill=True, fault=False)
        self.wait_lamp(LAMP_INCIDENT, on=False)
        self.assertTrue(self.lamp(LAMP_DRILL))


class Faults(PanelCase):
    def test_without_a_keeper_fault_lights_and_goes_out_again(self):
        self.start()
        self.assertFalse(self.lamp(LAMP_FAULT))
        self.keeper.stop()
        self.wait_lamp(LAMP_FAULT)
        self.keeper.start()
        self.wait_lamp(LAMP_FAULT, on=False)

    def test_a_keeper_that_hangs_lights_fault_while_the_heartbeat_goes_on(self):
        self.start()
        self.keeper.answers = False
        self.wait_lamp(LAMP_FAULT)
        self.assertLess(max(self.board.gaps[-20:]), 1.0)

    def test_a_flood_of_pushes_neither_stops_heartbeat_nor_events(self):
        self.start()
        for number in range(3000):
            try:
                self.keeper.push("panel.void", command=number)
            except OSError:           # the daemon hangs up on a keeper that pushes faster than it reads
                pass
        self.board.events.append((1, DECLARE_PRESSED, 0, 0, 0))
        self.wait_acknowledged(1)
        self.assertLess(max(self.board.gaps), 1.0)
        outcomes = {params["detail"] for method, params in self.keeper.requests if method == "panel.done"}
        self.assertLessEqual(outcomes, {"done", "busy"})

    def test_late_answers_are_never_taken_for_the_next_request(self):
        self.start()
        answers = []

        def late(answer):
            """Some come while they are waited out, some in the middle of a later exchange."""
            answers.append(answer)
            return [((0.07, 0.14, 0.19)[len(answers) // 3 % 3], answer)] if len(answers) % 3 == 0 else [(0, answer)]
        self.board.behaviour = late
        for number in range(1, 25):
            self.board.events.append((number, CUT_BUTTON, 1, 1000 + number, 5))
        wait_until("all acknowledged", lambda: self.board.acknowledged == list(range(1, 25)), 60)
        told = [(event["number"], event["arg"] - 1000) for event in self.keeper.events()]
        told = [pair for before, pair in zip([None] + told, told) if pair != before]    # the same again is allowed
        self.assertEqual(told, [(number, number) for number in range(1, 25)])

    def test_garbage_on_the_line_is_survived(self):
        self.start()
        count = [0]

        def damaged(answer):
            count[0] += 1
            broken = [bytes(answer[:-1]) + bytes([answer[-1] ^ 0x55]), answer[:9], os.urandom(40), b"",
                      bytes([2]) + answer[1:]]
            return [(0, broken[count[0] % 5])] if count[0] % 2 else [(0, answer)]
        self.board.behaviour = damaged
        self.board.events.append((1, DECLARE_PRESSED, 0, 0, 5))
        wait_until("acknowledged", lambda: self.board.acknowledged == [1], 30)

    def test_a_silent_controller_is_told_and_found_again(self):
        self.start()
        self.board.behaviour = lambda answer: []
        self.keeper.wait_state("absent", lambda state: state["faults"] == ["controller_absent"] and
                               {u["state"] for u in state["uplinks"]} == {"unknown"})
        self.board.behaviour = lambda answer: [(0, answer)]
        self.keeper.wait_state("present", lambda state: state["controller_present"])
        self.assertIn("fault: controller_absent", self.panel.said())
        self.assertIn("fault gone: controller_absent", self.panel.said())

    def test_an_unplugged_line_is_told_and_opened_again(self):
        self.start()
        self.board.unplug()
        self.keeper.wait_state("absent", lambda state: not state["controller_present"])
        self.board.plug_in()
        self.keeper.wait_state("present", lambda state: state["controller_present"])
        self.board.events.append((2, DECLARE_PRESSED, 0, 0, 5))
        self.wait_acknowledged(2)

    def test_a_controller_with_another_map_is_read_and_never_written_to(self):
        self.board.map = 3
        self.keeper.start()
        self.panel.start()
        self.keeper.wait_state("told", lambda state: "map_version" in state["faults"])
        self.keeper.push("panel.isolate", command=3, uplinks=[1])
        self.assertEqual(self.keeper.wait_done(3), {"command": 3, "ok": False, "detail": "map_version"})
        self.assertEqual(self.board.exchanges, 0)
        self.assertIn("register map", self.panel.said())

    def test_another_number_of_uplinks_than_configured_is_a_fault(self):
        self.panel = Paneld(self.root, self.board.link, uplinks=2)
        self.addCleanup(self.panel.stop)
        self.start()
        self.assertEqual(self.keeper.last("panel.state")["faults"], ["uplinks_differ"])
        self.wait_lamp(LAMP_FAULT)

    def test_a_daemon_started_again_keeps_the_lamps_until_the_keeper_speaks(self):
        self.board.lamps = LAMP_INCIDENT | LAMP_RECORDED
        self.panel.start()
        wait_until("polls", lambda: self.board.exchanges > 3)
        self.assertTrue(self.lamp(LAMP_INCIDENT) and self.lamp(LAMP_RECORDED))

    @unittest.skipIf("asan" in os.environ["KANNUKI_BUILD"], "the sanitizer brings its own allocator")
    def test_the_link_thread_allocates_nothing_through_all_its_troubles(self):
        self.panel.preload = os.path.join(os.environ["KANNUKI_BUILD"], "tests/no_thread_malloc.so")
        self.assertTrue(os.path.exists(self.panel.preload))
        self.start()
        for behaviour in (lambda answer: [(0, os.urandom(40))], lambda answer: []):
            self.board.behaviour = behaviour
            self.keeper.wait_state("absent", lambda state: not state["controller_present"])
            self.board.behaviour = lambda answer: [(0, answer)]
            self.keeper.wait_state("present", lambda state: state["controller_present"])
        self.board.unplug()
        self.keeper.wait_state("absent", lambda state: not state["controller_present"])
        self.board.plug_in()
        self.keeper.wait_state("present", lambda state: state["controller_present"])
        self.board.events.append((1, DECLARE_PRESSED, 0, 0, 5))
        self.keeper.push("panel.isolate", command=1, uplinks=[1])
        self.assertTrue(self.keeper.wait_done(1)["ok"])
        self.wait_acknowledged(1)
        self.assertEqual(self.panel.stop(), 0)
        self.assertNotIn("memory was allocated", self.panel.said())

    def test_sigterm_ends_it_cleanly_even_beside_a_hung_keeper(self):
        self.start()
        self.keeper.answers = False
        self.keeper.stop()
        self.assertEqual(self.panel.stop(), 0)


class Settings(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "panel.yaml")
            with open(path, "w", encoding="utf-8") as settings:
                settings.write(text)
            program = os.path.join(os.environ["KANNUKI_BIN"], "kannuki-paneld")
            done = subprocess.run([program, "--config", path, "--check-config"], capture_output=True, text=True,
                                  env=dict(os.environ, KANNUKI_LANG="en"), check=False, timeout=10)
            return done.returncode, (done.stdout + done.stderr).replace(path, "panel.yaml")

    def test_good_settings_are_correct(self):
        self.assertEqual(self.check("device: /dev/ttyAMA3\nuplinks: 4\nbaud: 19200\nparity: even\n"),
                         (0, "panel.yaml: correct\n"))

    def test_a_mistake_names_line_and_remedy(self):
        for text, line, word in (("device: /dev/x\nuplinks: 5\n", 2, "uplinks: 1 to 4"),
                                 ("device: /dev/x\nuplinks: 4\nbaud: 300\n", 3, "115200"),
                                 ("device: /dev/x\nuplinks: 4\ncolour: red\n", 3, "colour"),
                                 ("uplinks: 4\n", 1, "device")):
            status, said = self.check(text)
            self.assertEqual(status, 1, text)
            self.assertIn(f"panel.yaml:{line}: ", said)
            self.assertIn(word, said)


if __name__ == "__main__":
    tap.main()
