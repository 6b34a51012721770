#!/usr/bin/env python3
"""What people prove with: PIN, codes from a telephone, recovery codes, the sealed envelope."""
import signal
import unittest

import tap
from keeperhouse import House, Peer, Refused
from screen import Screen

PIN = "284061"


class Credentials(unittest.TestCase):
    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)
        done = self.house.set_up()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.house.start()

    def peer(self, kind="console"):
        peer = Peer(self.house, kind)
        self.addCleanup(peer.close)
        return peer

    def person(self, name, kind="console"):
        peer = self.house.login(name, kind)
        self.addCleanup(peer.close)
        return peer

    def refused(self, code, call, *arguments, **params):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **params)
        self.assertEqual(caught.exception.code, code, caught.exception)
        return caught.exception.args_given

    def entries(self, act):
        """The newest entries of an act, oldest first."""
        shown = self.person("kansa").ask("ledger.show", count=30)["entries"]
        return sorted((e for e in shown if e.get("act") == act), key=lambda e: e["seq"])

    def bodies(self, act):
        auditor = self.person("kansa")
        return [auditor.ask("ledger.show", count=1, **{"from": e["seq"]})["entries"][0]["body"]
                for e in self.entries(act)]

    def start_again(self, how=signal.SIGKILL):
        self.house.end(how)
        self.house.start()


class Pin(Credentials):
    def setUp(self):
        super().setUp()
        self.joho = self.person("joho")
        self.password = self.house.passwords["joho"]
        self.about = self.joho.act("incident.declared", text="端末の画面に脅迫文が出た")["about"]

    def ask_restore(self, **params):
        """An act that needs proof and may be done again and again."""
        return self.joho.act("erasure.requested", body={"seq": 1, "name": "text"},
                             text={"authority": "条例", "reason": "試し"}, **params)

    def setUp_somu(self):
        self.joho = self.person("somu")
        self.password = self.house.passwords["somu"]

    def set_pin(self, pin=PIN):
        return self.joho.ask("pin", password=self.password, pin=pin)

    def test_proof_is_the_password_until_a_pin_is_set(self):
        self.setUp_somu()
        self.assertEqual(self.joho.view("now")["user"]["proof"], "password")
        self.ask_restore(proof=self.password)
        self.assertIn("seq", self.set_pin())
        self.assertEqual(self.joho.view("now")["user"]["proof"], "pin")
        self.assertEqual(self.refused("pin_refused", self.ask_restore, proof=self.password)["left"], 4)
        self.ask_restore(proof=PIN)
        self.assertEqual([body["generation"] for body in self.bodies("user.pin")], [1])

    def test_pin_is_set_with_the_password_only(self):
        self.refused("proof_refused", self.joho.ask, "pin", password="wrong-password", pin=PIN)
        for pin, why in (("12345", "length"), ("000000", "same"), ("123456", "run"), ("12345a", "digits")):
            args = self.refused("invalid", self.joho.ask, "pin", password=self.password, pin=pin)
            self.assertEqual((args["field"], args["why"]), ("pin", why))
        self.set_pin()
        self.refused("proof_refused", self.joho.ask, "pin", password=PIN, pin="306917")
        self.refused("proof_refused", self.joho.ask, "password", old=PIN, new="another-long-password")

    def test_five_wrong_pins_block_it_until_it_is_set_anew(self):
        self.setUp_somu()
        self.set_pin()
        for left in (4, 3):
            self.assertEqual(self.refused("pin_refused", self.ask_restore, proof="306917")["left"], left)
        self.start_again()
        self.setUp_somu()
        for left in (2, 1):
            self.assertEqual(self.refused("pin_refused", self.ask_restore, proof="306917")["left"], left)
        self.refused("pin_blocked", self.ask_restore, proof="306917")
        self.refused("pin_blocked", self.ask_restore, proof=PIN)
        self.start_again()
        self.setUp_somu()
        self.refused("pin_blocked", self.ask_restore, proof=PIN)
        self.refused("pin_blocked", self.ask_restore, proof=self.password)
        self.assertEqual([body["wrong"] for body in self.bodies("user.pin.tried")], [1, 2, 3, 4, 5])
        self.set_pin("306917")
        self.ask_restore(proof="306917")

    def test_right_pin_clears_the_count(self):
        self.setUp_somu()
        self.set_pin()
        for _ in range(3):
            for _ in range(2):
                self.refused("pin_refused", self.ask_restore, proof="306917")
            self.ask_restore(proof=PIN)
        self.assertEqual([body["wrong"] for body in self.bodies("user.pin.tried")], [1, 2, 0] * 3)

    def test_many_guesses_at_once_are_still_five(self):
        self.setUp_somu()
        self.set_pin()
        wish = dict(session=self.joho.session, act="erasure.requested", body={"seq": 1, "name": "text"},
                    text={"authority": "条例", "reason": "試し"})
        numbers = [self.joho.send("act", idem=f"{n:032x}", proof=f"3069{n:02}", **wish) for n in range(10, 22)]
        numbers.append(self.joho.send("act", idem=f"{99:032x}", proof=PIN, **wish))
        codes = []
        for number in numbers:
            with self.assertRaises(Refused) as caught:
                self.joho.take(number)
            codes.append(caught.exception.code)
        self.assertEqual(codes.count("pin_refused"), 4, codes)
        self.assertEqual(codes.count("pin_blocked"), 9, codes)

    def test_pin_is_on_both_media(self):
        self.setUp_somu()
        self.set_pin()
        self.house.end()
        (self.house.homes[0] / "secrets.db").unlink()
        self.house.start()
        self.setUp_somu()
        self.ask_restore(proof=PIN)


class Console(Credentials):
    def setUp(self):
        super().setUp()
        self.screen = Screen(str(self.house.root))
        self.addCleanup(self.screen.end)

    def test_pin_is_set_and_asked_for(self):
        screen, password = self.screen, self.house.passwords["somu"]
        screen.log_in("somu", password)
        screen.wait("閂[^>\n]*> $")
        screen.line("user pin")
        for prompt, typed in (("いまのパスワード: $", password), ("新しい暗証番号: $", "123456"),
                              (r"もう一度）: $", "123456")):
            screen.wait(prompt)
            screen.line(typed)
        screen.wait("123456のような続き番号はすぐに当てられます")
        screen.wait("> $")
        screen.line("user pin")
        for prompt, typed in (("いまのパスワード: $", password), ("新しい暗証番号: $", "２８４０６１"),
                              (r"もう一度）: $", PIN)):
            screen.wait(prompt)
            screen.line(typed)
        screen.wait("記録しました")
        screen.wait("> $")
        screen.line("ledger redact 1 text")
        for prompt, typed in (("根拠.*: $", "条例"), ("理由.*: $", "試し"), ("\n暗証番号: $", "306917")):
            screen.wait(prompt)
            screen.line(typed)
        screen.wait("暗証番号が違います。.*あと4回")
        screen.wait("> $")
        self.assertNotIn(PIN, screen.text())
        self.assertNotIn("２８４０６１", screen.text())


if __name__ == "__main__":
    tap.main()
