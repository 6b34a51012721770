#!/usr/bin/env python3
"""A box without a record is set up at the console: step by step, in both languages, whole or not at all."""
import gettext
import json
import os
import pathlib
import re
import subprocess
import unittest

import tap
from keeperhouse import BIN, House, Panel, Peer, Refused, wait_until
from screen import Screen

BUILD = pathlib.Path(os.environ["KANNUKI_BUILD"])
CATALOGUE = BUILD / "share/locale/ja/LC_MESSAGES/kannuki.mo"
ORIGIN = "vill.mihon.example/0001/1"
DONE = ("The box is set up; this dialogue is closed for ever. What is left to do: test the switch, with both administrators "
        "at the panel. 'show now' says so until it is on record.")
PEOPLE = [
    {"login": "somu", "name": "見本三郎", "section": "総務課", "title": "総務課長", "phone": "内線200",
     "roles": ["general", "staff"], "password": "first"},
    {"login": "ciso", "name": "見本四郎", "roles": ["ciso"], "password": "first"},
]
ANSWERS = {
    "organisation": "見本村", "origin": ORIGIN, "pack": "otari",
    "site": [{"name": "prefecture", "value": "見本県"}],
    "uplinks": [{"id": "internet", "label": "インターネット系", "stops": "電子メールが止まります。"},
                {"id": "lgwan", "label": "LGWAN系"}],
    "users": PEOPLE,
}


def japanese():
    with open(CATALOGUE, "rb") as file:
        return gettext.GNUTranslations(file)


