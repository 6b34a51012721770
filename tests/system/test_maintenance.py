#!/usr/bin/env python3
"""Maintenance of the panel, proof tests and announced absence: what the keeper makes of them."""
import signal

import tap
from housed import Housed
from keeperhouse import wait_until


class Maintenance(Housed):
    def setUp(self):
        super().setUp()
        self.number = 0

    def event(self, panel, kind, **params):
        self.number += 1
        return panel.event(self.number, kind, **{"age_ms": 0, **params})

    def begin(self, person, hours=2):
        return person.act("maintenance.begun", body={"hours": hours}, text="年次点検")

    def entry(self, seq):
        entries = self.person("kansa").ask("ledger.show", **{"from": seq, "count": 1})["entries"]
        return entries[0]["body"]

    def uplink(self, name):
        return {uplink["id"]: uplink for uplink in self.person("hanako").view("now")["uplinks"]}[name]

    def is_recorded(self, word):
        return self.person("kansa").ask("ledger.find", word=word)["entries"] != []

    # ---- maintenance

    def test_a_press_in_maintenance_cuts_is_recorded_as_such_and_opens_no_incident(self):
        panel, joho = self.panel(), self.person("joho")
        self.begin(joho)
        press = self.event(panel, "isolate_pressed", arg=1)
        cut = self.event(panel, "cut_button", uplink=1, arg=900)
        declare = self.event(panel, "declare_pressed")
        self.assertEqual({press["about"], cut["about"], declare["about"]}, {"-"})
        self.assertIs(self.entry(press["seq"])["maintenance"], True)
        now = joho.view("now")
        self.assertEqual(now["incidents"], [])
        self.assertEqual(now["press"]["press"], declare["seq"])
        self.assertEqual((now["next"][0]["act"], now["next"][0]["mine"]), ("maintenance.ended", True))
        self.assertIn("maintenance incident", now["next"][0]["label"])
        self.assertEqual(now["maintenance"]["by"], "見本次郎")
        self.assertEqual(self.uplink("internet")["state"], "cutting")

    def test_the_press_can_be_made_an_incident_once(self):
        panel, joho = self.panel(), self.person("joho")
        self.begin(joho)
        press = self.event(panel, "isolate_pressed", arg=1)["seq"]
        about = joho.act("incident.declared", body={"press": press}, text="本物だった")["about"]
        self.assertEqual(joho.view("incident", about=about)["presses"], [{"press": press, "user": None}])
        now = joho.view("now")
        self.assertIsNone(now["press"])
        self.assertNotIn("maintenance.ended", [step["act"] for step in now["next"]])
        self.refused("invalid", joho.act, "incident.declared", body={"press": press}, text="もう一度")
        self.refused("invalid", joho.act, "incident.declared", body={"press": press + 1}, text="押していない")

    def test_an_open_case_is_not_joined(self):
        panel, joho = self.panel(), self.person("joho")
        joho.act("incident.declared", text="別の事案")
        self.begin(joho)
        self.assertEqual(self.event(panel, "isolate_pressed", arg=1)["about"], "-")

    def test_after_the_end_a_press_opens_an_incident_again(self):
        panel, joho = self.panel(), self.person("joho")
        self.begin(joho)
        joho.act("maintenance.ended")
        self.assertRegex(self.event(panel, "isolate_pressed", arg=1)["about"], r"^20\d\d-001$")

    def test_a_press_from_before_maintenance_is_meant(self):
        panel, joho = self.panel(), self.person("joho")
        self.begin(joho)
        self.assertRegex(self.event(panel, "isolate_pressed", age_ms=3600000)["about"], r"^20\d\d-001$")

    def test_a_press_of_unknown_age_is_meant(self):
        panel, joho = self.panel(), self.person("joho")
        self.begin(joho)
        self.number += 1
        self.assertRegex(panel.event(self.number, "isolate_pressed")["about"], r"^20\d\d-001$")

    def test_the_lamp_is_lit_meanwhile(self):
        panel, joho = self.panel(), self.person("joho")
        self.assertFalse(panel.next_push("panel.lamps")["drill"])
        self.begin(joho)
        self.assertEqual(panel.next_push("panel.lamps"), {"incident": False, "drill": True, "fault": False, "maintenance": True})
        joho.act("maintenance.ended")
        self.assertFalse(panel.next_push("panel.lamps")["drill"])

    def test_it_goes_on_through_a_restart_of_the_keeper(self):
        self.begin(self.person("joho"))
        self.house.end(signal.SIGKILL)
        self.house.start()
        panel = self.panel()
        self.assertTrue(panel.next_push("panel.lamps")["drill"])
        self.assertEqual(self.event(panel, "isolate_pressed", arg=1)["about"], "-")

    def test_who_may_begin_for_how_long_and_why(self):
        joho = self.person("joho")
        self.refused("wrong_role", self.begin, self.person("hanako"))
        for hours in (0, 25):
            self.assertEqual(self.refused("invalid", self.begin, joho, hours)["why"], "hours")
        self.assertEqual(self.refused("invalid", joho.act, "maintenance.begun", body={"hours": 1})["why"], "reason")
        self.assertEqual(self.refused("wrong_state", joho.act, "maintenance.ended")["why"], "no_maintenance")
        self.begin(joho)
        self.assertEqual(self.refused("wrong_state", self.begin, joho)["why"], "in_maintenance")
        self.refused("invalid", joho.act, "maintenance.ended", body={"cause": "time"})

    def test_what_was_cut_in_maintenance_is_restored_by_two_people_without_a_case(self):
        panel, joho, somu = self.panel(), self.person("joho"), self.person("somu")
        proof = lambda name: {"proof": self.house.passwords[name]}
        wish = dict(body={"uplinks": ["internet"]}, text="点検")
        self.event(panel, "cut_button", uplink=1, arg=900)
        self.refused("not_found", joho.act, "restore.requested", **wish, **proof("joho"))
        self.begin(joho)
        request = joho.act("restore.requested", **wish, **proof("joho"))["seq"]
        self.assertEqual(joho.view("now")["maintenance"]["restore"]["request"], request)
        self.refused("wrong_role", joho.act, "restore.permitted", body={"request": request}, **proof("joho"))
        somu.act("restore.permitted", body={"request": request}, **proof("somu"))
        self.assertEqual(panel.next_push("panel.permit")["uplinks"], [1])
        self.assertEqual(self.event(panel, "restored", uplink=1)["about"], "-")
        self.assertEqual(self.uplink("internet")["state"], "connected")
        self.assertIsNone(joho.view("now")["maintenance"]["restore"])

    # ---- proof test

    def test_a_proof_test_is_recorded_then_pushed_and_its_result_shown(self):
        panel, joho = self.panel(), self.person("joho")
        self.begin(joho)
        ordered = joho.act("uplink.prove", body={"uplinks": ["internet", "lgwan"]})
        self.assertEqual(self.entry(ordered["seq"])["act"], "uplink.prove")
        self.assertEqual(panel.next_push("panel.prove")["uplinks"], [1, 2])
        self.assertEqual(self.uplink("internet")["test"]["state"], "asked")
        good = self.event(panel, "proof_good", uplink=1, arg=9300)
        bad = self.event(panel, "proof_bad", uplink=2, arg=1)
        self.assertEqual({**self.entry(good["seq"]), "age_ms": 0},
                         {"act": "uplink.tested", "result": "good", "uplink": "internet", "number": self.number - 1,
                          "coil_to_contact_us": 9300, "age_ms": 0})
        self.assertEqual(self.entry(bad["seq"])["why"], "open")
        test = self.uplink("internet")["test"]
        self.assertEqual((test["state"], test["coil_to_contact_us"], test["at"]), ("good", 9300, test["proven"]))
        self.assertGreater(test["due"], test["proven"])
        self.assertEqual(self.uplink("internet")["state"], "connected")
        test = self.uplink("lgwan")["test"]
        self.assertEqual((test["state"], test["why"], test["proven"]), ("bad", "open", None))

    def test_a_test_that_the_panel_refuses_is_recorded_as_refused(self):
        panel, joho = self.panel(), self.person("joho")
        self.begin(joho)
        joho.act("uplink.prove", body={"uplinks": ["internet"]})
        push = panel.next_push("panel.prove")
        panel.call("panel.done", command=push["command"], ok=False, detail="button_down")
        wait_until("the refusal", lambda: self.uplink("internet")["test"]["state"] == "refused")
        self.assertEqual(self.uplink("internet")["test"]["why"], "button_down")
        self.assertEqual(self.uplink("lgwan")["test"]["state"], "none")

    def test_a_proof_test_needs_maintenance_a_role_a_connected_uplink_and_a_panel(self):
        panel, joho = self.panel(), self.person("joho")
        wish = lambda person, *names: person.act("uplink.prove", body={"uplinks": list(names)})
        self.assertEqual(self.refused("wrong_state", wish, joho, "internet")["why"], "no_maintenance")
        self.begin(joho)
        self.refused("wrong_role", wish, self.person("hanako"), "internet")
        self.event(panel, "cut_button", uplink=1, arg=900)
        self.assertEqual(self.refused("wrong_state", wish, joho, "internet")["why"], "cut")
        panel.close()
        self.refused("panel_absent", wish, joho, "lgwan")
        self.assertFalse(self.is_recorded("uplink.prove"))
        self.assertTrue(self.is_recorded("maintenance.begun"))

    def test_the_uplink_that_is_due_longest_is_the_next_step(self):
        joho = self.person("joho")
        step = lambda: joho.view("now")["next"][0]
        self.assertEqual((step()["act"], step()["why"], step()["mine"]), ("maintenance.begun", "インターネット系", True))
        self.begin(joho)
        self.assertEqual(step()["act"], "uplink.prove")
        panel = self.panel()
        for uplink, name in enumerate(["LGWAN系", "個人番号系", "学校・公民館系"], 1):
            self.event(panel, "proof_good", uplink=uplink, arg=9000)
            self.assertEqual(step()["why"], name)
        self.event(panel, "proof_good", uplink=4, arg=9000)
        self.assertEqual(joho.view("now")["next"], [])

    # ---- announced absence

    def test_an_announced_absence_is_recorded_and_pushed(self):
        panel, joho = self.panel(), self.person("joho")
        announce = lambda person, seconds: person.act("absence.announced", body={"seconds": seconds}, text="更新")
        self.refused("wrong_role", announce, self.person("hanako"), 300)
        for seconds in (0, 901):
            self.assertEqual(self.refused("invalid", announce, joho, seconds)["why"], "seconds")
        receipt = announce(joho, 300)
        self.assertEqual(panel.next_push("panel.absence")["seconds"], 300)
        self.assertEqual(self.entry(receipt["seq"])["seconds"], 300)
        panel.close()
        self.refused("panel_absent", announce, joho, 300)


if __name__ == "__main__":
    tap.main()
