#!/usr/bin/env python3
"""The keeper over its sockets: people, acts, bad peers, the panel, exports."""
import base64
import json
import os
import pathlib
import secrets
import signal
import stat
import subprocess
import zipfile

import tap
from authority import Authority
from housed import Callers
from keeperhouse import BIN, House, Panel, Peer, Refused, wait_until
from witness import Neighbour


class Keeper(Callers):
    """One keeper for all cases: they only add to its record."""

    @classmethod
    def setUpClass(cls):
        cls.house = House()
        done = cls.house.set_up()
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.house.start()

    @classmethod
    def tearDownClass(cls):
        cls.house.close()

    def panel(self):
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        return panel

    def declare(self, person, **params):
        return person.act("incident.declared", text="端末の画面に脅迫文が出た", **params)


class People(Keeper):
    def test_hello_tells_who_answers(self):
        hello = self.peer().call("hello")
        self.assertEqual(hello["organisation"], "見本村")
        self.assertEqual(hello["genesis"], self.house.genesis)
        self.assertTrue(hello["recording"])

    def test_login_by_login_name_and_by_full_name(self):
        password = self.house.passwords["hanako"]
        for name in ("hanako", "見本花子"):
            result = self.peer().login(name, password)
            self.assertEqual(result["user"]["name"], "見本花子")
            self.assertEqual([role["id"] for role in result["user"]["roles"]], ["staff"])
            self.assertRegex(result["session"], "^[0-9a-f]{32}$")
            self.assertRegex(result["receipt"]["code"], "^[0-9A-F]{4}-[0-9A-F]{4}$")

    def test_wrong_name_and_wrong_password_look_alike(self):
        peer = self.peer()
        self.assertEqual(self.refused("login_refused", peer.login, "joho", "wrong-password"), {})
        self.assertEqual(self.refused("login_refused", peer.login, "nobody", "wrong-password"), {})

    def test_too_many_wrong_passwords_lock_that_name_on_that_socket_only(self):
        peer = self.peer("cli")
        for name in ("ciso", "no-such-name"):
            for _ in range(6):
                self.refused("login_refused", peer.login, name, "wrong-password")
            args = self.refused("locked_out", peer.login, name, self.house.passwords["ciso"])
            self.assertGreaterEqual(args["seconds"], 1)
        self.refused("locked_out", peer.login, "見本四郎", "wrong-password")
        self.person("ciso", "console")

    def test_session_is_bound_to_its_kind_of_peer(self):
        person = self.person("hanako")
        web = self.peer("web")
        web.session = person.session
        self.refused("login_required", web.view, "now")
        person.view("now")

    def test_logout_ends_the_session(self):
        person = self.person("hanako")
        self.assertIn("seq", person.ask("logout"))
        self.refused("login_required", person.view, "now")

    def test_ninth_session_ends_the_oldest_of_the_same_person(self):
        first, later = self.person("kansa"), self.peer()
        for _ in range(8):
            later.login("kansa", self.house.passwords["kansa"])
        self.refused("login_required", first.view, "now")
        later.view("now")

    def test_new_password_ends_other_sessions_and_the_old_password(self):
        old, new = self.house.passwords["somu"], "a-new-password"
        person, other = self.person("somu"), self.person("somu")
        self.assertEqual(self.refused("invalid", person.ask, "password", old=old, new="short")["field"], "new")
        self.refused("proof_refused", person.ask, "password", old="wrong-password", new=new)
        self.assertIn("seq", person.ask("password", old=old, new=new))
        self.house.passwords["somu"] = new
        person.view("now")
        self.refused("login_required", other.view, "now")
        self.refused("login_refused", self.peer().login, "somu", old)
        self.person("somu")

    def test_flood_of_logins_is_bounded_and_does_not_hold_a_press(self):
        peers = [self.peer("web") for _ in range(10)]
        panel = self.panel()
        numbers = [(peer, peer.send("login", name="nobody", password="x" * 12)) for peer in peers for _ in range(3)]
        panel.event(secrets.randbelow(1 << 31), "test_pressed")
        waiting = [peer for peer in peers if not self.has_answers(peer, 3)]
        self.assertTrue(waiting, "the press was answered only after all the logins")
        codes = []
        for peer, number in numbers:
            with self.assertRaises(Refused) as caught:
                peer.take(number)
            codes.append(caught.exception.code)
        self.assertIn("busy", codes)
        self.assertIn("login_refused", codes)

    @staticmethod
    def has_answers(peer, count):
        peer.socket.setblocking(False)
        try:
            while len(peer.answers) < count:
                message = peer.receive()
                peer.answers[message["id"]] = message
        except BlockingIOError:
            pass
        finally:
            peer.socket.settimeout(30)
        return len(peer.answers) == count


