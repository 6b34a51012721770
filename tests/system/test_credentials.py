#!/usr/bin/env python3
"""What people prove with: PIN, codes from a telephone, recovery codes, the sealed envelope."""
import base64
import signal
import subprocess

import tap
from housed import Housed
from keeperhouse import BIN, SOURCE, House, Panel, Refused, wait_until
from screen import Screen

PIN = "284061"


class Credentials(Housed):
    def bodies(self, act):
        """Of the newest entries of an act, oldest first."""
        with self.house.login("kansa") as auditor:
            shown = auditor.ask("ledger.show", count=30)["entries"]
            return [auditor.ask("ledger.show", count=1, **{"from": seq})["entries"][0]["body"]
                    for seq in sorted(e["seq"] for e in shown if e.get("act") == act)]

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

    def test_without_a_pin_the_password_is_asked_for_again(self):
        self.setUp_somu()
        self.refused("wrong_state", self.joho.ask, "pin.end", password=self.password)
        self.set_pin()
        self.refused("proof_refused", self.joho.ask, "pin.end", password=PIN)
        self.joho.ask("pin.end", password=self.password)
        self.assertEqual(self.joho.view("now")["user"]["proof"], "password")
        self.refused("proof_refused", self.ask_restore, proof=PIN)
        self.ask_restore(proof=self.password)
        self.set_pin()
        self.ask_restore(proof=PIN)
        self.assertEqual([body["generation"] for body in self.bodies("user.pin")], [1, 2])

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
        # As many as may wait.
        numbers = [self.joho.send("act", idem=f"{n:032x}", proof=f"3069{n:02}", **wish) for n in range(10, 17)]
        numbers.append(self.joho.send("act", idem=f"{99:032x}", proof=PIN, **wish))
        codes = []
        for number in numbers:
            with self.assertRaises(Refused) as caught:
                self.joho.take(number)
            codes.append(caught.exception.code)
        self.assertEqual(codes.count("pin_refused"), 4, codes)
        self.assertEqual(codes.count("pin_blocked"), 4, codes)

    def test_pin_is_on_both_media(self):
        self.setUp_somu()
        self.set_pin()
        self.house.end()
        (self.house.homes[0] / "secrets.db").unlink()
        self.house.start()
        self.setUp_somu()
        self.ask_restore(proof=PIN)


def telephone(secret, when="now"):
    """The code that Debian's oathtool shows."""
    return subprocess.run(["oathtool", "--totp", "--base32", f"--now={when}", secret], text=True, capture_output=True,
                          check=True, timeout=60).stdout.strip()