class Dialogue:
    """Somebody at the console who knows what to answer."""

    def __init__(self, case, house, lang, *options, **how):
        self.case, self.lang = case, lang
        self.words = japanese() if lang == "ja" else gettext.NullTranslations()
        self.screen = Screen(house.root, *options, **how)
        case.addCleanup(self.screen.end)
        self.passwords, self.code, self.said = {}, "", {}
        self.options = options

    def says(self, sentence):
        """The sentence as it stands on the screen, wherever its lines are broken; %-fields match anything."""
        text = re.sub(r"%(\d*)(llu|zu|s|d|\.1f)", "\0", self.words.gettext(sentence).strip())
        parts = [r"\s*".join(map(re.escape, re.sub(r"\s+", "", part))) for part in text.replace("%%", "%").split("\0")]
        return r"[\s\S]*?".join(parts)

    def hears(self, sentence, **how):
        return self.screen.wait(self.says(sentence), **how)

    def answer(self, prompt, text):
        self.hears(prompt)
        self.screen.wait(r"[:?？：]?\s*$")
        self.screen.type("\x15")  # what stood there before
        self.screen.line(text)

    def choose(self, title, number):
        self.hears(title)
        self.answer("Number (0 back): ", str(number))

    def begin(self):
        if "--ascii" not in self.options:
            self.screen.wait(r"Language[\s\S]*0 (back|戻る)[)）]: $")
            self.screen.line("2" if self.lang == "en" else "1")

    def box(self, organisation="見本村", domain="vill.mihon.example", serial="0001"):
        self.answer("Name of the organisation: ", organisation)
        self.answer("Its Internet domain, such as vill.mihon.example: ", domain)
        self.answer("Serial number of this box, from its type plate: ", serial)

    def pack(self):
        self.choose("Whose procedure does the organisation follow?", 1)
        self.answer("Prefecture: " if self.lang == "en" else "都道府県名: ", "見本県")
        for _ in range(2):  # these have a usual value
            self.screen.wait(r": [^\n]+$")
            self.screen.line("")

    def media(self):
        self.choose("Is the record to be kept there?", 1)

    def uplink(self, uplink):
        self.answer("  Short name for commands (a-z, 0-9), such as internet: ", uplink["id"])
        self.answer("  What people call it: ", uplink["label"])
        self.answer("  What stops for whom when it is cut (Enter: nothing to say): ", uplink.get("stops", ""))

    def uplinks(self):
        self.answer("How many uplinks does the panel switch (1 to 4)? ", "2")
        for uplink in ANSWERS["uplinks"]:
            self.uplink(uplink)

    def roles(self, *numbers):
        self.hears("  Roles; one of those marked * is needed to look after accounts:")
        self.answer("Numbers, divided by spaces (0 back): ", " ".join(map(str, numbers)))

    def person(self, person):
        self.answer("  Login name (a-z, 0-9): ", person["login"])
        self.answer("  Full name: ", person["name"])
        self.answer("  Section (Enter: none): ", person.get("section", ""))
        self.answer("  Post (Enter: none): ", person.get("title", ""))
        self.answer("  Telephone (Enter: none): ", person.get("phone", ""))
        numbers = {"ciso": 1, "general": 2, "staff": 8}
        self.roles(*(numbers[role] for role in person["roles"]))

    def people(self):
        for person in PEOPLE:
            self.person(person)

    def clock(self):
        self.choose("Compare it with a clock that is right, to the minute.", 1)

    def all_steps(self):
        self.box()
        self.pack()
        self.media()
        self.uplinks()
        self.people()
        self.clock()

    def name_it(self, name=ORIGIN):
        self.answer("If all is right, type the name of the box as it stands above (0: one step back): ", name)

    def take_passwords(self):
        for person in PEOPLE:
            self.answer("Enter: show it. ", "")
            self.passwords[person["login"]] = self.screen.wait(r"\n  ([a-z2-9]{4}(?:-[a-z2-9]{4}){3})\s")[1]
            self.answer("Write it down. Enter: it goes from the screen, and is never shown again. ", "")

    def read_code(self):
        """What a person copies onto paper."""
        shown = self.screen.wait(self.says("■ Genesis code: write it on paper, with the words, or photograph it.")
                                 + r"[\s\S]*?" + self.says("Enter: it is on paper. "))[0]
        rows = re.findall(r"([1-6])  ([A-Z2-7]{4})  (\S+)", shown)
        self.case.assertEqual([row[0] for row in rows], list("123456"))
        self.code = "".join(row[1] for row in rows)
        self.said = {int(row[0]): row[2] for row in rows}
        self.screen.line("")
        return shown

    def give_back(self, wrong_word=None, wrong_group=None):
        number = int(self.screen.wait(r"(?:group |第)([1-6])(?: \(Enter|組の)")[1])
        self.screen.line(wrong_word or self.said[number])
        number = int(self.screen.wait(r"(?:group |第)([1-6])(?: \(Enter|組の)")[1])
        self.screen.line(wrong_group or self.code[4 * number - 4:4 * number])

    def finish(self):
        self.name_it()
        self.take_passwords()
        self.read_code()
        self.give_back()
        self.hears(DONE)
        self.screen.wait("名前: |Name: ")


class CommissionTest(unittest.TestCase):
    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)

    def wake(self):
        self.house.start("console")

    def dialogue(self, lang="en", *options, **how):
        return Dialogue(self, self.house, lang, *options, **how)

    def record(self):
        """What was recorded of the set-up."""
        with self.house.login("ciso") as person:
            entries = [person.ask("ledger.show", **{"from": seq, "count": 1})["entries"][0] for seq in range(8)]
        return [entry for entry in entries if entry.get("act") in ("setup.done", "user.added")]

    def choose_passwords(self, passwords):
        """The first login of each of them."""
        for login, first in passwords.items():
            with Peer(self.house) as peer:
                self.assertTrue(peer.login(login, first)["must_change"])
                peer.ask("password", old=first, new=f"{login} has a long one")
        self.house.passwords = {login: f"{login} has a long one" for login in passwords}

    def nothing_is_there(self):
        for home in self.house.homes:
            self.assertFalse((home / "ledger").exists())
            self.assertFalse((home / "ledger.new").exists())
            self.assertFalse((home / "secrets.db.new").exists())