class Acts(Keeper):
    def test_receipt_and_new_case(self):
        person = self.person("hanako")
        receipt = self.declare(person)
        self.assertRegex(receipt["about"], r"^20\d\d-\d{3}$")
        self.assertRegex(receipt["code"], "^[0-9A-F]{4}-[0-9A-F]{4}$")
        heads = person.view("incidents")["incidents"]
        self.assertIn(receipt["about"], [head["about"] for head in heads])

    def test_retry_gets_the_old_receipt(self):
        person, idem = self.person("hanako"), secrets.token_hex(16)
        first = self.declare(person, idem=idem)
        again = self.declare(person, idem=idem)
        self.assertEqual((first["seq"], first["about"]), (again["seq"], again["about"]))

    def test_retry_within_the_same_group_is_recorded_once(self):
        person, idem = self.person("hanako"), secrets.token_hex(16)
        wish = dict(session=person.session, idem=idem, act="incident.declared", text="二重送信")
        numbers = [person.send("act", **wish) for _ in range(20)]
        self.assertEqual(len({person.take(number)["seq"] for number in numbers}), 1)

    def test_idem_of_somebody_else_or_another_act_is_a_conflict(self):
        idem = secrets.token_hex(16)
        about = self.declare(self.person("hanako"), idem=idem)["about"]
        self.refused("conflict", self.declare, self.person("kacho"), idem=idem)
        self.refused("conflict", self.person("hanako").act, "incident.noted", about=about, idem=idem, text="x")

    def test_nobody_can_take_the_key_of_an_event_to_come(self):
        person, panel, number = self.person("hanako"), self.panel(), secrets.randbelow(1 << 31)
        self.declare(person, idem=f"{panel.CONTROLLER}{panel.JOURNAL}{number:08x}")
        press = panel.event(number, "isolate_pressed")
        self.assertEqual(panel.event(number, "isolate_pressed")["seq"], press["seq"])

    def test_wrong_role_says_whose_act_it_is(self):
        about = self.declare(self.person("hanako"))["about"]
        args = self.refused("wrong_role", self.person("hanako").act, "incident.triaged", about=about,
                            body={"verdict": "incident"}, lang="ja")
        self.assertTrue(args)
        self.refused("wrong_role", self.declare, self.person("kansa"))

    def test_absent_case_is_not_found(self):
        self.refused("not_found", self.person("hanako").act, "incident.noted", about="1999-001", text="x")

    def test_misshapen_acts_name_the_field(self):
        person = self.person("hanako")
        about = self.declare(person)["about"]
        for field, params in {
            "act": dict(act="heartbeat", body={}),
            "about": dict(act="incident.noted", text="x"),
            "row": dict(act="incident.checked", about=about, body={"state": "done"}),
            "colour": dict(act="incident.checked", about=about, body={"row": "a", "state": "done", "colour": "red"}),
            "text": dict(act="report.submitted", about=about, body={"report": 1}, text="x"),
            "person": dict(act="incident.noted", about=about, person={"name": "x"}),
        }.items():
            args = self.refused("invalid", person.act, params.pop("act"), **params)
            self.assertEqual(args["field"], field, args)

    def test_seal_needs_the_password_once_more(self):
        clerk, head = self.person("hanako"), self.person("kacho")
        about = self.declare(clerk)["about"]
        clerk.act("report.drafted", about=about, body={"report": 1, "stage": "first", "cells": {}}, text={})
        clerk.act("report.submitted", about=about, body={"report": 1})
        seal = dict(about=about, body={"report": 1, "manner": "screen"})
        self.refused("proof_required", head.act, "report.approved", **seal)
        self.refused("proof_refused", head.act, "report.approved", proof="wrong-password", **seal)
        receipt = head.act("report.approved", proof=self.house.passwords["kacho"], **seal)
        self.assertIn("seq", receipt)
        chain = head.view("report", about=about, report=1)["chain"]
        self.assertIn("sealed", [step["state"] for step in chain if step["role"] == "head"])

    def test_changed_is_pushed_after_a_commit(self):
        person, other = self.person("hanako"), self.person("kacho")
        other.ask("subscribe")
        receipt = self.declare(person)
        while other.next_push("changed")["entries"] <= receipt["seq"]:
            pass

    def test_every_view_of_a_case_is_answered(self):
        person = self.person("kacho")
        about = self.declare(person)["about"]
        for what in ("incident", "checklist", "facts", "timeline"):
            self.assertEqual(person.view(what, about=about)["about"], about)
        self.refused("invalid", person.view, "no-such-view")