class Totp(Credentials):
    def setUp(self):
        super().setUp()
        self.password = self.house.passwords["joho"]

    def log_in(self, code=None, name="joho"):
        peer = self.peer()
        result = peer.call("login", name=name, password=self.house.passwords[name],
                           **({} if code is None else {"code": code}))
        peer.session = result["session"]
        return peer

    def enrol(self):
        """The secret and the recovery codes. The code used last is that of half a minute ago."""
        joho = self.log_in()
        secret = joho.ask("totp.begin", password=self.password)["secret"]
        done = joho.ask("totp.confirm", code=telephone(secret, "30 seconds ago"))
        return secret, done["codes"]

    def test_secret_counts_only_after_its_first_code(self):
        joho = self.log_in()
        self.refused("wrong_state", joho.ask, "totp.confirm", code="123456")
        self.refused("proof_refused", joho.ask, "totp.begin", password="wrong-password")
        made = joho.ask("totp.begin", password=self.password)
        self.assertEqual(made["uri"], f"otpauth://totp/Kannuki:joho?secret={made['secret']}&issuer=Kannuki")
        self.assertEqual(len(base64.b32decode(made["secret"])), 20)
        self.refused("code_refused", joho.ask, "totp.confirm", code=telephone(made["secret"], "5 minutes ago"))
        self.log_in()
        self.assertFalse(self.peer().call("hello")["codes"])
        done = joho.ask("totp.confirm", code=telephone(made["secret"]))
        self.assertEqual(len(set(done["codes"])), 10)
        self.assertTrue(self.peer().call("hello")["codes"])
        self.refused("login_refused", self.log_in)
        self.assertEqual(joho.view("now")["user"]["recovery_left"], 10)

    def test_login_asks_for_the_code_and_takes_it_once(self):
        secret, _ = self.enrol()
        code = telephone(secret, "30 seconds")
        self.refused("login_refused", self.log_in, telephone(secret, "3 minutes ago"))
        self.log_in(code)
        self.refused("login_refused", self.log_in, code)
        self.start_again()
        self.refused("login_refused", self.log_in, code)

    def test_one_code_for_two_at_once_lets_in_one(self):
        secret, _ = self.enrol()
        code, peers = telephone(secret, "30 seconds"), [self.peer() for _ in range(4)]
        numbers = [peer.send("login", name="joho", password=self.password, code=code) for peer in peers]
        let_in = 0
        for peer, number in zip(peers, numbers):
            try:
                peer.take(number)
                let_in += 1
            except Refused as refused:
                self.assertEqual(refused.code, "login_refused")
        self.assertEqual(let_in, 1)

    def test_nothing_tells_which_part_was_wrong(self):
        secret, _ = self.enrol()
        peer, answers = self.peer("web"), []
        for name, password, code in (("joho", "wrong-password", telephone(secret, "30 seconds")),
                                     ("joho", self.password, "000000"), ("joho", self.password, None),
                                     ("joho", "wrong-password", None), ("nobody", self.password, None),
                                     ("nobody", self.password, "000000"), ("hanako", "wrong-password", "000000")):
            given = {} if code is None else {"code": code}
            with self.assertRaises(Refused) as caught:
                peer.call("login", name=name, password=password, **given)
            answers.append(str(caught.exception))
        self.assertEqual(len(set(answers)), 1, answers)

    def test_wrong_codes_lock_like_wrong_passwords(self):
        self.enrol()
        for _ in range(6):
            self.refused("login_refused", self.log_in, "000000")
        self.refused("locked_out", self.log_in, "000000")

    def test_recovery_code_is_good_once(self):
        _, codes = self.enrol()
        self.log_in(codes[3].upper().replace("-", " "))
        self.refused("login_refused", self.log_in, codes[3])
        self.start_again()
        self.refused("login_refused", self.log_in, codes[3])
        self.assertEqual(self.log_in(codes[9]).view("now")["user"]["recovery_left"], 8)
        self.assertEqual([body["recovery"] for body in self.bodies("login.ok") if "recovery" in body], [3, 9])

    def test_off_and_on_again(self):
        secret, codes = self.enrol()
        joho = self.log_in(codes[0])
        self.refused("proof_refused", joho.ask, "totp.end", password="wrong-password")
        joho.ask("totp.end", password=self.password)
        self.refused("wrong_state", joho.ask, "totp.end", password=self.password)
        self.log_in()
        again, fresh = self.enrol()
        self.assertNotEqual(secret, again)
        self.refused("login_refused", self.log_in, codes[1])
        self.log_in(fresh[1])
        self.assertEqual([body["generation"] for body in self.bodies("user.totp")], [1, 2])
        self.assertEqual(len(self.bodies("user.totp.ended")), 1)

    def test_new_recovery_codes_leave_the_telephone_as_it_is(self):
        secret, codes = self.enrol()
        joho = self.log_in(codes[0])
        self.refused("proof_refused", joho.ask, "totp.codes", password="wrong-password")
        fresh = joho.ask("totp.codes", password=self.password)["codes"]
        self.assertEqual(len(set(fresh) - set(codes)), 10)
        self.assertEqual(joho.view("now")["user"]["recovery_left"], 10)
        self.start_again()
        for old in codes[1:4]:
            self.refused("login_refused", self.log_in, old)
        self.refused("login_refused", self.log_in, telephone(secret, "30 seconds ago"))
        self.log_in(fresh[0])
        self.log_in(telephone(secret))

    def test_without_a_telephone_there_are_no_new_codes(self):
        self.refused("wrong_state", self.log_in().ask, "totp.codes", password=self.password)

    def test_codes_are_on_both_media(self):
        secret, codes = self.enrol()
        self.house.end()
        (self.house.homes[0] / "secrets.db").unlink()
        self.house.start()
        self.log_in(codes[0])
        self.log_in(telephone(secret, "30 seconds"))

    def begin_without_clock(self):
        preloaded = BIN.parent / "tests/unset_clock.so"
        if not preloaded.exists():
            self.skipTest("the sanitizers do not go with a preloaded clock")
        secret, codes = self.enrol()
        self.house.end()
        self.house.environment["LD_PRELOAD"] = str(preloaded)
        return secret, codes

    def test_without_a_clock_a_recovery_code_is_needed(self):
        secret, codes = self.begin_without_clock()
        self.house.start()
        self.refused("login_refused", self.log_in)
        self.refused("login_refused", self.log_in, telephone(secret))
        self.log_in(codes[5])
        self.log_in(name="hanako")

    def test_without_a_clock_the_password_will_do_where_the_site_says_so(self):
        self.begin_without_clock()
        self.house.config.write_text(self.house.config.read_text() + "without_clock: password\n")
        self.house.start()
        self.log_in()
        self.assertEqual([body for body in self.bodies("login.ok") if "no_clock" in body],
                         [{"act": "login.ok", "no_clock": True}])
        self.assertIn("the clock is not set", self.house.words())