class Whole(CommissionTest):
    def go_through(self, lang, *options, **how):
        self.wake()
        d = self.dialogue(lang, *options, **how)
        d.begin()
        d.all_steps()
        d.finish()
        return d

    def is_in_force(self, d):
        self.choose_passwords(d.passwords)
        with Peer(self.house) as peer:
            hello = peer.call("hello")
            self.assertEqual(hello["genesis"], d.code)
            self.assertEqual(hello["origin"], ORIGIN)
        self.assertFalse((self.house.homes[0] / "commissioning.json").exists())

    def test_in_japanese(self):
        d = self.go_through("ja")
        self.is_in_force(d)
        self.assertNotRegex(d.screen.text(), r"\b(Step|Enter: show|record is made)\b")

    def test_in_english(self):
        self.is_in_force(self.go_through("en"))

    def test_the_test_of_the_switch_is_asked_for_until_it_is_on_record(self):
        d = self.go_through("en")
        self.choose_passwords(d.passwords)
        d.screen.line("ciso")
        d.screen.wait("Password: ")
        d.screen.line("ciso has a long one")
        d.screen.wait(r"The test of the switch is still to be done: インターネット系, LGWAN系\.")
        with Panel(self.house) as panel, Peer(self.house, "console") as person:
            panel.hello()
            panel.state()
            person.login("ciso", "ciso has a long one")
            for number, uplink in enumerate((1, 2)):
                self.assertFalse(person.view("now")["uplinks"][number]["tried"])
                panel.event(3 * number + 1, "cut_button", uplink=uplink, arg=900)
                panel.event(3 * number + 2, "restored", uplink=uplink)
                self.assertTrue(person.view("now")["uplinks"][number]["tried"])
        d.screen.line("show now")
        self.assertNotIn("still to be done", d.screen.wait(r"show now[\s\S]*Uplinks[\s\S]*lgwan")[0])

    def test_on_a_terminal_that_is_dumb(self):
        self.is_in_force(self.go_through("ja", rows=0, term="dumb"))

    def test_the_same_answers_in_a_file_make_the_same_record(self):
        d = self.go_through("en")
        self.choose_passwords(d.passwords)
        typed = self.record()
        other = House()
        self.addCleanup(other.close)
        (other.root / "site.yaml").write_text(json.dumps(ANSWERS, ensure_ascii=False))
        self.assertEqual(other.set_up(other.root / "site.yaml").returncode, 0)
        other.start()
        self.house, mine = other, self.house
        try:
            self.choose_passwords(other.passwords)
            filed = self.record()
        finally:
            self.house = mine
        self.assertEqual(len(typed), 3)
        for one, two in zip(typed, filed):
            self.assertEqual(one["body"], two["body"])
            self.assertEqual(one.get("person"), two.get("person"))