class BadPeers(Keeper):
    def closes(self, peer, data):
        """What the keeper says to `data` before it closes."""
        peer.socket.send(data)
        words = []
        try:
            while True:
                words.append(peer.receive())
        except ConnectionError:
            return words

    def test_bad_message_closes_that_connection_only(self):
        good = self.peer()
        for data in (b"{", b"[]", b"null", b'"x"', b"{}", b'{"id":1}', b'{"id":-1,"method":"hello"}',
                     b'{"id":1,"id":2,"method":"hello"}', b'{"id":1,"method":"hello","extra":1}',
                     b'{"id":1,"method":"hello"}x', b'{"id":1,"method":"hello","params":[]}',
                     b'{"id":1,"method":"he\\u0000llo"}', b"\xff\xfe", b'{"id":1,"method":"\xc0\xaf"}',
                     b'{"id":1e400,"method":"hello"}', b"[" * 5000, b'{"id":1.0,"method":"hello"}'):
            with self.subTest(data=data[:40]):
                words = self.closes(self.peer("cli"), data)
                for word in words:
                    self.assertEqual(word["error"]["code"], "bad_message")
        self.assertEqual(good.call("hello")["organisation"], "見本村")

    def test_oversized_message_closes_that_connection(self):
        big = json.dumps({"id": 1, "method": "login", "params": {"name": "x" * 70000, "password": "y"}}).encode()
        self.closes(self.peer(), big)
        fits = {"id": 1, "method": "login", "params": {"name": "x" * 60000, "password": "y"}}
        peer = self.peer()
        peer.socket.send(json.dumps(fits).encode())
        self.assertEqual(peer.receive()["error"]["code"], "invalid")

    def test_unknown_method_and_foreign_method_are_refused(self):
        peer = self.peer()
        self.refused("unknown_method", peer.call, "no.such.method")
        self.refused("peer_refused", peer.call, "panel.hello", controller="0" * 16, firmware="1", map=1)
        self.refused("peer_refused", self.panel().call, "login", name="hanako", password="x")

    def test_params_are_checked(self):
        peer = self.peer()
        self.assertEqual(self.refused("invalid", peer.call, "login", name="hanako")["field"], "password")
        self.assertEqual(self.refused("invalid", peer.call, "hello", extra=1)["field"], "extra")
        self.assertEqual(self.refused("invalid", peer.call, "view", session="short", what="now")["field"], "session")
        self.refused("login_required", peer.call, "view", session="0" * 32, what="now")

    def test_reader_that_does_not_read_is_cut_off_alone(self):
        person, stalled = self.person("hanako"), self.peer("web")
        stalled.socket.setblocking(False)
        gone = False
        for number in range(200000):
            try:
                stalled.socket.send(json.dumps({"id": number, "method": "hello"}).encode())
            except BlockingIOError:
                person.view("now")
            except (BrokenPipeError, ConnectionResetError):
                gone = True
                break
        self.assertTrue(gone)
        self.assertIn("seq", self.declare(person))

    def test_more_connections_than_allowed_are_turned_away(self):
        peers = [self.peer("cli") for _ in range(16)]
        extra = self.peer("cli")
        with self.assertRaises(ConnectionError):
            extra.call("hello")
        for peer in peers:
            peer.call("hello")
            peer.close()
        self.person("hanako", "console")

    def test_flood_of_bad_peers_leaves_the_others_working(self):
        person = self.person("hanako")
        for _ in range(200):
            peer = Peer(self.house, "cli")
            peer.socket.send(b"garbage")
            peer.close()
        self.assertIn("seq", self.declare(person))

    def test_sockets_are_for_the_group_only(self):
        for kind in ("panel", "web", "console", "cli"):
            self.assertEqual(stat.S_IMODE(os.stat(self.house.socket_path(kind)).st_mode), 0o660)
        secret = self.house.root / "var/lib/kannuki/secrets.db"
        self.assertEqual(stat.S_IMODE(secret.stat().st_mode), 0o600)


