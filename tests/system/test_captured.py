#!/usr/bin/env python3
"""What a captured program can do and what it cannot, tried from inside it: with its socket and its system user. Each
test stands for a row of docs/threats.md."""
import contextlib
import json
import re
import secrets
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


if __name__ == "__main__":
    tap.main()
