#!/usr/bin/env python3
"""kannukid by hand: setting up a ledger, refusing to do it twice, mistakes in files, the reference page."""
import contextlib
import fcntl
import hashlib
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import unittest

import long_record
import tap
from keeperhouse import BIN, SOURCE, House, Panel, Peer, Refused, wait_until
from screen import Screen

SITE = (SOURCE / "scripts/sample/site.yaml").read_text()


class Setup(unittest.TestCase):
    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)

    def site(self, text):
        path = self.house.root / "site.yaml"
        path.write_text(text)
        return path

    def test_prints_genesis_and_a_login_for_each_person(self):
        done = self.house.set_up()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(self.house.genesis, "^[A-Z2-7]{20,}$")
        self.assertEqual(list(self.house.passwords), ["hanako", "kacho", "joho", "somu", "ciso", "kansa"])
        self.assertEqual(len(set(self.house.passwords.values())), 6)

    def test_is_never_done_twice(self):
        self.house.set_up()
        before = sorted(path.name for path in (self.house.root / "var/lib/kannuki").rglob("*"))
        again = self.house.run("--setup", SOURCE / "scripts/sample/site.yaml")
        self.assertEqual(again.returncode, 1)
        self.assertIn("there is a ledger already", again.stderr)
        self.assertIn(str(self.house.root / "var/lib/kannuki"), again.stderr)
        self.assertEqual(again.stdout, "")
        after = sorted(path.name for path in (self.house.root / "var/lib/kannuki").rglob("*"))
        self.assertEqual(before, after)

    def test_passwords_can_be_given(self):
        given = self.house.root / "passwords"
        given.write_text("somu the sealed envelope\nciso another-password\n")
        self.house.set_up(SOURCE / "scripts/sample/site.yaml", "--passwords", given)
        self.assertEqual(self.house.passwords["somu"], "the sealed envelope")
        self.house.start()
        self.house.login("somu").close()

    def test_mistakes_are_told_with_place_and_remedy(self):
        for mistake, wanted in {
            SITE.replace("pack: otari", "pack: otari\ncolour: red"): r"site\.yaml:6: .*colour.*remove it",
            SITE.replace("origin:", "#"): r"site\.yaml:\d+: .*origin.*add it",
            SITE.replace("roles: [auditor]", "roles: [wizard]"): r"kansa: the pack 'otari' has no role 'wizard'",
            SITE.replace("roles: [auditor]", "roles: [auditor], kind: auditor"): r"kansa: .*last day; add until",
            SITE.replace("roles: [auditor]", "roles: [auditor], until: 2027-02-30"): r"until '2027-02-30'",
            SITE.replace("roles: [auditor]", "roles: [auditor], password: mine"): r"password 'mine': write first",
            SITE.replace("roles: [auditor]", "roles: [staff], kind: auditor, until: 2027-03-31"): r"'staff' is not for",
            SITE.replace("roles: [auditor]", "roles: [vendor_worker]"): r"'vendor_worker' is not for",
            SITE.replace("roles: [auditor]", "roles: [vendor_worker], kind: external"): r"none yet; leave it out",
            SITE.replace("login: joho", "login: hanako"): r"'hanako'.*twice",
            SITE.replace("id: lgwan", "id: internet"): r"'internet' stands there twice",
            SITE.replace("prefecture", "continent"): r"site\.yaml: .*prefecture",
            SITE.replace("pack: otari", "pack: none"): r"packs/none",
            "": r"site\.yaml:1: the file is empty",
            "users: [": r"site\.yaml:\d+: .*check indentation",
        }.items():
            with self.subTest(wanted=wanted):
                done = self.house.run("--setup", self.site(mistake))
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertRegex(done.stderr, wanted)
                self.assertFalse((self.house.root / "var/lib/kannuki/ledger").exists())

    def test_what_is_left_of_one_that_was_cut_off_is_thrown_away(self):
        for home in self.house.homes:
            (home / "ledger.new/keys").mkdir(parents=True)
            (home / "ledger.new/keys/identity").write_text("half")
            (home / "secrets.db.new").write_text("half")
        self.assertEqual(self.house.set_up().returncode, 0)
        self.house.start()
        self.house.login("hanako").close()
        for home in self.house.homes:
            self.assertEqual(sorted(path.name for path in home.glob("*.new")), [])

    def test_two_at_once_do_not_disturb_each_other(self):
        home = self.house.homes[0]
        home.mkdir(parents=True)
        held = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, held)
        fcntl.flock(held, fcntl.LOCK_EX)
        done = self.house.set_up()
        self.assertEqual(done.returncode, 1)
        self.assertIn("is being set up by somebody else", done.stderr)
        fcntl.flock(held, fcntl.LOCK_UN)
        self.assertEqual(self.house.set_up().returncode, 0)

    def test_an_auditor_with_a_last_day_and_a_first_password(self):
        self.house.set_up(self.site(SITE.replace("roles: [auditor]",
                                                 "roles: [auditor], kind: auditor, until: 2099-03-31, password: first")))
        self.house.start()
        with Peer(self.house) as peer:
            self.assertTrue(peer.login("kansa", self.house.passwords["kansa"])["must_change"])
        with self.house.login("somu") as person:
            kansa = [user for user in person.view("people")["users"] if user["login"] == "kansa"][0]
        self.assertEqual((kansa["kind"], kansa["until"]), ("auditor", "2099-03-31"))

    def test_check_config(self):
        self.assertEqual(self.house.run("--check-config").returncode, 0)
        good = self.house.config.read_text()
        line = good.count("\n") + 1
        for text, wanted in {
            good + "pakcs: x\n": r"kannuki\.yaml:\d+: .*pakcs.*remove it",
            good + "session_minutes: soon\n": r"kannuki\.yaml:\d+: .*soon",
            good + "panel:\n  seals_epochs: perhaps\n": r"kannuki\.yaml:\d+: .*perhaps",
            good + "panel:\n  seals_epoch: true\n": r"kannuki\.yaml:\d+: .*seals_epoch",
            good + "session_minutes: 9999\n": rf"kannuki\.yaml:{line}: session_minutes is 9999; write 1 to 480",
            good + "session_minutes: 0\n": rf"kannuki\.yaml:{line}: session_minutes is 0",
            good.replace("mirror: /", "mirror: "): r"kannuki\.yaml:4: mirror: .*whole path",
            good.replace("-mirror\n", "\n"): r"kannuki\.yaml:4: .*first medium",
            "packs: /nowhere\n": r"kannuki\.yaml:1: .*/nowhere is not a folder",
            f"packs: {SOURCE}/docs/board\n": r"kannuki\.yaml:1: .*holds no pack",
            f"packs: {SOURCE}/tests\n": r"pack\.yaml",
        }.items():
            with self.subTest(wanted=wanted):
                self.house.config.write_text(text)
                done = self.house.run("--check-config")
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, wanted)
        self.house.config.unlink()
        self.assertRegex(self.house.run("--check-config").stderr, r"kannuki\.yaml")

    def test_another_file_can_be_checked(self):
        other = self.house.root / "other.yaml"
        other.write_text("packs: 7\nsession_minutes: [1]\n")
        done = self.house.run("--check-config", other)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"other\.yaml:2: ")

    def test_settings_in_effect_are_printed_with_their_places(self):
        done = self.house.run("--print-config")
        self.assertEqual(done.returncode, 0, done.stderr)
        config = re.escape(str(self.house.config))
        self.assertRegex(done.stdout, rf"(?m)^packs: /\S+ +# {config}:2$")
        self.assertRegex(done.stdout, rf"(?m)^mirror: /var/lib/kannuki-mirror +# {config}:4$")
        self.assertRegex(done.stdout, r"(?m)^session_minutes: 30 +# built in$")
        self.assertRegex(done.stdout, r"(?m)^panel.seals_epochs: false +# built in$")

    def test_wrong_arguments_show_the_usage(self):
        done = self.house.run("--help")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--setup FILE", done.stderr)

    def test_reference_page_is_the_committed_one(self):
        page = self.house.run("--print-methods")
        self.assertEqual(page.returncode, 0)
        self.assertEqual(page.stdout, (SOURCE / "docs/formats/ipc.md").read_text(),
                         "write it anew: kannukid --print-methods >docs/formats/ipc.md")


