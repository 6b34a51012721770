#!/usr/bin/env python3
"""The keeper against people and programs that mean harm."""
import contextlib
import json
import os
import pathlib
import re
import secrets
import stat
import threading

import tap
from flood import Flood
from housed import Housed
from keeperhouse import SOURCE, Panel, Peer, wait_until

BURST = 32  # like events of the panel that are recorded each by itself


class Hostile(Housed):
    def setUp(self):
        super().setUp()
        self.panel = self.panel()

    def declare(self, person, **params):
        return person.act("incident.declared", text="不審なメールを開いた", **params)["about"]

    def test_nobody_can_take_the_key_of_an_event_to_come(self):
        number = secrets.randbelow(1 << 31)
        self.declare(self.person("hanako"), idem=f"{Panel.CONTROLLER}{Panel.JOURNAL}{number:08x}")
        press = self.panel.event(number, "isolate_pressed")
        self.assertEqual(self.panel.event(number, "isolate_pressed")["seq"], press["seq"])

    def test_case_stays_visible_however_often_a_button_is_pressed(self):
        person = self.person("hanako")
        about = self.declare(person)
        for number in range(2500):
            self.panel.event(number, "isolate_pressed")
        presses = person.view("incident", about=about)["presses"]
        self.assertEqual(len(presses), BURST)
        newest = presses[-1]["press"]
        self.person("joho").act("incident.attributed", about=about, body={"press": newest})

    def test_request_is_for_the_trips_known_when_it_was_made(self):
        """The panel has cut once more; that event is still under way."""
        joho, ciso = self.person("joho"), self.person("ciso")
        about = self.declare(joho)
        self.panel.event(1, "cut_button", uplink=1, arg=900)
        self.panel.state(latch=5)
        wish = dict(about=about, body={"uplinks": ["internet"], "latch": 6}, proof=self.house.passwords["joho"])
        old = joho.act("restore.requested", **wish)["seq"]
        self.panel.state(latch=6)
        proof = self.house.passwords["ciso"]
        self.refused("wrong_state", ciso.act, "restore.permitted", about=about, body={"request": old}, proof=proof)
        new = joho.act("restore.requested", **wish)["seq"]
        ciso.act("restore.permitted", about=about, body={"request": new}, proof=proof)
        self.assertEqual(self.panel.next_push("panel.permit")["latch"], 6)

    def test_presses_are_recorded_while_logins_flood(self):
        with Flood(self.house) as flood:
            # Few enough of each that none is only counted.
            receipts = [self.panel.event(number, "cut_button", uplink=1 + number % 4, arg=900)
                        for number in range(1, 101)]
            # Nor is somebody at the serial line kept from logging in, or from putting a seal.
            somu = self.person("somu")
            somu.act("erasure.requested", body={"seq": 1, "name": "text"}, text={"authority": "条例", "reason": "試し"},
                     proof=self.house.passwords["somu"])
        self.assertEqual(len({receipt["seq"] for receipt in receipts}), 100)
        self.assertIn("busy", flood.counts, flood.counts)
        self.assertIn("turned_away", flood.counts, flood.counts)
        # The flood is an entry now and then, not one for each.
        auditor = self.person("kansa")
        first, last = receipts[0]["seq"], max(e["seq"] for e in auditor.ask("ledger.show", count=1)["entries"])
        entries = {e["seq"]: e for seq in range(max(first - 20, 0), last, 20)
                   for e in auditor.ask("ledger.show", count=20, **{"from": seq})["entries"]}
        failed = [e for e in entries.values() if e.get("act") == "login.failed"]
        self.assertTrue(1 <= len(failed) < 20, failed)

    def acts(self, act):
        """The bodies of all such entries, oldest first."""
        with contextlib.closing(self.house.login("kansa")) as auditor:
            found = auditor.ask("ledger.find", word=act)["entries"]
            shown = [auditor.ask("ledger.show", **{"from": e["seq"], "count": 1})["entries"][0] for e in found]
        return [entry["body"] for entry in reversed(shown) if entry.get("act") == act]

    def health(self):
        with contextlib.closing(self.house.login("kansa")) as auditor:
            return auditor.ask("system.health")

    def wait_cut(self, why):
        wait_until(why, lambda: self.health()["peers"]["cut_off"].get(why))

    def closed(self, peer, why=None):
        """Reads until it is; the last word says why."""
        word = None
        try:
            while True:
                word = peer.receive()
        except (ConnectionError, OSError):
            pass
        if why is not None:
            self.assertEqual(word["error"]["args"]["why"], why)

    def test_each_bad_peer_is_cut_off_alone_counted_and_recorded(self):
        person = self.person("hanako")
        malformed, oversized, flooding, stalled = (Peer(self.house, "web") for _ in range(4))
        for peer in (malformed, oversized, flooding, stalled):
            self.addCleanup(peer.close)
        malformed.socket.send(b"{")
        self.closed(malformed)
        oversized.socket.send(b"x" * 70000)
        self.closed(oversized, "larger than 65536 bytes")
        with self.assertRaises(OSError):
            for number in range(200000):
                flooding.socket.send(b'{"id":%d,"method":"no.such"}' % number)
                flooding.socket.recv(4096)
        stalled.socket.setblocking(False)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for number in range(200000):
                with contextlib.suppress(BlockingIOError):
                    stalled.socket.send(b'{"id":%d,"method":"hello"}' % number)
        for why in ("malformed", "oversized", "flood", "stalled"):
            self.wait_cut(why)
        about = self.declare(person)
        self.assertIn("seq", self.panel.event(1, "isolate_pressed"))
        self.assertEqual(self.health()["peers"]["cut_off"], {w: 1 for w in ("malformed", "oversized", "flood", "stalled")})
        first, = self.acts("peer.cut_off")
        self.assertEqual((first["peer"], first["uid"], first["why"]["malformed"]), ("web", os.getuid(), 1))
        self.assertEqual(person.view("incident", about=about)["about"], about)

    def test_sixty_four_clients_of_which_one_is_hostile(self):
        person = self.person("hanako", "web")
        about = self.declare(person)
        clients = [Peer(self.house, "web") for _ in range(62)]
        for client in clients:
            self.addCleanup(client.close)
        over = threading.Event()

        def flood():
            while not over.is_set():
                with contextlib.suppress(OSError), contextlib.closing(Peer(self.house, "web")) as enemy:
                    while not over.is_set():
                        enemy.socket.send(b'{"id":1,"method":"hello"}')

        enemy = threading.Thread(target=flood)
        enemy.start()
        try:
            seqs = set()
            for _ in range(5):
                numbers = [client.send("act", session=person.session, idem=secrets.token_hex(16), act="incident.noted",
                                       about=about, text="同時に書く") for client in clients]
                seqs |= {client.take(number)["seq"] for client, number in zip(clients, numbers)}
            self.assertIn("seq", self.panel.event(1, "isolate_pressed"))
            self.wait_cut("stalled")
        finally:
            over.set()
            enemy.join(30)
        self.assertEqual(len(seqs), 5 * len(clients))

    def test_two_hundred_bad_peers_make_one_entry_a_minute(self):
        for _ in range(200):
            with contextlib.closing(Peer(self.house, "web")) as peer:
                peer.socket.send(b"garbage")
                self.closed(peer)
        wait_until("the entry", lambda: self.acts("peer.cut_off"))
        self.assertEqual(self.health()["peers"]["cut_off"], {"malformed": 200})
        self.assertEqual(len(self.acts("peer.cut_off")), 1)

    def test_another_version_is_refused_in_plain_words(self):
        peer = self.person("hanako")
        self.assertEqual(peer.call("hello", protocol=1)["protocol"], "1.2")
        self.refused("version_refused", peer.call, "hello", protocol=2)
        self.refused("version_refused", self.panel.call, "panel.hello", controller="0" * 16, journal="0" * 8, firmware="9",
                     map=2, protocol=7)
        self.panel.hello()

    def test_a_socket_is_for_one_user(self):
        self.house.end()
        self.house.config.write_text(self.house.config.read_text() + "users: {cli: nobody, console: root}\n")
        self.house.start("console")
        with contextlib.closing(Peer(self.house, "cli")) as peer:
            self.closed(peer)
        self.wait_cut("foreign")
        self.panel = Panel(self.house)
        self.addCleanup(self.panel.close)
        self.panel.hello()
        other = self.house.root / "other.yaml"
        other.write_text(self.house.config.read_text().replace("nobody", "no-such-user"))
        line = other.read_text().count("\n")
        self.assertRegex(self.house.run("--check-config", other).stderr, rf"other\.yaml:{line}: users: .*no-such-user")

    def test_nobody_can_forge_a_line_of_the_diagnostics(self):
        forged = "\n<3>kannukid: all is well\u2028\x1b[2K\r"
        with contextlib.closing(Peer(self.house, "web")) as peer:
            peer.socket.send(json.dumps({"id": 1, "method": "hello", forged: 1}).encode())
            self.closed(peer)
        with contextlib.closing(Peer(self.house, "console")) as peer:
            peer.socket.send(b'{"id":1,"method":"hello","\xff\xfe\n":1}')
            self.closed(peer)
        self.panel.call("panel.hello", controller="0" * 16, journal="0" * 8, firmware="1\n<3>forged", map=2)
        self.house.end()
        said = (self.house.root / "keeper.log").read_bytes()
        self.assertIn(b"all is well", said)
        for line in said.splitlines():
            self.assertRegex(line, rb"^kannukid: [^\x00-\x1f\x7f]*$")
            line.decode()
        self.assertNotIn("\u2028", said.decode())

    def test_support_file_names_nobody(self):
        joho = self.person("joho")
        self.declare(joho)
        with contextlib.closing(Peer(self.house, "web")) as peer:
            peer.socket.send(json.dumps({"id": 1, "method": "hello", "見本花子 joho 内線203": 1}).encode())
            self.closed(peer)
        self.assertIn("見本花子", self.house.words())
        text = pathlib.Path(joho.ask("system.support")["path"]).read_text()
        for key in re.findall(r"(?:name|login|phone|mail|fax): ([^,}]+)", (SOURCE / "scripts/sample/site.yaml").read_text()):
            if key not in ("prefecture", "ciso_post"):
                self.assertNotIn(key, text)
        self.assertNotIn("不審なメール", text)
        for part in ('"entries"', '"versions"', "session_minutes: 30", "malformed"):
            self.assertIn(part, text)

    def test_files_are_for_the_keeper_alone(self):
        for path in (self.house.root / "var/lib/kannuki").rglob("*"):
            if path.parent.stat().st_mode & 0o077 == 0:
                continue  # nobody else comes this far
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077 & ~0o050 * path.is_dir(), 0, path)


if __name__ == "__main__":
    tap.main()