class PanelEvents(Keeper):
    number = 1000

    def next_number(self):
        PanelEvents.number += 1
        return PanelEvents.number

    def close_all(self):
        """No open case is left."""
        chief = self.person("kacho")
        for head in chief.view("incidents")["incidents"]:
            if head["state"] == "open":
                chief.act("incident.ended", about=head["about"], body={"as": "false_alarm"}, text="訓練のため")

    def test_press_opens_a_case_and_cuts_join_it(self):
        self.close_all()
        panel = self.panel()
        press = panel.event(self.next_number(), "isolate_pressed", age_ms=12, arg=1)
        cut = panel.event(self.next_number(), "cut_button", uplink=1, arg=950, age_ms=12)
        proof = panel.event(self.next_number(), "proven", uplink=1, arg=9100, age_ms=3)
        self.assertRegex(press["about"], r"^20\d\d-\d{3}$")
        self.assertEqual({press["about"]}, {cut["about"], proof["about"]})
        uplinks = {uplink["id"]: uplink for uplink in self.person("hanako").view("now")["uplinks"]}
        self.assertEqual(uplinks["internet"]["state"], "cut")
        self.assertEqual(uplinks["internet"]["edge_to_contact_us"], 9100)
        self.assertEqual(uplinks["lgwan"]["state"], "connected")

    def test_isolate_joins_the_newest_open_case(self):
        about = self.declare(self.person("hanako"))["about"]
        self.assertEqual(self.panel().event(self.next_number(), "isolate_pressed")["about"], about)

    def test_declare_opens_a_new_case_but_once(self):
        old = self.declare(self.person("hanako"))["about"]
        panel = self.panel()
        first = panel.event(self.next_number(), "declare_pressed")
        second = panel.event(self.next_number(), "declare_pressed")
        self.assertNotEqual(first["about"], old)
        self.assertEqual(first["about"], second["about"])

    def test_a_number_that_comes_again_for_another_act_is_recorded(self):
        panel, number = self.panel(), self.next_number()
        press = panel.event(number, "declare_pressed")
        cut = panel.event(number, "cut_button", uplink=1, arg=900)
        self.assertGreater(cut["seq"], press["seq"])
        self.assertEqual(panel.event(number, "cut_button", uplink=1, arg=900)["seq"], cut["seq"])
        self.assertEqual(panel.event(number, "declare_pressed")["seq"], press["seq"])

    def test_event_sent_again_is_recorded_once(self):
        panel, number = self.panel(), self.next_number()
        first = panel.event(number, "isolate_pressed")
        again = panel.event(number, "isolate_pressed", age_ms=5000)
        panel.close()
        after = self.panel().event(number, "isolate_pressed", age_ms=90000)
        self.assertEqual({first["seq"]}, {again["seq"], after["seq"]})

    def test_a_board_provisioned_anew_or_another_board_never_repeats_a_press(self):
        panel, number = self.panel(), self.next_number()
        seqs = [panel.event(number, "isolate_pressed", **other)["seq"]
                for other in ({}, {"journal": "6a6f7573"}, {"controller": "00000000000000c2"}, {"journal": "00000000"})]
        self.assertEqual(sorted(set(seqs)), seqs)
        self.assertEqual(panel.event(number, "isolate_pressed", journal="6a6f7573")["seq"], seqs[1])

    def test_a_number_that_no_controller_can_count_to_is_refused(self):
        self.assertEqual(self.refused("invalid", self.panel().event, 1 << 32, "isolate_pressed"), {"field": "number"})

    def test_unknown_event_is_noted_under_its_name(self):
        self.assertIn("seq", self.panel().event(self.next_number(), "something_new", arg=7, uplink=9))

    def test_lamps_follow_the_cases(self):
        self.close_all()
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        self.assertEqual(panel.next_push("panel.lamps"), {"incident": False, "drill": False, "fault": False, "maintenance": False})
        self.declare(self.person("hanako"))
        self.assertTrue(panel.next_push("panel.lamps")["incident"])
        self.close_all()
        self.assertFalse(panel.next_push("panel.lamps")["incident"])

    def test_in_a_drill_software_cuts_nothing_and_a_press_is_real(self):
        self.close_all()
        panel, person = Panel(self.house), self.person("hanako")
        self.addCleanup(panel.close)
        panel.hello()
        panel.state()
        drill = person.act("incident.declared", body={"drill": True}, text="停電の想定")["about"]
        while not (lamps := panel.next_push("panel.lamps"))["drill"]:
            pass
        self.assertEqual((lamps["incident"], lamps["maintenance"]), (False, False))
        self.refused("wrong_state", person.act, "uplink.isolate", about=drill, body={"uplinks": ["lgwan"]})
        self.assertEqual([push for push in panel.pushes if push["push"] == "panel.isolate"], [])
        real = panel.event(self.next_number(), "isolate_pressed", arg=1, age_ms=5)["about"]
        self.assertNotEqual(real, drill)
        cut = panel.event(self.next_number(), "cut_button", uplink=1, arg=950, age_ms=5)
        self.assertEqual(cut["about"], real)
        while not panel.next_push("panel.lamps")["incident"]:
            pass
        heads = {head["about"]: head for head in person.view("now")["incidents"]}
        self.assertEqual((heads[drill]["drill"], heads[real]["drill"]), (True, False))
        self.assertTrue(heads[drill]["title"].startswith("【訓練】"))
        self.close_all()

    def test_ordered_cut_is_pushed_even_before_it_is_recorded(self):
        panel, person = self.panel(), self.person("hanako")
        about = self.declare(person)["about"]
        number = person.send("act", session=person.session, idem=secrets.token_hex(16), act="uplink.isolate",
                             about=about, body={"uplinks": ["lgwan"]})
        push = panel.next_push("panel.isolate")
        self.assertEqual(push["uplinks"], [2])
        self.assertIn("seq", person.take(number))
        panel.call("panel.done", command=push["command"], ok=True, detail="done")

    def test_ordered_cut_without_a_panel_says_so(self):
        person = self.person("hanako")
        about = self.declare(person)["about"]
        self.refused("panel_absent", person.act, "uplink.isolate", about=about, body={"uplinks": ["lgwan"]})