class Restart(unittest.TestCase):
    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)
        self.house.set_up()
        self.house.start()

    def test_state_comes_back_from_the_ledger(self):
        with self.house.login("hanako") as person, Panel(self.house) as panel:
            panel.hello()
            about = person.act("incident.declared", text="画面が固まった")["about"]
            panel.event(1, "isolate_pressed")
            panel.event(2, "cut_button", uplink=2, arg=900)
            before = person.view("incident", about=about)
            uplinks = person.view("now")["uplinks"]
        self.assertEqual(self.house.end(), 0)
        self.house.start()
        with self.house.login("hanako") as person, Panel(self.house) as panel:
            self.assertEqual(person.view("incident", about=about), before)
            self.assertEqual(person.view("now")["uplinks"], uplinks)
            panel.hello()
            self.assertTrue(panel.next_push("panel.lamps")["incident"])

    def loaded(self):
        """What was recorded of the files, oldest first."""
        with self.house.login("kansa") as auditor:
            found = auditor.ask("ledger.find", word="config.loaded")["entries"]
            shown = [auditor.ask("ledger.show", **{"from": e["seq"], "count": 1})["entries"][0] for e in found]
        return [e["body"] for e in reversed(shown) if e.get("act") == "config.loaded"]

    def test_another_configuration_is_recorded_once(self):
        first = self.loaded()
        digest = hashlib.sha256(self.house.config.read_bytes()).hexdigest()
        self.assertEqual(first, [{"act": "config.loaded", "file": "kannuki.yaml", "sha256": digest}])
        self.house.end()
        self.house.start()
        self.assertEqual(self.loaded(), first)
        self.house.end()
        packs = self.house.root / "packs"
        shutil.copytree(SOURCE / "app/procedure/packs", packs)
        changed = (packs / "otari/pack.yaml").read_text().replace("version: ", "version: 9", 1)
        (packs / "otari/pack.yaml").write_text(changed)
        self.house.config.write_text(f"packs: {packs}\nmirror: /var/lib/kannuki-mirror\n")
        for _ in range(2):
            self.house.start()
            now = self.loaded()
            self.assertEqual([body["file"] for body in now], ["kannuki.yaml", "kannuki.yaml", "pack"])
            self.assertNotEqual(now[1]["sha256"], digest)
            self.house.end()

    def test_pictures_that_differ_from_the_record_are_named(self):
        with self.house.login("hanako") as person:
            person.act("incident.declared", text="画面が固まった")
        self.house.end()
        views = self.house.views.read_text()
        self.assertIn("画面が固まった", views)
        for wanted in ("now", "people", "incidents", "incident", "checklist", "facts", "timeline"):
            self.assertIn(f'"what":"{wanted}"', views)
        self.assertEqual(self.house.run("--check-views", self.house.views).returncode, 0)
        self.house.views.write_text(views.replace("画面が", "画像が", 1))
        done = self.house.run("--check-views", self.house.views)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"views:\d+: .*u1.* differs at byte \d+: shown 像が")
        self.house.views.write_text(views)
        self.house.start()
        self.house.process.kill()
        self.house.process.wait()
        self.assertRegex(self.house.run("--check-views", self.house.views).stderr, "drawn after")

    def test_a_long_record_tells_how_far_it_is(self):
        self.house.end()
        long_record.fill(self.house, 21000)
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as notices:
            notices.bind(str(self.house.root / "notify"))
            notices.settimeout(60)
            self.house.environment["NOTIFY_SOCKET"] = str(self.house.root / "notify")
            self.house.start()
            said = ""
            while "READY=1" not in said:
                said += notices.recv(4096).decode() + "\n"
        self.assertRegex(said, r"(?s)STATUS=starting, 9\d %.*READY=1")

    def stopped_at_start(self):
        """The keeper, stopped while it reads its record: its sockets are there already."""
        socket_path = self.house.socket_path("console")
        for _ in range(20):
            self.house.launch()
            wait_until("the sockets", socket_path.exists)
            self.house.process.send_signal(signal.SIGSTOP)
            if "entries" not in self.house.words()[self.said:]:
                return
            self.house.process.send_signal(signal.SIGCONT)
            self.house.end()
        self.fail("it always had begun already")

    def test_who_asks_meanwhile_hears_how_far_it_is(self):
        self.house.end()
        long_record.fill(self.house, 60000)
        self.said = len(self.house.words())
        self.stopped_at_start()
        with contextlib.closing(Screen(self.house.root, "--lang", "en", term="dumb")) as screen:
            with Peer(self.house, "cli") as peer:
                number = peer.send("login", name="hanako", password="x")
                one = subprocess.Popen([BIN / "kannuki", "--as", "hanako", "show", "now"], stdin=subprocess.PIPE, text=True,
                                       stdout=subprocess.PIPE, env=self.house.environment)
                one.stdin.write("x\n")
                one.stdin.flush()
                waiting = self.house.root / "run/kannuki"
                wait_until("both to ask", lambda: sum(
                    str(waiting) in line for line in open("/proc/net/unix", encoding="utf-8")) >= 6)
                self.house.process.send_signal(signal.SIGCONT)
                with self.assertRaises(Refused) as caught:
                    peer.take(number)
            self.assertEqual(caught.exception.code, "starting")
            self.assertIn(caught.exception.args_given["percent"], range(1, 100))
            screen.wait(r"The keeper is starting: \d+ %")
            screen.wait("Kannuki  見本村[\\s\\S]*Name: ")
            self.assertNotIn("Nothing can be recorded", screen.text())
            screen.process.kill()
            screen.process.wait()
        self.assertIn("is starting: ", one.communicate()[0])
        self.assertEqual(one.returncode, 3)
        self.house.login("hanako").close()

    def test_sessions_do_not_outlive_the_keeper(self):
        with self.house.login("hanako") as person:
            token = person.session
        self.house.end()
        self.house.start()
        with Peer(self.house, "console") as peer:
            peer.session = token
            with self.assertRaises(Refused) as caught:
                peer.view("now")
            self.assertEqual(caught.exception.code, "login_required")

    def test_what_was_sent_before_sigterm_is_answered_or_refused_never_half_done(self):
        with self.house.login("hanako") as person:
            numbers = [person.send("act", session=person.session, idem=f"{n:032x}", act="incident.declared",
                                   text="終了の直前") for n in range(30)]
            self.assertEqual(self.house.end(signal.SIGTERM), 0)
            answered = 0
            try:
                for number in numbers:
                    self.assertIn("seq", person.take(number))
                    answered += 1
            except ConnectionError:
                pass
        self.house.start()
        with self.house.login("kansa") as auditor:
            self.assertEqual(auditor.ask("ledger.check")["verdict"], "good")
            heads = auditor.view("incidents")["incidents"]
            self.assertGreaterEqual(len(heads), answered)

    def test_disk_that_takes_nothing_more(self):
        with self.house.login("hanako") as person, Panel(self.house) as panel:
            panel.hello()
            receipt = person.act("incident.declared", text="記録できるうちに")
            resource.prlimit(self.house.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            wish = dict(idem="ab" * 16, text="記録できない")
            with self.assertRaises(Refused) as caught:
                person.act("incident.declared", **wish)
            self.assertEqual(caught.exception.code, "not_recorded")
        self.assertEqual(self.house.process.wait(30), 1, "it ends, for the system to start it again")
        self.house.start()
        with self.house.login("hanako") as person:
            heads = [head["about"] for head in person.view("incidents")["incidents"]]
            self.assertEqual(heads, [receipt["about"]])
            self.assertIn("seq", person.act("incident.declared", **wish))

    def test_presses_are_recorded_though_nobody_can_log_in(self):
        self.house.end()
        for home in self.house.homes:
            (home / "secrets.db").unlink()
        self.house.start()
        self.assertRegex(self.house.words(), r"secrets\.db is missing")
        with self.assertRaises(Refused):
            self.house.login("hanako")
        with Panel(self.house) as panel:
            panel.hello()
            self.assertIn("seq", panel.event(1, "isolate_pressed"))

    def test_passwords_come_back_from_their_copy(self):
        first, second = (home / "secrets.db" for home in self.house.homes)
        self.house.end()
        first.unlink()
        self.house.start()
        self.house.login("hanako").close()
        self.house.end()
        second.write_text("no database, but as long as one may begin to look ............")
        self.house.start()
        self.house.login("hanako").close()
        self.assertTrue(second.with_name("secrets.db.damaged").exists())
        self.house.end()
        first.unlink()
        self.house.start()
        self.house.login("hanako").close()

    def test_second_keeper_refuses(self):
        done = self.house.run()
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr)
        with self.house.login("hanako") as person:
            person.view("now")


if __name__ == "__main__":
    tap.main()
