#!/usr/bin/env python3
"""What a captured program can do and what it cannot, tried from inside it: with its socket and its system user. Each
test stands for a row of docs/threats.md."""
import contextlib
import json
import re
import secrets
import signal
import subprocess

import tap
from housed import Housed
from keeperhouse import SOURCE, Panel, Peer, Refused, wait_until

PANEL_METHODS = {"panel.hello", "panel.event", "panel.state", "panel.witness", "panel.done", "panel.key"}
NOBODY = 65534


class Captured(Housed):
    def is_refused(self, socket, method, **params):
        """Over a fresh connection: what is not for this socket is answered so, or ends the connection."""
        with contextlib.closing(Peer(self.house, socket)) as peer:
            try:
                peer.call(method, **params)
            except (Refused, ConnectionError):
                return True
        return False

    def methods(self):
        reference = (SOURCE / "docs/formats/ipc.md").read_text(encoding="utf-8")
        return re.findall(r"(?m)^\| `([a-z.]+)` \| ([a-z, ]+) \|", reference)

    def acts_of_log(self, act):
        with self.house.login("kansa") as auditor:
            entries = auditor.ask("ledger.find", word=act)["entries"]
        return [entry for entry in entries if entry["act"] == act]


class FrontEnd(Captured):
    """A console, a web server or a script that somebody has taken over."""

    def test_it_cannot_speak_as_the_panel(self):
        for socket in ("console", "web", "cli"):
            for method in PANEL_METHODS:
                self.assertTrue(self.is_refused(socket, method, controller="0" * 16, journal="0" * 8, number=1,
                                                kind="isolate_pressed", firmware="1", map=2), (socket, method))
        self.assertEqual(self.acts_of_log("panel.pressed"), [])

    def test_it_does_nothing_without_somebody_who_logged_in(self):
        names = [name for name, peers in self.methods() if "console" in peers]
        self.assertGreater(len(names), 15)
        for name in names:
            if name not in ("hello", "login"):
                self.assertTrue(self.is_refused("console", name), name)
                self.assertTrue(self.is_refused("console", name, session=secrets.token_hex(16)), name)

    def test_it_cannot_use_a_session_of_another_program(self):
        token = self.person("joho", "console").session
        for kind in ("web", "cli"):
            with self.assertRaises(Refused) as caught:
                self.peer(kind).call("view", session=token, what="now")
            self.assertEqual(caught.exception.code, "login_required")

    def test_it_cannot_choose_who_when_or_how(self):
        person = self.person("hanako", "web")
        for forged in ({"who": "u5"}, {"via": "panel"}, {"at": "2020-01-01T00:00:00.000Z"}, {"seq": 1}):
            with contextlib.suppress(ConnectionError):
                with self.assertRaises(Refused):
                    person.act("incident.declared", text="偽り", **forged)
        person = self.person("hanako", "web")
        seq = person.act("incident.declared", text="画面が乗っ取られていても")["seq"]
        with self.house.login("kansa") as auditor:
            entry = auditor.ask("ledger.show", count=1, **{"from": seq})["entries"][0]
        self.assertEqual((entry["name"], entry["via"]), ("見本花子", "web"))

    def test_it_cannot_connect_an_uplink_by_itself(self):
        """The password of one person, and the panel's readiness, are not enough."""
        panel = self.panel()
        somu = self.person("somu", "web")
        panel.event(1, "isolate_pressed")
        panel.event(2, "cut_button", uplink=1, arg=900)
        about = somu.view("incidents")["incidents"][0]["about"]
        proof = self.house.passwords["somu"]
        request = somu.act("restore.requested", about=about, body={"uplinks": ["internet"]}, proof=proof)["seq"]
        with self.assertRaises(Refused):
            somu.act("restore.permitted", about=about, body={"request": request}, proof=proof)
        self.assertEqual([push for push in panel.pushes if push["push"] == "panel.permit"], [])

    def test_it_can_act_as_whoever_is_logged_in_through_it_and_that_is_recorded(self):
        person = self.person("hanako", "web")
        seq = person.act("incident.declared", text="乗っ取った者が書いた")["seq"]
        with self.house.login("kansa") as auditor:
            entry = auditor.ask("ledger.show", count=1, **{"from": seq})["entries"][0]
        self.assertEqual((entry["who"], entry["via"]), ("u1", "web"))

    def test_it_cannot_write_outside_the_folder_of_exports(self):
        auditor = self.person("kansa", "web")
        for name in ("../../../etc/x", "/etc/x", "..", "a/b", ".x/../../y"):
            with self.assertRaises((Refused, ConnectionError)):
                auditor.ask("ledger.export", name=name)
            auditor = self.person("kansa", "web")
        for file in ("../secrets.db", "/etc/shadow", "../ledger/keys/identity"):
            joho = self.person("joho", "web")
            with self.assertRaises((Refused, ConnectionError)):
                joho.ask("ledger.witness.accept", file=file)

    def test_its_user_cannot_read_what_the_keeper_keeps(self):
        root = self.house.root / "var/lib/kannuki"
        files = [path for path in root.rglob("*") if path.is_file()]
        self.assertGreater(len(files), 3)
        # As another user; the folders on the way are opened for the trial, as they are on the box.
        for folder in (self.house.root, *self.house.root.rglob("*")):
            if folder.is_dir() and root not in (folder, *folder.parents):
                folder.chmod(0o755)
        probe = "import os, sys\nbad = []\nfor path in sys.argv[1:]:\n    try: os.close(os.open(path, os.O_RDONLY)); bad.append(path)\n    except PermissionError: pass\nprint(len(bad), *bad)"
        done = subprocess.run(["/usr/bin/python3", "-c", probe, *map(str, files)], user=NOBODY, group=NOBODY, extra_groups=[],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.stdout.strip(), "0", done.stdout + done.stderr)