class Restoring(Keeper):
    number = 5000

    def cut(self, panel):
        Restoring.number += 3
        about = panel.event(Restoring.number, "isolate_pressed")["about"]
        panel.event(Restoring.number + 1, "cut_button", uplink=1, arg=900)
        panel.event(Restoring.number + 2, "proven", uplink=1, arg=9000)
        return about

    def request(self, about):
        return self.person("joho").act("restore.requested", about=about, body={"uplinks": ["internet"]},
                                       proof=self.house.passwords["joho"])["seq"]

    def permit(self, about, request):
        return self.person("somu").act("restore.permitted", about=about, body={"request": request},
                                       proof=self.house.passwords["somu"])

    def test_permit_is_pushed_with_latch_and_nonce_after_it_is_durable(self):
        panel = self.panel()
        panel.state(latch=17)
        about = self.cut(panel)
        request = self.request(about)
        receipt = self.permit(about, request)
        push = panel.next_push("panel.permit")
        self.assertEqual((push["uplinks"], push["latch"], push["seconds"]), ([1], 17, 300))
        self.assertRegex(push["nonce"], "^[0-9a-f]{8}$")
        self.assertGreater(receipt["seq"], request)
        Restoring.number += 3
        self.assertEqual(panel.event(Restoring.number, "restored", uplink=1)["about"], about)
        uplinks = {uplink["id"]: uplink for uplink in self.person("hanako").view("now")["uplinks"]}
        self.assertEqual(uplinks["internet"]["state"], "connected")

    def test_a_restore_that_nothing_proved_is_recorded_as_such(self):
        panel = self.panel()
        panel.state()
        about = self.cut(panel)
        self.permit(about, self.request(about))
        Restoring.number += 3
        seq = panel.event(Restoring.number, "restored", uplink=1, unproven=True)["seq"]
        shown = self.person("kansa").ask("ledger.show", **{"from": seq, "count": 1})["entries"][0]
        self.assertIs(shown["body"]["unproven"], True)
        lines = self.person("hanako").view("timeline", about=about, lang="ja")
        self.assertIn("接点による確認なし", str(lines))

    def test_one_person_alone_cannot_restore(self):
        panel = self.panel()
        panel.state()
        about = self.cut(panel)
        somu = self.person("somu")
        proof = self.house.passwords["somu"]
        request = somu.act("restore.requested", about=about, body={"uplinks": ["internet"]}, proof=proof)["seq"]
        with self.assertRaises(Refused):
            somu.act("restore.permitted", about=about, body={"request": request}, proof=proof)

    def test_permit_without_a_controller_is_refused(self):
        panel = self.panel()
        panel.state()
        about = self.cut(panel)
        request = self.request(about)
        panel.close()
        self.refused("panel_absent", self.permit, about, request)

    def test_permit_is_withdrawn_when_the_daemon_comes_back(self):
        panel = self.panel()
        panel.state()
        about = self.cut(panel)
        self.permit(about, self.request(about))
        panel.next_push("panel.permit")
        panel.close()
        again = self.panel()
        self.assertIn("command", again.next_push("panel.void"))
        Restoring.number += 3
        again.event(Restoring.number, "permit_voided_command", arg=1)
        self.assertEqual([line["act"] for line in self.person("hanako").view("timeline", about=about)["lines"]
                          if line["act"] == "restore.expired"][-1:], ["restore.expired"])

    def test_permit_that_expired_must_be_asked_for_anew(self):
        panel = self.panel()
        panel.state()
        about = self.cut(panel)
        request = self.request(about)
        self.permit(about, request)
        Restoring.number += 3
        self.assertEqual(panel.event(Restoring.number, "permit_expired", arg=1)["about"], about)
        self.assertEqual(self.refused("wrong_state", self.permit, about, request)["why"], "no_request")
        self.permit(about, self.request(about))

    def test_permit_that_the_controller_refuses_is_recorded_as_ended(self):
        panel = self.panel()
        panel.state()
        about = self.cut(panel)
        self.permit(about, self.request(about))
        push = panel.next_push("panel.permit")
        panel.call("panel.done", command=push["command"], ok=False, detail="wrong_latch")
        acts = lambda: [line["act"] for line in self.person("kansa").view("timeline", about=about)["lines"]]
        wait_until("the end of the permit", lambda: "restore.expired" in acts())