class Steps(CommissionTest):
    """Each answer is checked at once, and the reason is read."""

    def setUp(self):
        super().setUp()
        self.wake()

    def test_wrong_answers_at_every_step(self):
        d = self.dialogue()
        d.begin()
        d.box(serial="0001/2/3/4 5")
        d.hears("'%s': an origin is written as operator.example/serial/1")
        d.answer("Name of the organisation: ", "")
        d.hears("! A text is needed here. Ctrl-C leaves the question.")
        d.screen.line("見本村")
        d.answer("Its Internet domain, such as vill.mihon.example: ", "ｖｉｌｌ.mihon.example")
        d.answer("Serial number of this box, from its type plate: ", "０００１")
        d.choose("Whose procedure does the organisation follow?", 7)
        d.hears("! Type a number from 1 to %zu, or 0 to go back.")
        d.pack()
        d.choose("Is the record to be kept there?", 9)
        d.hears("! Type a number from 1 to %zu, or 0 to go back.")
        d.media()
        d.answer("How many uplinks does the panel switch (1 to 4)? ", "5")
        d.hears("! '%s' is not a number from 1 to 4.")
        d.screen.type("\x15")
        d.screen.line("2")
        d.uplink({"id": "Inter Net", "label": "x"})
        d.hears("uplink '%s': use only a-z, 0-9, '.', '_' and '-' in id")
        d.uplink(ANSWERS["uplinks"][0])
        d.uplink({"id": "internet", "label": "x"})
        d.hears("uplink '%s' stands there twice; keep one")
        d.uplink(ANSWERS["uplinks"][1])
        d.person({**PEOPLE[0], "login": "Somu!"})
        d.hears("login '%s': use only a-z, 0-9, '.', '_' and '-'")
        d.person(PEOPLE[0])
        d.person({**PEOPLE[1], "login": "somu"})
        d.hears("'%s' or '%s' stands there twice; make them differ")
        for key in ("login", "name"):
            d.answer({"login": "  Login name (a-z, 0-9): ", "name": "  Full name: "}[key], PEOPLE[1][key])
        for prompt in ("  Section (Enter: none): ", "  Post (Enter: none): ", "  Telephone (Enter: none): "):
            d.answer(prompt, "")
        d.roles(8)
        d.hears("! None of these roles may look after accounts. Choose one marked * as well.")
        d.roles(1)
        d.choose("Compare it with a clock that is right, to the minute.", "x")
        d.hears("! Type a number from 1 to %zu, or 0 to go back.")
        d.clock()
        d.name_it("vill.mihon.example/0002/1")
        d.hears("'%s' is not the name of this box, %s. Nothing was done.")
        self.nothing_is_there()
        d.name_it()
        d.take_passwords()
        d.read_code()
        d.give_back(wrong_word="nothing")
        d.hears("That is not the word on the screen. Look at the paper: what is wrong there must be mended.")
        d.give_back(wrong_group="AAAA")
        d.hears("That is not the group on the screen. Look at the paper: what is wrong there must be mended.")
        for home in self.house.homes:
            self.assertFalse((home / "ledger").exists())
        self.screen_again(d)
        d.give_back()
        d.hears(DONE)
        d.screen.wait("Name: ")
        self.choose_passwords(d.passwords)

    def screen_again(self, d):
        """Enter alone shows the code once more, the same."""
        before = d.code
        d.screen.wait(r"group [1-6] \(Enter")
        d.screen.line("")
        d.read_code()
        self.assertEqual(d.code, before)

    def test_back_to_the_step_before(self):
        d = self.dialogue()
        d.begin()
        d.box(organisation="間違村")
        d.choose("Whose procedure does the organisation follow?", 0)
        d.box()
        d.pack()
        d.choose("Is the record to be kept there?", 0)
        d.pack()
        d.media()
        d.uplinks()
        d.answer("  Login name (a-z, 0-9): ", "0")
        d.answer("How many uplinks does the panel switch (1 to 4)? ", "1")
        d.uplink(ANSWERS["uplinks"][0])
        d.person(PEOPLE[0])
        d.answer("  Login name (a-z, 0-9): ", "ciso")
        d.answer("  Full name: ", "0")
        d.person(PEOPLE[0])
        d.person(PEOPLE[1])
        d.choose("Compare it with a clock that is right, to the minute.", 0)
        d.people()
        d.clock()
        d.finish()
        self.choose_passwords(d.passwords)
        body = self.record()[0]["body"]
        self.assertEqual(body["organisation"], "見本村")
        self.assertEqual([uplink["id"] for uplink in body["uplinks"]], ["internet"])

    def test_what_was_answered_outlives_the_line_and_the_power(self):
        d = self.dialogue()
        d.begin()
        d.box()
        d.pack()
        d.screen.wait("Is the record")
        d.screen.hang_up()
        self.house.end(9)
        self.wake()
        d = self.dialogue("ja")
        d.begin()
        d.hears("It was begun before. What was answered is kept, and it goes on where it was left.")
        d.uplinks()
        d.person(PEOPLE[0])
        d.screen.wait("2人目")
        self.house.end(9)
        self.wake()
        d.person(PEOPLE[1])
        d.hears("Compare it with a clock that is right, to the minute.")
        d.screen.hang_up()
        d = self.dialogue()
        d.begin()
        d.media()
        d.uplinks()
        d.people()
        d.clock()
        d.finish()
        self.choose_passwords(d.passwords)

    def test_what_the_panel_says_is_read_back(self):
        with Panel(self.house) as panel:
            panel.state()
            panel.call("panel.witness", controller=panel.CONTROLLER, state="kept", origin="0" * 16, size=77, root="0" * 64)
            with self.assertRaises(Refused) as caught:
                panel.event(1, "isolate_pressed")
            self.assertEqual(caught.exception.code, "not_commissioned")
            d = self.dialogue()
            d.begin()
            d.box()
            d.pack()
            d.media()
            d.screen.wait("has seen a record of 77 entries")
            d.screen.wait("uplink 4: connected")
            for number in range(4):
                d.uplink({"id": f"line{number}", "label": f"線{number}"})
            d.people()
            d.clock()
            d.finish()
        with Panel(self.house) as panel:
            panel.hello()
            self.assertIn("seq", panel.event(1, "isolate_pressed"), "it was kept, and is recorded now")


