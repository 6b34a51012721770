#!/usr/bin/env python3
"""People: two agree on a change, first passwords, last days, absence and deputies; over the sockets of a real keeper."""
import datetime
import secrets
import signal

import tap
from housed import Housed
from keeperhouse import BIN, Refused
from screen import Screen


class People(Housed):
    def setUp(self):
        super().setUp()
        self.somu, self.ciso = self.person("somu"), self.person("ciso")

    def proof(self, name):
        return {"proof": self.house.passwords[name]}

    def request(self, *changes, by="somu", person=None, **body):
        """As one person asks; the persons of the changes stand under "person" in each."""
        given = [dict(change) for change in changes]
        persons = {str(n): change.pop("person") for n, change in enumerate(given, 1) if "person" in change}
        peer = {"somu": self.somu, "ciso": self.ciso}.get(by) or self.person(by)
        return peer.act("people.requested", body={"changes": given, **body}, person=persons, **self.proof(by))["seq"]

    def approve(self, number, count=1, by="ciso", **params):
        peer = {"somu": self.somu, "ciso": self.ciso}.get(by) or self.person(by)
        return peer.act("people.approved", body={"request": number, "changes": count}, **self.proof(by), **params)

    def add(self, login, name, roles=("staff",), **more):
        return {"do": "add", "kind": "staff", "roles": list(roles), "person": {"login": login, "name": name}, **more}

    def agree(self, *changes):
        answer = self.approve(self.request(*changes), len(changes))
        return {one["login"]: one["password"] for one in answer["passwords"]}

    def user(self, name):
        return next(u for u in self.ciso.view("people")["users"] if name in (u["id"], u.get("login")) and
                    u["state"] != "ended")

    def enter(self, login, first, own="own-password-1"):
        """Somebody new: the first login, and a password of their own."""
        peer = self.peer()
        self.assertTrue(peer.login(login, first)["must_change"])
        peer.ask("password", old=first, new=own)
        self.house.passwords[login] = own
        return peer