class PanelDaemon(Captured):
    """The daemon that speaks with buttons and relays."""

    def test_it_learns_nothing_of_cases_or_people(self):
        self.person("hanako").act("incident.declared", text="住民の名簿")
        for name, peers in self.methods():
            if "panel" not in peers.split(", "):
                self.assertTrue(self.is_refused("panel", name), name)
        panel = self.panel()
        said = json.dumps([panel.pushes, panel.answers], ensure_ascii=False)
        for word in ("名簿", "見本", "hanako"):
            self.assertNotIn(word, said)

    def test_what_it_invents_is_recorded_as_the_panels(self):
        receipt = self.panel().event(1, "isolate_pressed")
        with self.house.login("kansa") as auditor:
            entry = auditor.ask("ledger.show", count=1, **{"from": receipt["seq"]})["entries"][0]
        self.assertEqual((entry["who"], entry["via"], entry["act"]), ("panel", "panel", "panel.pressed"))

    def test_it_cannot_change_what_it_said_before(self):
        panel = self.panel()
        first = panel.event(7, "isolate_pressed")
        panel.event(7, "declare_pressed")
        with self.house.login("kansa") as auditor:
            entry = auditor.ask("ledger.show", count=1, **{"from": first["seq"]})["entries"][0]
        self.assertEqual(entry["body"]["button"], "isolate")
        self.assertEqual(len(self.acts_of_log("panel.pressed")), 1)

    def test_its_controller_cannot_be_named_anew_to_hide_one(self):
        self.panel().event(1, "isolate_pressed")
        other = Panel(self.house)
        self.addCleanup(other.close)
        other.call("panel.hello", controller="00000000000000ff", journal="00000001", firmware="0.1.0", map=2)
        wait_until("both", lambda: len(self.acts_of_log("panel.pressed")) == 1)
        self.assertEqual(len(self.acts_of_log("panel.pressed")), 1)