class Audit(Keeper):
    def test_check_says_good(self):
        result = self.person("kansa").ask("ledger.check")
        self.assertEqual(result["verdict"], "good")

    def test_recording_goes_on_during_a_check(self):
        clerk, auditors = self.person("hanako"), [self.person("kansa"), self.person("kacho")]
        numbers = [auditor.send("ledger.check", session=auditor.session) for auditor in auditors]
        receipts = [self.declare(clerk) for _ in range(5)]
        for auditor, number in zip(auditors, numbers):
            self.assertEqual(auditor.take(number)["verdict"], "good")
        self.assertEqual(len({receipt["seq"] for receipt in receipts}), 5)

    def test_export_is_for_auditors_and_verifies(self):
        self.declare(self.person("hanako"))
        self.refused("wrong_role", self.person("hanako").ask, "ledger.export", name="mine")
        auditor = self.person("kansa")
        result = auditor.ask("ledger.export", name="first")
        self.assertIn("seq", result)
        verdict = subprocess.run([BIN / "kannuki-verify", result["path"], "--genesis", self.house.genesis],
                                 capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)
        args = self.refused("invalid", auditor.ask, "ledger.export", name="first")
        self.assertEqual(args["field"], "name")

    def test_export_takes_options(self):
        auditor = self.person("kansa")
        self.declare(self.person("hanako"))
        result = auditor.ask("ledger.export", name="part.zip", zip=True, without=["text", "person"], prove=[0, 2],
                             **{"from": 0, "to": 5})
        verdict = subprocess.run([BIN / "kannuki-verify", result["path"], "--genesis", self.house.genesis],
                                 capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)
        with zipfile.ZipFile(result["path"]) as bundle:
            self.assertIn("proofs/2.tlog-proof", bundle.namelist())
            self.assertIn(b'"withheld"', bundle.read("disclosures/0.jsonl"))
        for wrong in (dict(without=["everything"]), dict(encrypt_to=["age1nobody"]), dict(prove=["one"]),
                      dict(prove=[1] * 257), dict(encrypt_to=["x"] * 17), dict(to=0)):
            args = self.refused("invalid", auditor.ask, "ledger.export", name="wrong", **wrong)
            self.assertEqual(args["field"], "options", args)
            self.assertTrue(args["why"])

    def test_entries_are_shown_to_those_who_may(self):
        about = self.declare(self.person("hanako"))["about"]
        self.refused("wrong_role", self.person("hanako").ask, "ledger.show")
        auditor = self.person("kansa")
        newest = auditor.ask("ledger.show")
        self.assertEqual(len(newest["entries"]), 20)
        self.assertEqual([entry["seq"] for entry in newest["entries"]],
                         list(range(newest["size"] - 20, newest["size"])))
        found = [entry for entry in newest["entries"] if entry["about"] == about]
        self.assertEqual((found[0]["act"], found[0]["name"]), ("incident.declared", "見本花子"))
        self.assertIn("脅迫文", found[0]["words"])
        whole = auditor.ask("ledger.show", count=1, **{"from": found[0]["seq"]})["entries"][0]
        self.assertEqual(whole["text"], "端末の画面に脅迫文が出た")
        self.assertEqual(whole["body"]["act"], "incident.declared")
        self.assertRegex(whole["leaf"], "^[0-9a-f]{64}$")
        self.refused("invalid", auditor.ask, "ledger.show", **{"from": newest["size"] + 1000})

    def test_entries_are_found_by_a_word(self):
        clerk, auditor = self.person("hanako"), self.person("kansa")
        about = self.declare(clerk)["about"]
        seqs = [clerk.act("incident.noted", about=about, text=f"青い鳥 Bird {n}")["seq"] for n in range(60)]
        self.refused("wrong_role", clerk.ask, "ledger.find", word="鳥")
        self.refused("invalid", auditor.ask, "ledger.find", word="")
        found, before = [], 0
        while len(found) < len(seqs):
            page = auditor.ask("ledger.find", word="bird", before=before)
            self.assertTrue(page["entries"])
            found += [entry["seq"] for entry in page["entries"]]
            before = page["before"]
        self.assertEqual(found, seqs[::-1])
        self.assertEqual(auditor.ask("ledger.find", word="ぬばたま"), {"entries": [], "before": 0})
        self.assertTrue(auditor.ask("ledger.find", word="見本花子")["entries"])

    def test_epoch_begins_when_asked(self):
        self.refused("wrong_role", self.person("kansa").ask, "ledger.rotate")
        keeper = self.person("joho")
        first = keeper.ask("ledger.rotate")["epoch"]
        self.assertEqual(keeper.ask("ledger.rotate")["epoch"], first + 1)

    def test_media_are_told_to_everybody(self):
        media = self.person("hanako").ask("ledger.media")["media"]
        self.assertEqual([medium["state"] for medium in media], ["well", "well"])
        self.assertEqual([medium["folder"] for medium in media], [str(home / "ledger") for home in self.house.homes])

    def test_repair_of_what_is_well_changes_nothing(self):
        self.refused("wrong_role", self.person("kansa").ask, "ledger.repair")
        self.assertEqual(self.person("joho").ask("ledger.repair")["media"][1]["state"], "well")

    def test_export_name_cannot_leave_its_folder(self):
        auditor = self.person("kansa")
        for name in ("..", ".hidden", "a/b", ""):
            self.refused("invalid", auditor.ask, "ledger.export", name=name)

    def test_recording_goes_on_during_an_export(self):
        clerk, auditor = self.person("hanako"), self.person("kansa")
        number = auditor.send("ledger.export", session=auditor.session, name="during")
        receipts = [self.declare(clerk) for _ in range(5)]
        self.assertEqual(len({receipt["seq"] for receipt in receipts}), 5)
        self.assertIn("path", auditor.take(number))