class Accounts(People):
    def test_two_people_make_an_account_and_its_first_password_does_one_thing(self):
        number = self.request(self.add("shinjin", "見本六郎", title="主事"))
        self.assertNotIn("shinjin", [u.get("login") for u in self.ciso.view("people")["users"]])
        shown = self.ciso.view("people_request", about=str(number))
        self.assertEqual([(c["do"], c["name"]) for c in shown["changes"]], [("add", "見本六郎")])
        answer = self.approve(number)
        self.assertEqual([one["login"] for one in answer["passwords"]], ["shinjin"])
        first = answer["passwords"][0]["password"]

        peer = self.peer()
        self.assertTrue(peer.login("shinjin", first)["must_change"])
        self.refused("password_first", peer.view, "now")
        self.refused("password_first", peer.act, "incident.declared")
        self.refused("password_first", peer.ask, "subscribe")
        self.assertEqual(self.refused("invalid", peer.ask, "password", old=first, new="short")["field"], "new")
        peer.ask("password", old=first, new="own-password-1")
        self.assertEqual(peer.view("now")["user"]["name"], "見本六郎")
        self.refused("login_refused", self.peer().login, "shinjin", first)
        self.assertFalse(self.peer().login("shinjin", "own-password-1")["must_change"])

    def test_a_first_password_is_recorded_and_logged_nowhere(self):
        first = self.agree(self.add("shinjin", "見本六郎"))["shinjin"]
        self.house.end()
        needle = first.encode()
        for path in self.house.root.rglob("*"):
            if path.is_file():
                self.assertNotIn(needle, path.read_bytes(), path)

    def test_who_asked_cannot_approve(self):
        number = self.request(self.add("shinjin", "見本六郎"))
        self.assertEqual(self.refused("wrong_role", self.approve, number, by="somu")["why"], "same_person")
        self.assertEqual(self.refused("wrong_role", self.approve, number, by="joho")["why"], "role")

    def test_entries_name_both_people(self):
        number = self.request(self.add("shinjin", "見本六郎"))
        seq = self.approve(number)["seq"]
        entries = [self.ciso.ask("ledger.show", **{"from": s, "count": 1})["entries"][0] for s in (seq, seq + 1)]
        self.assertEqual([e["body"]["act"] for e in entries], ["people.approved", "user.added"])
        self.assertEqual(entries[1]["body"]["approved_by"], ["u4", "u5"])
        self.assertEqual(entries[1]["who"], "u5")

    def test_an_approval_sent_again_is_recorded_once_and_shows_no_password(self):
        number, idem = self.request(self.add("shinjin", "見本六郎")), secrets.token_hex(16)
        first = self.approve(number, idem=idem)
        again = self.approve(number, idem=idem)
        self.assertEqual(first["seq"], again["seq"])
        self.assertNotIn("passwords", again)

    def test_a_newer_request_replaces_the_older_one(self):
        older = self.request(self.add("a", "甲"))
        self.request(self.add("b", "乙"))
        self.assertEqual(self.refused("wrong_state", self.approve, older)["why"], "no_people_request")

    def test_an_ended_account_loses_its_sessions_at_once(self):
        hanako = self.person("hanako")
        self.agree({"do": "end", "user": "u1"})
        self.refused("login_required", hanako.view, "now")
        self.refused("login_refused", self.peer().login, "hanako", self.house.passwords["hanako"])
        passwords = self.agree(self.add("hanako", "別の花子"))
        self.enter("hanako", passwords["hanako"])
        self.assertEqual(self.user("hanako")["id"], "u7")

    def test_a_reset_ends_sessions_and_the_old_password(self):
        hanako, old = self.person("hanako"), self.house.passwords["hanako"]
        first = self.agree({"do": "reset", "user": "u1"})["hanako"]
        self.refused("login_required", hanako.view, "now")
        self.refused("login_refused", self.peer().login, "hanako", old)
        self.enter("hanako", first)

    def test_two_administrators_must_remain(self):
        number = self.refused("wrong_state", self.request, {"do": "end", "user": "u4"})
        self.assertEqual(number["why"], "administrators")

    def test_everything_is_there_after_a_restart(self):
        passwords = self.agree(self.add("shinjin", "見本六郎"), self.add("fuutou", "封筒", kind="envelope"))
        number = self.request(self.add("tsugi", "次の人"))
        self.house.end(signal.SIGKILL)
        self.house.start()
        self.somu, self.ciso = self.person("somu"), self.person("ciso")
        self.enter("shinjin", passwords["shinjin"])
        self.assertFalse(self.peer().login("fuutou", passwords["fuutou"])["must_change"])
        self.approve(number)


class Days(People):
    DAY = 24 * 60 * 60

    def setUp(self):
        preloaded = BIN.parent / "tests/stepped_clock.so"
        if not preloaded.exists():
            self.skipTest("the sanitizers do not go with a preloaded clock")
        super().setUp()
        self.step = self.house.root / "step"
        self.house.end()
        self.house.environment.update(LD_PRELOAD=str(preloaded), STEPPED_CLOCK=str(self.step))
        self.house.start()
        self.somu, self.ciso = self.person("somu"), self.person("ciso")

    def day(self, ahead):
        japan = datetime.timezone(datetime.timedelta(hours=9))
        return (datetime.datetime.now(japan) + datetime.timedelta(days=ahead)).date().isoformat()

    def test_a_last_day_ends_sessions_and_logins_and_can_be_put_off(self):
        hanako = self.person("hanako")
        self.agree({"do": "change", "user": "u1", "until": self.day(2)})
        hanako.view("now")
        self.step.write_text(str(4 * self.DAY))
        self.refused("account_over", hanako.view, "now")
        self.refused("login_required", hanako.view, "now")
        self.refused("account_over", self.peer().login, "hanako", self.house.passwords["hanako"])
        self.agree({"do": "change", "user": "u1", "until": self.day(30)})
        self.person("hanako").view("now")