class Flood(Captured):
    """The panel daemon invents events, or a wire chatters for days."""

    BURST, CLASSES = 32, 93

    def setUp(self):
        super().setUp()
        self.flooding = self.panel()
        self.number = 0

    def entries(self):
        with self.house.login("kansa") as auditor:
            return auditor.ask("system.health")["record"]["entries"]

    def flood(self, events, at_once=50):
        """Sends them like a daemon that waits for no answer, and waits for all answers in the end."""
        waiting = []
        for kind, params in events:
            self.number += 1
            waiting.append(self.flooding.send("panel.event", controller=Panel.CONTROLLER, journal=Panel.JOURNAL,
                                              number=self.number, kind=kind, age_ms=0, **params))
            if len(waiting) == at_once:
                for number in waiting:
                    self.flooding.take(number)
                waiting = []
        return [self.flooding.take(number) for number in waiting]

    def told(self, act, about_counted):
        """How many events the entries of an act tell of: those that were recorded singly, or those that were counted."""
        bodies = [entry["body"] for entry in self.bodies(act)]
        return sum(body.get("times", 1) for body in bodies if ("before" in body) == about_counted)

    def bodies(self, act):
        found, seq, size = [], 0, self.entries()
        with self.house.login("kansa") as auditor:
            while seq < size:
                page = auditor.ask("ledger.show", count=50, **{"from": seq})["entries"]
                found += [auditor.ask("ledger.show", count=1, **{"from": entry["seq"]})["entries"][0]
                          for entry in page if entry["act"] == act]
                seq = max(entry["seq"] for entry in page) + 1
        return found

    def test_a_true_press_among_100000_false_events_is_recorded_and_acted_upon(self):
        before = self.entries()
        noise = [("mirror_well", {"uplink": 3}), ("unproven", {"uplink": 3})] * 25000
        self.flood(noise)
        self.flooding.pushes.clear()
        receipt = self.flood([("isolate_pressed", {})])[0]
        self.assertIn("seq", receipt)
        self.assertNotEqual(receipt["about"], "-")
        self.flood([("cut_button", {"uplink": 1, "arg": 900}), ("proven", {"uplink": 1, "arg": 5000})])
        self.assertTrue(self.flooding.next_push("panel.lamps")["incident"])
        self.flood(noise)
        with self.house.login("kansa") as auditor:
            entry = auditor.ask("ledger.show", count=1, **{"from": receipt["seq"]})["entries"][0]
            uplink = next(one for one in auditor.view("now")["uplinks"] if one["id"] == "internet")
        self.assertEqual((entry["act"], entry["body"]["button"], entry["body"]["opens"]), ("panel.pressed", "isolate", True))
        self.assertEqual(uplink["state"], "cut")
        self.assertLess(self.entries() - before, 2 * self.BURST + 60)

    def test_what_was_counted_is_told_after_a_kill(self):
        self.flood([("key_on", {})] * 500)
        self.assertEqual(self.told("panel.noted", False), self.BURST + 1)
        self.house.end(signal.SIGKILL)
        self.house.start()
        self.assertEqual(self.told("panel.noted", True), 500 - self.BURST)
        counted = [entry["body"] for entry in self.bodies("panel.noted") if "before" in entry["body"]]
        self.assertEqual([body["kind"] for body in counted], ["key_on"])
        self.assertGreaterEqual(counted[0]["age_ms"], counted[0]["last_age_ms"])

    def test_an_event_that_was_counted_and_is_sent_again_counts_once(self):
        self.flood([("key_off", {})] * (self.BURST + 10))
        last = {"controller": Panel.CONTROLLER, "journal": Panel.JOURNAL, "number": self.number, "kind": "key_off"}
        self.assertTrue(self.flooding.call("panel.event", **last)["counted"])
        self.house.end(signal.SIGKILL)
        self.house.start()
        with contextlib.closing(Panel(self.house)) as panel:
            panel.hello()
            self.assertIn("seq", panel.call("panel.event", **last))
        self.assertEqual(self.told("panel.noted", True), 10)

    def test_the_log_grows_by_no_more_than_its_bound_whatever_is_invented(self):
        """Every kind, known or not, for every uplink, known or not; each far more often than is recorded singly."""
        table = (SOURCE / "board/map.h").read_text(encoding="utf-8")
        kinds = re.findall(r'X\(\d+, [A-Z_]+, +"(\w+)", [01],', table)
        self.assertGreater(len(kinds), 30)
        before = self.entries()
        self.flood((kind, {"uplink": uplink}) for _ in range(self.BURST + 8)
                   for kind in (*kinds, "invented", "novel") for uplink in (1, 2, 3, 4, 5, 77))
        self.assertLess(self.entries() - before, self.CLASSES * self.BURST + 200)

    def test_a_flood_lights_fault_and_is_an_entry(self):
        self.flooding.pushes.clear()
        self.flood([("host_back", {})] * (self.BURST + 1))
        self.assertTrue(self.flooding.next_push("panel.lamps")["fault"])
        begun = [entry for entry in self.bodies("panel.noted") if entry["body"]["kind"] == "flood_begun"]
        self.assertEqual([(entry["who"], entry["via"]) for entry in begun], [("system", "keeper")])

    def test_it_cannot_say_that_the_flood_is_over(self):
        self.flood([("host_back", {})] * (self.BURST + 1))
        self.flood([("flood_over", {})])
        with self.house.login("kansa") as auditor:
            self.assertTrue(auditor.ask("system.health")["panel"]["flooded"])

    def test_a_false_cut_that_is_counted_does_not_void_what_was_permitted_since(self):
        """Nor does one that comes later: that voids it, as a true one would."""
        self.flood([("isolate_pressed", {})])
        self.flood([("cut_button", {"uplink": 1})] * (self.BURST + 20))
        somu = self.person("somu", "web")
        about = somu.view("incidents")["incidents"][0]["about"]
        proof = self.house.passwords["somu"]
        somu.act("restore.requested", about=about, body={"uplinks": ["internet"]}, proof=proof)
        self.house.end(signal.SIGKILL)
        self.house.start()
        self.assertEqual(self.told("uplink.cut", True), 20)
        with self.house.login("somu") as somu:
            self.assertEqual(somu.view("incidents")["incidents"][0]["permit"], "asked")
        self.flooding = self.panel()
        self.assertIn("seq", self.flood([("cut_button", {"uplink": 1})])[0])
        with self.house.login("somu") as somu:
            self.assertNotEqual(somu.view("incidents")["incidents"][0]["permit"], "asked")


if __name__ == "__main__":
    tap.main()