class Restart(Credentials):
    def wrong(self):
        """The code of the refusal."""
        with self.peer("cli") as peer, self.assertRaises(Refused) as caught:
            peer.login("joho", "wrong-password")
        return caught.exception.code

    def test_counts_of_wrong_passwords_outlive_the_keeper(self):
        self.assertEqual([self.wrong() for _ in range(6)], ["login_refused"] * 6)
        self.start_again(signal.SIGTERM)
        wait_until("the end of the lock", lambda: self.wrong() == "login_refused")
        self.assertEqual(self.wrong(), "locked_out")  # as after the seventh, not after the first
        self.person("joho")


class Nowhere(Credentials):
    def test_no_secret_is_in_record_journal_or_bundle(self):
        """What people typed or were shown, right or wrong; in secrets.db stand hashes, and the secret of the codes."""
        pin, wrong_pin, wrong = "284061935728", "306917528493", "this-password-is-wrong"
        somu, password, new = self.person("somu"), self.house.passwords["somu"], "another-long-password"
        self.refused("login_refused", self.peer().login, "somu", wrong)
        self.refused("proof_refused", somu.ask, "pin", password=wrong, pin=pin)
        somu.ask("pin", password=password, pin=pin)
        self.refused("pin_refused", somu.act, "erasure.requested", body={"seq": 1, "name": "text"},
                     text={"authority": "条例", "reason": "試し"}, proof=wrong_pin)
        somu.ask("password", old=password, new=new)
        secret = somu.ask("totp.begin", password=new)["secret"]
        codes = somu.ask("totp.confirm", code=telephone(secret))["codes"]
        self.peer().call("login", name="somu", password=new, code=codes[0])
        self.refused("login_refused", self.peer().call, "login", name="somu", password=new, code=codes[0])
        kansa = self.person("kansa")
        kansa.ask("ledger.export", name="all")
        self.refused("login_refused", kansa.call, "login", name="kansa", password=wrong)
        with open(f"/proc/{self.house.process.pid}/limits", encoding="ascii") as limits:
            self.assertRegex(limits.read(), r"Max core file size +0 +0 ")
        self.house.end(signal.SIGABRT)  # what it leaves when it dies is searched as well
        typed = [pin, wrong_pin, wrong, password, new, *codes, *(code.replace("-", "") for code in codes)]
        seed = [secret, base64.b32decode(secret).hex()]
        searched = 0
        for path in self.house.root.rglob("*"):
            if not path.is_file() or path.is_symlink():
                continue
            data = path.read_bytes()
            searched += 1
            for word in typed + ([] if path.name == "secrets.db" else seed):
                self.assertNotIn(word.encode(), data, path)
        self.assertGreater(searched, 8)