def answer_all(peer):
    """Everything but the last step."""
    shown = peer.call("commission.show", lang="en")
    return peer.call("commission.put", lang="en", revision=shown["revision"], values=ANSWERS)


def put_on_paper(made):
    group = made["group"]
    return {"word": made["words"][made["word"] - 1], "group": made["genesis"][4 * group - 4:4 * group]}


class Genesis(CommissionTest):
    def make(self, peer, shown):
        return peer.call("commission.make", lang="en", revision=shown["revision"], name=ORIGIN)

    def finish(self):
        """Somebody goes on with what is there; the paper that is right in the end."""
        with Peer(self.house, "console") as peer:
            made = self.make(peer, answer_all(peer))
            self.assertTrue(peer.call("commission.confirm", lang="en", **put_on_paper(made))["done"])
        return made

    def is_in_force(self, made):
        wait_until("the keeper", lambda: self.house.is_open("cli") and self.is_ready())
        with Peer(self.house) as peer:
            self.assertEqual(peer.call("hello")["genesis"], made["genesis"])
        for login in made["logins"]:
            with Peer(self.house) as peer:
                peer.login(login["login"], login["password"])

    def is_ready(self):
        try:
            with Peer(self.house) as peer:
                return "genesis" in peer.call("hello")
        except (Refused, OSError):
            return False

    def test_other_doors_are_shut_before(self):
        self.wake()
        with Peer(self.house, "cli") as peer, self.assertRaises(Refused) as caught:
            peer.call("hello")
        self.assertEqual(caught.exception.code, "not_commissioned")
        for method, params in {"commission.show": {}, "commission.make": {"revision": 0, "name": "x"}}.items():
            for kind, code in (("cli", "peer_refused"), ("web", "peer_refused"), ("panel", "peer_refused")):
                with Peer(self.house, kind) as peer, self.assertRaises(Refused) as caught:
                    peer.call(method, **params)
                self.assertEqual(caught.exception.code, code)
        with Peer(self.house, "console") as peer, self.assertRaises(Refused) as caught:
            peer.call("login", name="somu", password="x")
        self.assertEqual(caught.exception.code, "not_commissioned")
        done = subprocess.run([BIN / "kannuki", "--as", "somu", "show", "now"], input="x\n", text=True, timeout=60,
                              capture_output=True, env=self.house.environment, check=False)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("has not been set up yet", done.stdout)

    def test_it_is_closed_for_ever_after(self):
        self.wake()
        made = self.finish()
        self.is_in_force(made)
        for _ in range(2):
            with Peer(self.house, "console") as peer:
                for method, params in (("commission.show", {}), ("commission.put", {"revision": 0, "values": {}}),
                                       ("commission.make", {"revision": 0, "name": ORIGIN}),
                                       ("commission.confirm", {"word": "x", "group": "x"})):
                    with self.assertRaises(Refused) as caught:
                        peer.call(method, **params)
                    self.assertEqual(caught.exception.code, "unknown_method")
            self.house.end()
            self.house.start()

    def test_of_two_consoles_one_is_first(self):
        self.wake()
        with Peer(self.house, "console") as one, Peer(self.house, "console") as two:
            shown = one.call("commission.show", lang="en")
            seen = two.call("commission.show", lang="en")
            shown = one.call("commission.put", lang="en", revision=shown["revision"], values=ANSWERS)
            with self.assertRaises(Refused) as caught:
                two.call("commission.put", lang="en", revision=seen["revision"], values={"organisation": "別村"})
            self.assertEqual(caught.exception.code, "conflict")
            self.assertIn("at another console", caught.exception.args_given["say"])
            made = self.make(one, shown)
            for act in (lambda: self.make(two, shown),
                        lambda: two.call("commission.put", revision=shown["revision"], values={"organisation": "別村"})):
                with self.assertRaises(Refused) as caught:
                    act()
                self.assertEqual(caught.exception.code, "conflict")
            with self.assertRaises(Refused) as caught:
                two.call("commission.confirm", **put_on_paper(made))
            self.assertEqual(caught.exception.code, "wrong_state")
            one.close()
            wait_until("the other to be let on", lambda: not two.call("commission.show")["busy"])
            self.nothing_is_there()
            again = self.make(two, shown)
            self.assertNotEqual(again["genesis"], made["genesis"])
            two.call("commission.confirm", **put_on_paper(again))
        self.is_in_force(again)

    def test_answers_that_do_not_fit_change_nothing(self):
        self.wake()
        with Peer(self.house, "console") as peer:
            shown = answer_all(peer)
            for values in ({"colour": "red"}, {"organisation": ""}, {"organisation": "\t"}, {"organisation": 7},
                           {"organisation": "x" * 300}, {"origin": "nothing"}, {"pack": "none"}, {"pack": "../packs/otari"},
                           {"uplinks": [{"id": "a"}]}, {"uplinks": [{"id": "a", "label": "b", "c": "d"}]},
                           {"uplinks": [{"id": f"u{n}", "label": "b"} for n in range(5)]},
                           {"users": [{**PEOPLE[0], "roles": ["wizard"]}]}, {"users": [{**PEOPLE[0], "roles": []}]},
                           {"site": [{"name": "x"}]}, {"users": "all"}):
                with self.subTest(values=values), self.assertRaises(Refused) as caught:
                    peer.call("commission.put", lang="en", revision=shown["revision"], values=values)
                self.assertEqual(caught.exception.code, "invalid")
            self.assertEqual(peer.call("commission.show", lang="en")["answers"], ANSWERS)
            for values in ({"users": PEOPLE[:1]}, {"users": [PEOPLE[0], {**PEOPLE[1], "roles": ["staff"]}]},
                           {"users": [PEOPLE[0], {**PEOPLE[1], "until": "2099-03-31"}]}, {"uplinks": []}, {"site": None},
                           {"organisation": None}):
                fewer = peer.call("commission.put", lang="en", revision=shown["revision"], values=values)
                with self.subTest(values=values), self.assertRaises(Refused) as caught:
                    self.make(peer, fewer)
                self.assertEqual(caught.exception.code, "invalid", caught.exception.args_given)
                shown = peer.call("commission.put", lang="en", revision=fewer["revision"], values=ANSWERS)
        self.nothing_is_there()

    def test_a_cut_at_every_name_leaves_all_or_nothing(self):
        """The power goes at each name that is given, from the first answer to the end."""
        if not (BUILD / "tests/cut_off.so").exists():
            self.skipTest("the sanitizers do not go with what is preloaded")
        self.house.environment["LD_PRELOAD"] = str(BUILD / "tests/cut_off.so")
        log = self.house.root.parent / f"{self.house.root.name}.cuts"
        self.addCleanup(log.unlink, missing_ok=True)
        self.house.environment["CUT_OFF_LOG"] = str(log)
        self.wake()
        self.finish()
        self.house.end()
        lines = log.read_text().splitlines()
        cuts = [number for number, line in enumerate(lines, 1)
                if line.startswith("rename ") or line.endswith(("/ledger.new", "/commissioning.json"))]
        self.assertGreater(len(cuts), 10)
        for number in cuts:
            with self.subTest(cut=lines[number - 1]):
                self.cut(number)

    def cut(self, number):
        house = House()
        self.addCleanup(house.close)
        self.house, mine = house, self.house
        try:
            house.environment.update(LD_PRELOAD=mine.environment["LD_PRELOAD"], CUT_OFF_AT=str(number))
            house.launch()
            made = self.go_on_until_it_dies()
            house.environment.pop("LD_PRELOAD")
            house.process.kill()
            house.process.wait()
            house.start("console")
            with Peer(house, "console") as peer:
                hello = peer.call("hello")
            if "genesis" in hello:
                self.assertIsNotNone(made, "in force, and nobody has seen the code")
                self.is_in_force(made)
            else:
                self.assertTrue(hello["commissioning"])
                self.is_in_force(self.finish())
            for home in house.homes:
                self.assertTrue((home / "ledger").is_dir())
                self.assertEqual(list(home.glob("*.new")), [])
            house.end()
            self.assertEqual(house.run("--check-config").returncode, 0)
        finally:
            self.house = mine

    def go_on_until_it_dies(self):
        made = None
        try:
            wait_until("the keeper", lambda: self.house.is_open("console"))
            with Peer(self.house, "console") as peer:
                made = self.make(peer, answer_all(peer))
                peer.call("commission.confirm", **put_on_paper(made))
            wait_until("the end", lambda: self.house.process.poll() is not None or self.is_ready())
        except (OSError, ChildProcessError):
            pass
        return made

    def test_a_medium_that_takes_nothing(self):
        if not (BUILD / "tests/broken_medium.so").exists():
            self.skipTest("the sanitizers do not go with what is preloaded")
        how = self.house.root / "how"
        self.house.environment.update(LD_PRELOAD=str(BUILD / "tests/broken_medium.so"), BROKEN_MEDIUM_HOW=str(how))
        for medium in self.house.homes:
            for word in ("full", "fails"):
                with self.subTest(medium=medium.name, how=word):
                    how.unlink(missing_ok=True)
                    self.house.environment["BROKEN_MEDIUM"] = str(medium)
                    self.wake()
                    with Peer(self.house, "console") as peer:
                        shown = answer_all(peer)
                        how.write_text(word)
                        with self.assertRaises(Refused) as caught:
                            self.make(peer, shown)
                        self.assertEqual(caught.exception.code, "medium_failed")
                        self.assertIn(str(medium), caught.exception.args_given["say"])
                    self.house.end()
                    self.nothing_is_there()
        how.unlink()
        self.wake()
        self.is_in_force(self.finish())

    def test_a_medium_that_cannot_be_written(self):
        (self.house.homes[1].parent).mkdir(parents=True)
        self.house.homes[1].write_text("no folder")
        self.wake()
        d = self.dialogue()
        d.begin()
        d.box()
        d.pack()
        d.screen.wait("! 2  ")
        d.hears("There the record cannot be kept. Mend it.")
        d.screen.wait(r"1  Look again")
        self.house.homes[1].unlink()
        d.answer("Number (0 back): ", "1")
        d.media()
        d.screen.wait("How many uplinks")

    def test_one_medium_only_is_warned_of(self):
        self.house.config.write_text(re.sub("(?m)^mirror:.*$", "", self.house.config.read_text()))
        self.wake()
        d = self.dialogue("ja")
        d.begin()
        d.box()
        d.pack()
        d.hears("! There is only one medium. When it breaks, the record is lost. A second one is named in kannuki.yaml "
                "(mirror) before the box is set up.")
        d.media()
        d.uplinks()
        d.people()
        d.clock()
        d.finish()
        self.choose_passwords(d.passwords)


if __name__ == "__main__":
    tap.main()