class Console(People):
    """What a person at a terminal does."""

    def screen(self, name):
        screen = Screen(self.house.root)
        self.addCleanup(screen.end)
        screen.log_in(name, self.house.passwords[name])
        screen.wait("閂[^>]*> ")
        return screen

    def approve_on(self, screen, name):
        screen.line("user approve")
        screen.wait("以上をすべて承認しますか")
        screen.line("1")
        screen.wait("パスワード")
        screen.line(self.house.passwords[name])
        screen.wait("初回パスワードです")

    def test_an_account_is_asked_for_approved_and_entered(self):
        somu = self.screen("somu")
        somu.line("user add")
        somu.wait("区分を選んで")
        somu.line("1")
        for answer in ("shinjin", "見本六郎", "総務課", "", "", "", ""):
            somu.wait(": ")
            somu.line(answer)
        somu.wait("役割を選んで")
        somu.line("8")
        somu.wait("最終日")
        somu.line("")
        somu.wait("パスワード")
        somu.line(self.house.passwords["somu"])
        somu.wait("別の人の承認が必要です")
        ciso = self.screen("ciso")
        self.approve_on(ciso, "ciso")
        first = ciso.wait(r"shinjin +([a-z0-9-]{19})").group(1)
        new = Screen(self.house.root)
        self.addCleanup(new.end)
        new.log_in("shinjin", first)
        for _ in range(2):
            new.wait("新しいパスワード[^:]*: ")
            new.line("own-password-1")
        new.wait("閂[^>]*> ")
        new.line("user show shinjin")
        new.wait("総務課")

    def ask_for(self, screen, *steps):
        """Types a command and its answers, up to the password; each step is what is waited for, and what is typed."""
        for shown, typed in steps:
            screen.wait(shown)
            screen.line(typed)
        screen.wait("パスワード")
        screen.line(self.house.passwords["somu"])
        screen.wait("別の人の承認が必要です")
        screen.wait("閂[^>]*> $")

    def approve_all(self, screen):
        screen.line("user approve")
        screen.wait("以上をすべて承認しますか")
        screen.line("1")
        screen.wait("パスワード")
        screen.line(self.house.passwords["ciso"])
        screen.wait("(?s)記録しました.*閂[^>]*> $")

    def test_a_last_day_an_end_and_a_lost_password(self):
        somu, ciso = self.screen("somu"), self.screen("ciso")
        somu.line("user change hanako")
        self.ask_for(somu, ("何を変えますか", "3"), ("最終日[^:]*: ", "2027-03-31"))
        self.approve_all(ciso)
        self.assertEqual(self.user("hanako")["until"], "2027-03-31")
        somu.line("user change kacho")
        self.ask_for(somu, ("何を変えますか", "2"), ("役割を選んで", "8"))
        self.approve_all(ciso)
        self.assertEqual([role["id"] for role in self.user("kacho")["roles"]], ["staff"])
        somu.line("user reset joho")
        self.ask_for(somu, ("初回パスワード", "1"))
        self.approve_on(ciso, "ciso")
        first = ciso.wait(r"joho +([a-z0-9-]{19})").group(1)
        ciso.wait("閂[^>]*> $")
        self.assertRaises(Refused, self.house.login, "joho")
        self.enter("joho", first)
        somu.line("user end hanako")
        self.ask_for(somu, ("終了します", "1"))
        self.approve_all(ciso)
        self.refused("login_refused", self.peer().login, "hanako", self.house.passwords["hanako"])
        somu.line("user change nobody")
        somu.wait("「nobody」という利用者はいません")
        somu.wait("閂[^>]*> $")
        somu.line("user end kansa")
        somu.wait("終了します")
        somu.line("0")
        somu.wait("閂[^>]*> $")
        self.assertEqual(self.user("kansa")["state"], "open")

    def test_away_with_a_deputy_and_back(self):
        kacho, day = self.screen("kacho"), (datetime.date.today() + datetime.timedelta(days=3)).isoformat()
        kacho.line("user absent")
        for shown, typed in (("最終日[^:]*: ", "あさって"), ("(?s)日付として読めません.*最終日[^:]*: ", "\x15" + day),
                             ("代決する人[^:]*: ", "somu")):
            kacho.wait(shown)
            kacho.line(typed)
        kacho.wait("記録しました")
        self.assertEqual(self.user("kacho")["away"], {"until": day, "deputy": self.user("somu")["id"],
                                                      "deputy_name": "見本三郎"})
        kacho.wait("閂[^>]*> $")
        kacho.line("user list")
        kacho.wait(f"(?s)見本一郎.*不在 {day}.*代理 見本三郎")
        kacho.wait("閂[^>]*> $")
        kacho.line("user back")
        kacho.wait("記録しました")
        self.assertIsNone(self.user("kacho")["away"])
        kacho.wait("閂[^>]*> $")
        # For somebody else it takes the right to, which a head has and a clerk has not.
        hanako = self.screen("hanako")
        for screen, said in ((kacho, "記録しました"), (hanako, "(?s)! ほかの人の不在は.*が登録します")):
            screen.line("user absent ciso")
            for shown, typed in (("最終日[^:]*: ", day), ("代決する人[^:]*: ", "")):
                screen.wait(shown)
                screen.line(typed)
            screen.wait(said)
            screen.wait("閂[^>]*> $")
        self.assertEqual(self.user("ciso")["away"]["until"], day)

    def test_a_table_of_200_people_is_one_request(self):
        folder = self.house.root / "var/lib/kannuki-console"
        folder.mkdir(parents=True)
        somu = self.screen("somu")
        somu.line("user export all.csv")
        somu.wait("書き出しました")
        table = (folder / "all.csv").read_text("utf-8-sig")
        new = "".join(f'"","p{n}","異動 {n}","住民福祉課","主事","内線{n}","","p{n}@mihon.example","職員","職員等","",""\r\n'
                      for n in range(200))
        (folder / "april.csv").write_bytes((table + new).encode("cp932"))
        somu.line("user import april.csv")
        somu.wait("変更200件、変わらない人6人")
        somu.wait("1件の申請として出しますか")
        somu.line("1")
        somu.wait("パスワード")
        somu.line(self.house.passwords["somu"])
        somu.wait(r"別の人の承認が必要です")
        waiting = [r for r in self.ciso.view("people_requests")["requests"] if r["state"] == "asked"]
        self.assertEqual([(r["count"], r["more"]) for r in waiting], [(200, False)])

    def test_a_table_with_mistakes_asks_for_nothing(self):
        folder = self.house.root / "var/lib/kannuki-console"
        folder.mkdir(parents=True)
        (folder / "bad.csv").write_text("ログイン名,氏名,役割\nhanako,見本花子,皇帝\n")
        somu = self.screen("somu")
        somu.line("user import bad.csv")
        somu.wait("2行目「役割」")
        somu.wait("何も申請していません")
        self.assertEqual(self.ciso.view("people_requests")["requests"], [])


class Killed(People):
    def test_an_approval_is_there_as_a_whole_or_not_at_all(self):
        for n in range(4):
            number = self.request(*(self.add(f"p{n}x{i}", f"異動{n}の{i}") for i in range(3)))
            peer = self.person("ciso")
            peer.send("act", session=peer.session, idem=secrets.token_hex(16), act="people.approved",
                      body={"request": number, "changes": 3}, **self.proof("ciso"))
            self.somu.view("now")
            if n % 2:
                self.somu.ask("ledger.media")
            self.house.end(signal.SIGKILL)
            self.house.start()
            self.somu, self.ciso = self.person("somu"), self.person("ciso")
            there = [u for u in self.ciso.view("people")["users"] if u.get("login", "").startswith(f"p{n}x")]
            request = next(r for r in self.ciso.view("people_requests")["requests"] if r["request"] == number)
            self.assertEqual((len(there), request["state"]), (3, "done") if there else (0, "asked"))


if __name__ == "__main__":
    tap.main()