class Envelope(Credentials):
    SITE = (SOURCE / "scripts/sample/site.yaml").read_text() + \
        "  - {login: futo, name: 緊急用の封筒, kind: envelope, roles: [sysadmin]}\n"

    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)
        site = self.house.root / "site.yaml"
        site.write_text(self.SITE.replace("kind: envelope", "kind: letter"))
        self.assertIn("letter", self.house.set_up(site).stderr)
        site.write_text(self.SITE)
        done = self.house.set_up(site)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.house.start()

    def seal(self, name):
        peer = self.person(name)
        return peer.ask("envelope.seal", user="u7", proof=self.house.passwords[name])

    def test_opened_envelope_is_told_until_somebody_else_has_noted_it(self):
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        self.assertFalse(panel.next_push("panel.lamps")["fault"])
        watcher = self.person("hanako")
        watcher.ask("subscribe")
        self.assertNotIn("envelope", watcher.view("now"))
        opener = self.person("futo")
        self.assertEqual(opener.view("now")["envelope"]["name"], "緊急用の封筒")
        watcher.next_push("changed")
        self.assertEqual(watcher.view("now")["envelope"]["user"], "u7")
        self.assertTrue(panel.next_push("panel.lamps")["fault"])
        self.assertTrue(self.peer().call("hello")["envelope"])
        self.start_again()
        self.assertTrue(self.peer().call("hello")["envelope"])
        # It may do what its roles allow, but not clear itself away.
        opener = self.person("futo")
        opener.act("incident.declared", text="担当者が全員不在")
        self.assertEqual(self.refused("wrong_state", opener.ask, "envelope.seal", user="u7",
                                      proof=self.house.passwords["futo"])["why"], "own_envelope")
        self.refused("wrong_role", self.seal, "hanako")
        sealed = self.seal("joho")
        self.assertFalse(self.peer().call("hello")["envelope"])
        self.assertNotIn("envelope", self.person("hanako").view("now"))
        self.refused("login_required", opener.view, "now")
        self.refused("login_refused", self.person, "futo")
        self.house.passwords["futo"] = sealed["password"]
        self.start_again()
        self.person("futo")
        self.assertEqual(len(self.bodies("envelope.opened")), 3)
        self.assertEqual(self.bodies("envelope.noted"), [{"act": "envelope.noted", "generation": 2, "user": "u7"}])

    def test_only_an_envelope_is_sealed(self):
        joho = self.person("joho")
        for user in ("u1", "u99"):
            self.refused("invalid", joho.ask, "envelope.seal", user=user, proof=self.house.passwords["joho"])
        self.refused("proof_refused", joho.ask, "envelope.seal", user="u7", proof="wrong-password")

    def test_one_that_nobody_opened_is_renewed_at_the_console(self):
        screen = Screen(str(self.house.root))
        self.addCleanup(screen.end)
        screen.log_in("joho", self.house.passwords["joho"])
        screen.wait("閂[^>\n]*> $")
        screen.line("user envelope renew hanako")
        screen.wait("封筒ではありません")
        screen.wait("> $")
        screen.line("user envelope renew futo")
        screen.wait("番号.*: $")
        screen.line("1")
        screen.wait("パスワード: $")
        screen.line(self.house.passwords["joho"])
        screen.wait("封筒の新しいパスワードです")
        fresh = screen.wait(r"\n +((?:[a-z2-9]{4}-){3}[a-z2-9]{4})").group(1)
        screen.wait("> $")
        self.refused("login_refused", self.person, "futo")
        self.assertEqual(self.bodies("envelope.opened"), [])
        self.house.passwords["futo"] = fresh
        self.person("futo")

    def test_consoles_tell_of_it(self):
        screen = Screen(str(self.house.root))
        self.addCleanup(screen.end)
        screen.log_in("joho", self.house.passwords["joho"])
        screen.wait("閂[^>\n]*> $")
        screen.line("user envelope noted")
        screen.wait("封筒は開けられていません")
        screen.wait("> $")
        self.person("futo")
        screen.wait("封筒が開けられました: 緊急用の封筒でログイン")
        screen.line("show now")
        screen.wait("封筒が開けられました: 緊急用の封筒でログイン")
        screen.wait("> $")
        screen.line("user envelope noted")
        screen.wait("番号.*: $")
        screen.line("1")
        screen.wait("パスワード: $")
        screen.line(self.house.passwords["joho"])
        screen.wait("封筒の新しいパスワードです")
        self.house.passwords["futo"] = screen.wait(r"\n +((?:[a-z2-9]{4}-){3}[a-z2-9]{4})").group(1)
        screen.wait("> $")
        self.person("futo")


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

    def photograph(self, drawn):
        """What a decoder that is not ours reads in the picture of the terminal's text: light letters on a dark screen."""
        light = {" ": (0, 0), "▀": (255, 0), "▄": (0, 255), "█": (255, 255)}
        rows = [[light[letter][half] for letter in line for _ in range(4)]
                for line in drawn.splitlines() for half in (0, 1) for _ in range(4)]
        picture = self.house.root / "screen.pgm"
        picture.write_bytes(b"P5 %d %d 255\n" % (len(rows[0]), len(rows)) + b"".join(map(bytes, rows)))
        return subprocess.run(["zbarimg", "--quiet", "--raw", picture], text=True, capture_output=True, check=True,
                              timeout=60).stdout.strip()

    def test_pin_is_taken_back_and_codes_are_renewed(self):
        screen, password = self.screen, self.house.passwords["joho"]
        screen.log_in("joho", password)
        screen.wait("閂[^>\n]*> $")
        for line, said in (("user pin off", "現在の状態では行えません|いまの状態ではできません"),
                           ("user totp codes", "現在の状態では行えません|いまの状態ではできません")):
            screen.line(line)
            screen.wait("いまのパスワード: $")
            screen.line(password)
            screen.wait(said)
            screen.wait("> $")

    def test_codes_from_a_telephone_are_set_up_used_and_ended(self):
        screen, password = self.screen, self.house.passwords["joho"]
        screen.log_in("joho", password)
        screen.wait("閂[^>\n]*> $")
        screen.line("user totp")
        screen.wait("いまのパスワード: $")
        screen.line(password)
        drawn = screen.wait(r"((?:[█▀▄ ]{30,}\n)+)スマートフォンの認証アプリで読み取る")
        self.assertEqual(len({len(line) for line in drawn.group(1).splitlines()}), 1)
        uri = self.photograph(drawn.group(1))
        groups = screen.wait(r"\n +((?:[A-Z2-7]{4} ?){8})\n").group(1)
        self.assertEqual(uri, f"otpauth://totp/Kannuki:joho?secret={groups.replace(' ', '')}&issuer=Kannuki")
        screen.wait("コード（6桁）: $")
        screen.line("000000")
        screen.wait("いまのコードと違います")
        screen.wait("コード（6桁）: $")
        screen.line(telephone(groups.replace(" ", ""), "30 seconds ago"))
        screen.wait("記録しました")
        codes = [screen.wait(rf"\n +{n}  ([a-z2-9-]{{19}})").group(1) for n in range(1, 11)]
        screen.wait("> $")
        screen.line("logout")
        screen.log_in("joho", password)
        screen.wait("使っていなければEnter）: $")
        screen.line("")
        screen.wait("名前またはパスワードが違います")
        screen.log_in("joho", password)
        screen.wait("使っていなければEnter）: $")
        screen.line("000000")
        screen.wait("コードのどれかが違います")
        screen.log_in("joho", password)
        screen.wait("使っていなければEnter）: $")
        screen.line(codes[0])
        screen.wait("閂[^>\n]*> $")
        screen.line("user totp codes")
        screen.wait("いまのパスワード: $")
        screen.line(password)
        fresh = [screen.wait(rf"\n +{n}  ([a-z2-9-]{{19}})").group(1) for n in range(1, 11)]
        self.assertEqual(set(fresh) & set(codes), set())
        screen.wait("認証アプリはそのまま使えます")
        screen.wait("> $")
        screen.line("user totp off")
        screen.wait("いまのパスワード: $")
        screen.line(password)
        screen.wait("記録しました")
        screen.wait("> $")

    def test_ascii_terminal_gets_the_secret_as_text(self):
        screen = Screen(str(self.house.root), "--ascii")
        self.addCleanup(screen.end)
        screen.log_in("joho", self.house.passwords["joho"])
        screen.wait("kannuki[^>\n]*> $")
        screen.line("user totp")
        screen.wait("Present password: $")
        screen.line(self.house.passwords["joho"])
        screen.wait("Type this into the code app")
        screen.wait(r"\n +(?:[A-Z2-7]{4} ?){8}\n")
        screen.wait("otpauth://totp/Kannuki:joho")
        self.assertTrue(screen.text().isascii())


if __name__ == "__main__":
    tap.main()