class Erasing(Keeper):
    WHY = {"authority": "個人情報保護条例", "reason": "誤って記入"}

    def setUp(self):
        self.somu, self.ciso = self.person("somu"), self.person("ciso")

    def request(self, body):
        return self.somu.act("erasure.requested", body=body, text=self.WHY,
                             proof=self.house.passwords["somu"])["seq"]

    def approve(self, request, person=None, name="ciso"):
        return (person or self.ciso).act("erasure.approved", body={"request": request},
                                         proof=self.house.passwords[name])

    def state(self, request):
        return {erasure["request"]: erasure for erasure in self.somu.view("erasures")["erasures"]}[request]["state"]

    def wait_done(self, request, state="done"):
        wait_until("the erasure", lambda: self.state(request) == state)

    def shown(self, seq):
        return self.person("kansa").ask("ledger.show", count=1, **{"from": seq})["entries"][0]

    def test_two_people_erase_a_text(self):
        clerk = self.person("hanako")
        about = self.declare(clerk)["about"]
        seq = clerk.act("incident.noted", about=about, text="山田太郎の電話番号")["seq"]
        request = self.request({"seq": seq, "name": "text"})
        self.assertEqual(self.state(request), "asked")
        self.assertIn("text", self.shown(seq))
        self.approve(request)
        self.wait_done(request)
        self.assertNotIn("text", self.shown(seq))
        lines = [line["text"] for line in clerk.view("timeline", about=about)["lines"]]
        self.assertNotIn("山田太郎", json.dumps(lines, ensure_ascii=False))
        self.assertEqual(self.person("kansa").ask("ledger.check")["verdict"], "good")
        self.assertEqual(self.person("kansa").ask("ledger.find", word="山田太郎")["entries"], [])

    def test_one_person_alone_erases_nothing(self):
        seq = self.declare(self.person("hanako"))["seq"]
        body = {"seq": seq, "name": "text"}
        self.refused("proof_required", self.somu.act, "erasure.requested", body=body, text=self.WHY)
        self.refused("proof_refused", self.somu.act, "erasure.requested", body=body, text=self.WHY, proof="wrong-one")
        request = self.request(body)
        args = self.refused("wrong_role", self.approve, request, self.somu, "somu")
        self.assertEqual(args["why"], "same_person")
        for name in ("hanako", "kacho", "kansa"):
            self.refused("wrong_role", self.approve, request, self.person(name), name)
        self.assertEqual(self.state(request), "asked")
        self.assertIn("text", self.shown(seq))
        self.approve(request)
        self.refused("wrong_state", self.approve, request)

    def test_requests_must_say_what_by_what_right_and_why(self):
        proof = self.house.passwords["somu"]
        for field, params in {
            "authority": dict(body={"seq": 1, "name": "text"}, text={"reason": "x"}),
            "reason": dict(body={"seq": 1, "name": "text"}, text={"authority": "x", "reason": " "}),
            "name": dict(body={"seq": 1, "name": "body"}, text=self.WHY),
            "seq": dict(body={"name": "text"}, text=self.WHY),
        }.items():
            args = self.refused("invalid", self.somu.act, "erasure.requested", proof=proof, **params)
            self.assertEqual(args["field"], field, args)
        self.refused("not_found", self.somu.act, "erasure.requested", proof=proof, body={"case": "1999-001"},
                     text=self.WHY)
        self.refused("wrong_role", self.person("hanako").view, "erasures")

    def test_what_is_not_there_is_void(self):
        for seq, name in ((10 ** 9, "text"), (0, "person")):
            request = self.request({"seq": seq, "name": name})
            self.approve(request)
            self.wait_done(request, "void")

    def test_case_is_disposed_when_it_is_over(self):
        head, about = self.person("kacho"), self.declare(self.person("hanako"))["about"]
        seqs = [head.act("incident.noted", about=about, text=f"秘密のことば {n}")["seq"] for n in range(40)]
        body = dict(body={"case": about}, text=self.WHY, proof=self.house.passwords["somu"])
        self.assertEqual(self.refused("wrong_state", self.somu.act, "erasure.requested", **body)["why"], "case_open")
        head.act("incident.ended", about=about, body={"as": "false_alarm"}, text="誤報")
        request = self.somu.act("erasure.requested", **body)["seq"]
        panel, number = self.panel(), secrets.randbelow(1 << 31)
        self.approve(request)
        for n in range(10):  # recorded while it is being erased
            panel.event(number + n, "test_pressed")
        self.wait_done(request)
        self.assertNotIn("text", self.shown(seqs[20]))
        self.assertEqual(self.person("kansa").ask("ledger.check")["verdict"], "good")
        self.assertEqual(self.person("kansa").ask("ledger.find", word="秘密のことば")["entries"], [])

    def test_agreed_erasure_is_done_after_a_power_cut(self):
        clerk, requests = self.person("hanako"), []
        for _ in range(20):
            seq = self.declare(clerk)["seq"]
            requests.append(self.request({"seq": seq, "name": "text"}))
        for request in requests:
            self.approve(request)
        self.house.end(signal.SIGKILL)
        self.house.start()
        self.somu = self.person("somu")
        for request in requests:
            self.wait_done(request)
        self.assertEqual(self.person("kansa").ask("ledger.check")["verdict"], "good")


class Pins(Keeper):
    """A witness and a time stamp authority; what they say comes with the next bundle."""

    def setUp(self):
        self.chief = self.person("somu")
        self.folder = self.house.root / "outside"
        self.folder.mkdir(exist_ok=True)

    def bundle(self, name):
        return pathlib.Path(self.person("kansa").ask("ledger.export", name=name)["path"])

    def test_witness_cosigns_what_it_was_asked(self):
        default = self.person("kansa").ask("ledger.policy")["policy"]
        self.assertRegex(default, r"^log \S+\nquorum none\n$")
        vkey = default.split()[1]
        witness = Neighbour("witness.example/w1", self.folder, vkey)
        policy = f"log {vkey}\nwitness w1 {witness.vkey}\nquorum w1\n"
        self.refused("wrong_role", self.person("kansa").ask, "ledger.policy.set", answer=policy)
        self.refused("invalid", self.chief.ask, "ledger.policy.set", answer="quorum\n")
        self.chief.ask("ledger.policy.set", answer=policy)
        self.refused("invalid", self.chief.ask, "ledger.policy.set", answer=policy)
        self.assertEqual(self.person("kansa").ask("ledger.policy")["policy"], policy)
        asked = self.chief.ask("ledger.witness.request", old=0)
        self.assertEqual(pathlib.Path(asked["path"]).read_text(), asked["request"])
        line = witness.add_checkpoint(asked["request"].encode()).decode()
        self.refused("invalid", self.chief.ask, "ledger.witness.accept", answer=line.replace("w1 ", "w2 "))
        self.refused("invalid", self.chief.ask, "ledger.witness.accept")
        taken = self.chief.ask("ledger.witness.accept", answer=line.rstrip("\n"))
        self.assertEqual((taken["first"], taken["count"], taken["size"]), ("witness.example/w1", 1, witness.size))
        self.declare(self.person("hanako"))
        again = self.chief.ask("ledger.witness.request")
        answer = witness.add_checkpoint(again["request"].encode())
        pathlib.Path(again["path"]).with_name("answer").write_bytes(answer)
        self.assertEqual(self.chief.ask("ledger.witness.accept", file="answer")["size"], witness.size)
        self.refused("invalid", self.chief.ask, "ledger.witness.accept", file="no-such-answer")
        bundle = self.bundle("witnessed")
        self.assertTrue((bundle / f"witnessed/{witness.size}").exists())
        (self.folder / "policy").write_text(policy)
        verdict = subprocess.run([BIN / "kannuki-verify", bundle, "--genesis", self.house.genesis, "--policy",
                                  self.folder / "policy"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)

    def test_time_stamp_of_an_authority(self):
        authority = Authority(self.folder)
        asked = self.chief.ask("ledger.stamp.request")
        (self.folder / "query.tsq").write_bytes(base64.b64decode(asked["request"]))
        self.assertEqual(pathlib.Path(asked["path"]).read_bytes(), base64.b64decode(asked["request"]))
        authority.openssl("ts", "-reply", "-config", "tsa.conf", "-queryfile", "query.tsq", "-signer", "tsa.pem",
                          "-inkey", "tsa.key", "-out", "reply.tsr")
        reply = base64.encodebytes((self.folder / "reply.tsr").read_bytes()).decode()
        self.refused("invalid", self.chief.ask, "ledger.stamp.accept", answer="no base64!")
        self.refused("invalid", self.chief.ask, "ledger.stamp.accept", answer="AAAA")
        stamped = self.chief.ask("ledger.stamp.accept", answer=reply)
        self.assertGreater(stamped["size"], 0)
        self.refused("invalid", self.chief.ask, "ledger.stamp.accept", answer=reply)
        self.assertTrue((self.bundle("stamped") / f"checkpoint-{stamped['epoch']}.tsr").exists())


class Slices(Keeper):
    """Work that takes long: one at a time, with progress, and a press is recorded in between."""

    ENTRIES = 600

    number = secrets.randbelow(1 << 31)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.house.login("hanako") as clerk:
            numbers = [clerk.send("act", session=clerk.session, idem=secrets.token_hex(16), act="incident.declared",
                                  text="たくさん" * 50) for _ in range(cls.ENTRIES)]
            for number in numbers:
                clerk.take(number)

    def at_once(self, person, method, **params):
        """The work, another work and a press arrive together. The work's answer and the press's receipt."""
        panel, other = self.panel(), self.person("somu")
        Slices.number += 1
        self.house.process.send_signal(signal.SIGSTOP)
        work = person.send(method, session=person.session, **params)
        second = other.send("ledger.find", session=other.session, word="another")
        press = panel.send("panel.event", controller=panel.CONTROLLER, journal=panel.JOURNAL,
                           number=self.number, kind="test_pressed")
        self.house.process.send_signal(signal.SIGCONT)
        receipt = panel.take(press)
        with self.assertRaises(Refused) as caught:
            other.take(second)
        self.assertEqual(caught.exception.code, "busy")
        return person.take(work), receipt

    def test_press_is_recorded_before_the_verdict(self):
        verdict, press = self.at_once(self.person("kansa"), "ledger.check")
        self.assertEqual(verdict["verdict"], "good")
        self.assertGreater(verdict["entries"], press["seq"], "it was over before the press")

    def test_press_is_recorded_before_the_bundle_is_written(self):
        bundle, press = self.at_once(self.person("kansa"), "ledger.export", name="slices")
        self.assertGreater(bundle["seq"], press["seq"])

    def test_press_is_recorded_while_somebody_searches(self):
        found, _ = self.at_once(self.person("kansa"), "ledger.find", word="ぬばたま")
        self.assertEqual(found["entries"], [])

    def test_press_is_recorded_while_all_rows_are_looked_at(self):
        report, _ = self.at_once(self.person("joho"), "ledger.repair")
        self.assertEqual((report["repaired"], report["bad"]), (0, 0))
        self.assertGreater(report["checked"], self.ENTRIES)

    def test_the_same_work_is_done_once_for_all_who_ask(self):
        people = [self.person("kansa"), self.person("kacho")]
        self.house.process.send_signal(signal.SIGSTOP)
        numbers = [person.send("ledger.check", session=person.session) for person in people]
        self.house.process.send_signal(signal.SIGCONT)
        verdicts = [person.take(number) for person, number in zip(people, numbers)]
        self.assertEqual(verdicts[0], verdicts[1])


if __name__ == "__main__":
    tap.main()
