#!/usr/bin/env python3
"""Evidence and its files: into the record, who may see it, out again; and what a front end may try with open files."""
import contextlib
import errno
import hashlib
import json
import os
import pathlib
import random
import secrets
import signal
import socket
import subprocess
import tempfile
import unittest

import tap
from keeperhouse import BIN, House, Panel, Refused, wait_until

MIB = 1 << 20


def memfd(data=b"", flags=os.MFD_CLOEXEC):
    fd = os.memfd_create("evidence", flags)
    os.write(fd, data)
    return fd


class Evidence(unittest.TestCase):
    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)
        done = self.house.set_up()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.house.start()
        self.joho = self.person("joho")
        self.about = self.joho.act("incident.declared", text="不審な通信")["about"]

    def person(self, name, kind="console"):
        peer = self.house.login(name, kind)
        self.addCleanup(peer.close)
        return peer

    def restart(self):
        self.house.end()
        self.house.start()
        self.joho = self.person("joho")

    def take(self, peer, *contents, names=None, about=None, idem=None, **body):
        """Each of `contents` is bytes, or an open file."""
        fds = [memfd(content) if isinstance(content, bytes) else content for content in contents]
        try:
            files = [{"name": name} for name in names or [f"{i}.log" for i in range(len(fds))]]
            return peer.act_along(fds, "evidence.taken", idem=idem, about=about or self.about, files=files,
                                  body={"kind": "log", **body}, text={"what": "ファイアウォールのログ"})
        finally:
            for fd in fds:
                os.close(fd)

    def get(self, peer, evidence, file=1, about=None):
        peer.ask("evidence.get", about=about or self.about, evidence=evidence, file=file)
        with open(peer.came.pop(), "rb") as given:
            return given.read()

    def refusal(self, call, *arguments, **params):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **params)
        return caught.exception.code, caught.exception.args_given

    def rows(self, peer=None, about=None):
        return (peer or self.joho).view("evidence", about=about or self.about)["evidence"]

    def stored(self):
        """On each medium: the names, each with whether it is what it is called."""
        found = []
        for home in self.house.homes:
            folder = home / "ledger/blobs"
            found.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() == path.name
                          for path in (folder.iterdir() if folder.exists() else [])})
        self.assertEqual(*found)
        return found[0]

    def keeper_fds(self):
        return len(os.listdir(f"/proc/{self.house.process.pid}/fd"))

    def keeper_kib(self, what):
        status = pathlib.Path(f"/proc/{self.house.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what))

    def forget_peak(self):
        """Checking a password takes 64 MiB."""
        pathlib.Path(f"/proc/{self.house.process.pid}/clear_refs").write_text("5")


class Record(Evidence):
    def test_files_are_recorded_and_come_out_as_they_went_in(self):
        first, second = random.Random(1).randbytes(3 * MIB + 17), b""
        receipt = self.take(self.joho, first, second, names=["通信.log", "空"])
        row, = self.rows()
        self.assertEqual((row["evidence"], row["kind"], row["details"]["what"], row["seq"]),
                         (1, "log", "ファイアウォールのログ", receipt["seq"]))
        self.assertEqual([(file["name"], file["size"], file["sha256"]) for file in row["files"]],
                         [("通信.log", len(first), hashlib.sha256(first).hexdigest()),
                          ("空", 0, hashlib.sha256(second).hexdigest())])
        self.assertEqual(set(self.stored().values()), {True})
        self.assertEqual(self.get(self.joho, 1), first)
        self.assertEqual(self.get(self.joho, 1, 2), second)
        acts = [line["act"] for line in self.joho.view("timeline", about=self.about)["lines"]]
        self.assertEqual(acts.count("evidence.copied"), 2, "each file that was given out is recorded")
        self.assertEqual(self.joho.view("incident", about=self.about)["evidence"], 1)
        self.restart()
        self.assertEqual(self.get(self.joho, 1), first)

    def test_a_thing_without_files_and_its_custody(self):
        text = {"what": "共有PC（備品番号12）", "where": "住民福祉課", "taker": "情報係", "witness": "課長",
                "method": "電源を入れたままLANを抜いて", "place": "サーバー室の金庫", "seal": "A-0001"}
        at = "2020-01-02T03:04:05.000Z"
        self.joho.act("evidence.taken", about=self.about, body={"kind": "device", "at": at}, text=text)
        self.joho.act("evidence.handed", about=self.about, body={"evidence": 1, "seal": "intact"},
                      text={"from": "情報係", "to": "県警", "why": "鑑定", "place": "県警本部", "witness": "総務課長"})
        self.take(self.joho, b"copy", copy_of=1)
        taken, handed, copy = self.rows()
        self.assertEqual((taken["details"], taken["at"], taken.get("files")), (text, at, None))
        self.assertEqual((handed["row"], handed["evidence"], handed["seal"], handed["details"]["to"]),
                         ("handed", 1, "intact", "県警"))
        self.assertEqual((copy["evidence"], copy["copy_of"]), (2, 1))
        self.joho.act("incident.noted", about=self.about, text="続き")
        lines = [line["text"] for line in self.joho.view("timeline", about=self.about)["lines"]]
        self.assertTrue(any("共有PC" in line for line in lines), lines)
        self.assertTrue(any("県警" in line for line in lines), lines)

    def test_what_is_refused_leaves_nothing(self):
        for body, text, why in (({"kind": "soup"}, {"what": "x"}, "value"), ({"kind": "log"}, {"where": "x"}, "detail"),
                                ({"kind": "log"}, {"what": "x" * 1001}, "too_long"),
                                ({"kind": "log"}, {"what": "x", "who": "y"}, "field"),
                                ({"kind": "log", "copy_of": 1}, {"what": "x"}, "no_evidence"),
                                ({"kind": "log", "at": "2999-01-01T00:00:00.000Z"}, {"what": "x"}, "future")):
            fd = memfd(b"data")
            with self.assertRaises(Refused) as caught:
                self.joho.act_along([fd], "evidence.taken", about=self.about, body=body, text=text, files=[{"name": "a"}])
            os.close(fd)
            self.assertEqual(caught.exception.args_given["why"], why, body)
        for body, text in (({"evidence": 1, "seal": "intact"}, {"from": "a", "to": "b", "why": "c"}),):
            self.assertEqual(self.refusal(self.joho.act, "evidence.handed", about=self.about, body=body, text=text)[1]["why"],
                             "no_evidence")
        self.take(self.joho, b"one")
        for body, text in (({"evidence": 1, "seal": "half"}, {"from": "a", "to": "b", "why": "c"}),
                           ({"evidence": 1, "seal": "none"}, {"from": "a", "to": "b"}),
                           ({"evidence": 2, "seal": "none"}, {"from": "a", "to": "b", "why": "c"})):
            self.assertEqual(self.refusal(self.joho.act, "evidence.handed", about=self.about, body=body, text=text)[0], "invalid")
        self.assertEqual(self.refusal(self.take, self.person("kansa"), b"by an auditor")[0], "wrong_role")
        self.assertEqual(self.refusal(self.take, self.joho, b"nowhere", about="2026-999")[0], "not_found")
        for number, file in ((1, 0), (1, 2), (0, 1), (2, 1), (1 << 53, 1 << 53)):
            self.assertEqual(self.refusal(self.get, self.joho, number, file)[0], "not_found")
        self.assertEqual(len(self.stored()), 1)

    def test_a_repeated_request_is_recorded_once(self):
        idem = secrets.token_hex(16)
        first = self.take(self.joho, b"the log", idem=idem)
        again = self.take(self.joho, b"the log", idem=idem)
        other = self.take(self.joho, b"something else", idem=idem)
        self.assertEqual(first["seq"], again["seq"])
        self.assertEqual(first["seq"], other["seq"], "what was recorded first under a key stays")
        self.assertEqual(len(self.rows()), 1)
        self.assertEqual(len(self.stored()), 1, "what no entry names is not kept")

    def test_two_with_one_key_at_once(self):
        idem, data = secrets.token_hex(16), os.urandom(4 * MIB)
        other = self.person("joho")
        fds = [memfd(data), memfd(data)]
        asked = [(peer, peer.send_along([fd], "act", session=peer.session, idem=idem, act="evidence.taken", about=self.about,
                                        files=[{"name": "x"}], body={"kind": "log"}, text={"what": "y"}))
                 for peer, fd in zip((self.joho, other), fds)]
        seqs = {peer.take(number)["seq"] for peer, number in asked}
        for fd in fds:
            os.close(fd)
        self.assertEqual(len(seqs), 1)
        self.assertEqual(self.get(self.joho, 1), data)

    def test_same_content_twice_survives_the_erasing_of_one(self):
        seq = self.take(self.joho, b"shared")["seq"]
        self.take(self.joho, b"shared")
        self.joho.act("incident.ended", about=self.about, body={"as": "false_alarm"}, text="誤報")
        somu, ciso = self.person("somu"), self.person("ciso")
        request = somu.act("erasure.requested", body={"seq": seq, "name": "files"}, proof=self.house.passwords["somu"],
                           text={"authority": "条例", "reason": "誤って登録"})["seq"]
        ciso.act("erasure.approved", body={"request": request}, proof=self.house.passwords["ciso"])
        wait_until("the erasure", lambda: self.rows()[0]["files"] is None)
        self.assertEqual(self.refusal(self.get, self.joho, 1)[1]["why"], "no_file")
        self.assertEqual(self.get(self.joho, 2), b"shared")

    def test_it_is_found_exported_and_verified(self):
        secret = os.urandom(200_000)
        self.take(self.joho, secret, names=["proxy-2026.log"])
        auditor = self.person("kansa")
        found = auditor.ask("ledger.find", word="proxy-2026")["entries"]
        self.assertEqual([entry["act"] for entry in found], ["evidence.taken"])
        for name, without in (("with", []), ("out", ["files"])):
            path = pathlib.Path(auditor.ask("ledger.export", name=name, without=without)["path"])
            verdict = subprocess.run([BIN / "kannuki-verify", path, "--genesis", self.house.genesis], capture_output=True,
                                     text=True, timeout=120, check=False)
            self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)
            file = path / "blobs" / hashlib.sha256(secret).hexdigest()
            self.assertEqual(file.exists(), not without)
            if not without:
                self.assertEqual(file.read_bytes(), secret)
                file.write_bytes(secret[:-1] + b"!")
                verdict = subprocess.run([BIN / "kannuki-verify", path, "--genesis", self.house.genesis],
                                         capture_output=True, text=True, timeout=120, check=False)
                self.assertNotEqual(verdict.returncode, 0, "a changed file is found")

    def test_restricted_evidence_is_for_its_readers_alone(self):
        kacho, suspect, ciso = self.person("kacho"), self.joho, self.person("ciso")
        readers = [peer.view("now")["user"]["id"] for peer in (kacho, ciso)]
        before = suspect.view("incidents")
        about = kacho.act("incident.declared", text="内部の件", body={"readers": readers})["about"]
        data = os.urandom(100_000)
        receipt = self.take(kacho, data, names=["nyutaishitsu.csv"], about=about)
        self.assertEqual(self.get(ciso, 1, about=about), data)
        for ask in (lambda: suspect.view("evidence", about=about), lambda: self.get(suspect, 1, about=about),
                    lambda: self.take(suspect, b"x", about=about)):
            self.assertEqual(self.refusal(ask)[0], "not_found")
        self.assertEqual(self.refusal(self.get, suspect, 1, about=about), self.refusal(self.get, suspect, 1, about="2026-r0bad0"))
        self.assertEqual(suspect.view("incidents"), before)
        for word in ("nyutaishitsu", "evidence.taken", hashlib.sha256(data).hexdigest()):
            self.assertEqual(self.person("kansa").ask("ledger.find", word=word)["entries"], [])
        entry = suspect.ask("ledger.show", count=1, **{"from": receipt["seq"]})["entries"]
        self.assertEqual(entry, [{"seq": receipt["seq"], "sealed": True}])
        self.assertEqual([push for push in suspect.pushes if push["push"] in ("changed", "progress")], [])
        path = pathlib.Path(self.person("kansa").ask("ledger.export", name="bundle")["path"])
        for file in path.rglob("*"):
            if file.is_file():
                self.assertNotIn(data[:4096], file.read_bytes(), file)
                self.assertNotIn(b"nyutaishitsu", file.read_bytes(), file)
        self.assertFalse((path / "blobs" / hashlib.sha256(data).hexdigest()).exists())

    def test_a_damaged_file_is_told_of(self):
        self.take(self.joho, b"gone from both")
        for home in self.house.homes:
            for path in (home / "ledger/blobs").iterdir():
                path.unlink()
        self.assertEqual(self.refusal(self.get, self.joho, 1)[1]["why"], "file_gone")


class Large(Evidence):
    SIZE = 300 * MIB

    def large(self):
        """300 MB that are never in this program's memory either."""
        file = tempfile.TemporaryFile(dir=self.house.root)
        piece = os.urandom(MIB)
        for _ in range(self.SIZE // MIB):
            file.write(piece)
        file.flush()
        return file

    def test_memory_stays_bounded_and_a_press_goes_first(self):
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        panel.state()
        self.forget_peak()
        before = self.keeper_kib("VmRSS:")
        with self.large() as file:
            number = self.joho.send_along([file.fileno()], "act", session=self.joho.session, idem=secrets.token_hex(16),
                                          act="evidence.taken", about=self.about, files=[{"name": "disk.img"}],
                                          body={"kind": "disk"}, text={"what": "仮想ディスク"})
            parts = self.house.homes[0] / "ledger/blobs"
            wait_until("the copying", lambda: list(parts.glob(".part-*")))
            press = panel.event(1, "declare_pressed")
            receipt = self.joho.take(number)
        self.assertLess(press["seq"], receipt["seq"], "the press was recorded while the file was on its way")
        self.assertLess(self.keeper_kib("VmHWM:") - before, 16 * 1024)
        self.assertEqual(self.rows()[0]["files"][0]["size"], self.SIZE)
        pushes = [push["params"] for push in self.joho.pushes if push["push"] == "progress"]
        self.assertTrue(all(push["work"] == "files" and push["done"] <= push["total"] for push in pushes), pushes)

    def test_whoever_goes_away_leaves_nothing(self):
        with self.large() as file:
            peer = self.house.login("joho")
            peer.send_along([file.fileno()], "act", session=peer.session, idem=secrets.token_hex(16), act="evidence.taken",
                            about=self.about, files=[{"name": "disk.img"}], body={"kind": "disk"}, text={"what": "x"})
            parts = self.house.homes[0] / "ledger/blobs"
            wait_until("the copying", lambda: list(parts.glob(".part-*")))
            peer.close()
            wait_until("its end", lambda: not any(list((home / "ledger/blobs").iterdir()) for home in self.house.homes))
        self.assertEqual(self.rows(), [])
        self.take(self.joho, b"the next one")

    def test_a_keeper_that_is_killed_leaves_nothing_half(self):
        with self.large() as file:
            idem = secrets.token_hex(16)
            params = {"idem": idem, "act": "evidence.taken", "about": self.about, "files": [{"name": "disk.img"}],
                      "body": {"kind": "disk"}, "text": {"what": "x"}}
            self.joho.send_along([file.fileno()], "act", session=self.joho.session, **params)
            parts = self.house.homes[0] / "ledger/blobs"
            wait_until("the copying", lambda: list(parts.glob(".part-*")))
            self.house.end(signal.SIGKILL)
            self.house.start()
            self.joho = self.person("joho")
            self.assertEqual((self.rows(), self.stored()), ([], {}))
            receipt = self.joho.take(self.joho.send_along([file.fileno()], "act", session=self.joho.session, **params))
        self.assertEqual(self.rows()[0]["seq"], receipt["seq"])
        self.assertEqual(list(self.stored().values()), [True])

    def test_a_file_that_is_changed_while_it_is_read(self):
        """What is stored is what was hashed, whatever it was."""
        with self.large() as file:
            number = self.joho.send_along([file.fileno()], "act", session=self.joho.session, idem=secrets.token_hex(16),
                                          act="evidence.taken", about=self.about, files=[{"name": "live.log"}],
                                          body={"kind": "log"}, text={"what": "x"})
            parts = self.house.homes[0] / "ledger/blobs"
            wait_until("the copying", lambda: list(parts.glob(".part-*")))
            dice = random.Random(7)
            for _ in range(50):
                os.pwrite(file.fileno(), os.urandom(4096), dice.randrange(self.SIZE))
            os.lseek(file.fileno(), 100 * MIB, os.SEEK_SET)
            self.joho.take(number)
        self.assertEqual(list(self.stored().values()), [True])


class Descriptors(Evidence):
    """What a captured front end may send along."""

    def setUp(self):
        super().setUp()
        # What it opens once, for all times.
        fd = os.open("/", os.O_RDONLY)
        for names in (0, 1):
            self.refusal(self.give, [fd], names)
        os.close(fd)

    def give(self, fds, names=None):
        files = [{"name": f"{i}"} for i in range(names if names is not None else len(fds))]
        return self.joho.act_along(fds, "evidence.taken", about=self.about, files=files, body={"kind": "log"},
                                   text={"what": "x"})

    def test_only_files_that_can_be_read_are_taken(self):
        pipe = os.pipe()
        pair = socket.socketpair()
        write_only = os.open(self.house.root / "written", os.O_WRONLY | os.O_CREAT)
        kinds = {"pipe": pipe[0], "folder": os.open("/", os.O_RDONLY), "device": os.open("/dev/zero", os.O_RDONLY),
                 "path": os.open(self.house.config, os.O_PATH), "socket": pair[0].fileno(), "write": write_only,
                 "event": os.eventfd(0), "pidfd": os.pidfd_open(os.getpid())}
        before = self.keeper_fds()
        for name, fd in kinds.items():
            code, args = self.refusal(self.give, [fd])
            self.assertEqual((code, args["why"]), ("invalid", "file_kind"), name)
            # One good file does not make the other good.
            good = memfd(b"good")
            self.assertEqual(self.refusal(self.give, [good, fd])[1]["why"], "file_kind", name)
            os.close(good)
        wait_until("closing", lambda: self.keeper_fds() <= before)
        self.assertEqual((self.rows(), self.stored()), ([], {}))

    def test_memfds_sealed_or_not(self):
        import fcntl
        plain = memfd(b"plain")
        sealed = memfd(b"sealed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(sealed, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        self.give([plain, sealed])
        self.assertEqual([self.get(self.joho, 1, n) for n in (1, 2)], [b"plain", b"sealed"])

    def test_one_that_claims_to_be_huge(self):
        huge = memfd()
        os.ftruncate(huge, (2 << 30) + 1)
        self.assertEqual(self.refusal(self.give, [huge])[1]["why"], "file_size")
        os.close(huge)
        self.assertEqual(self.stored(), {})

    def test_the_number_must_fit(self):
        before = self.keeper_fds()
        for count, names in ((1, 0), (0, 1), (2, 1), (1, 2), (9, 9), (9, 8), (200, 1), (253, 0)):
            fds = [memfd(b"x") for _ in range(count)]
            self.assertEqual(self.refusal(self.give, fds, names)[0], "invalid", (count, names))
            for fd in fds:
                os.close(fd)
        wait_until("closing", lambda: self.keeper_fds() <= before)

    def test_methods_that_take_none_keep_none(self):
        before = self.keeper_fds()
        for method, params in (("hello", {}), ("view", {"session": self.joho.session, "what": "now"}),
                               ("act", {"session": self.joho.session, "idem": secrets.token_hex(16), "about": self.about,
                                        "act": "incident.noted", "text": "x"})):
            fd = memfd(b"x")
            self.assertEqual(self.refusal(lambda: self.joho.take(self.joho.send_along([fd] * 3, method, **params)))[0],
                             "invalid", method)
            self.assertEqual(self.refusal(lambda: self.joho.take(self.joho.send_along(
                [fd], method, **params, files=[{"name": "x"}])))[0], "invalid", method)
            os.close(fd)
        with contextlib.closing(Panel(self.house)) as panel:
            fd = memfd(b"x")
            socket.send_fds(panel.socket, [json.dumps({"id": 1, "method": "panel.hello", "params": {}}).encode()], [fd])
            with self.assertRaises(Refused):
                panel.take(1)
            # Not even a message.
            socket.send_fds(panel.socket, [b"rubbish"], [fd] * 100)
            with contextlib.suppress(OSError):
                panel.receive()
            os.close(fd)
        wait_until("closing", lambda: self.keeper_fds() <= before)
        self.assertEqual(self.joho.view("now")["incidents"][0]["notes"], 1)

    def test_names_are_words_and_never_paths(self):
        for name in ("", "a\nb", "\x1b[2J", "x" * 256):
            fd = memfd(b"x")
            with self.assertRaises(Refused):
                self.joho.act_along([fd], "evidence.taken", about=self.about, files=[{"name": name}], body={"kind": "log"},
                                    text={"what": "x"})
            os.close(fd)
        for name in ("../../../etc/passwd", "/etc/shadow", "-rf", "a;b|c$(d)", "名簿.xlsx"):
            self.take(self.joho, name.encode(), names=[name])
        self.assertEqual(len(self.stored()), 5)
        self.assertEqual([row["files"][0]["name"] for row in self.rows()][0], "../../../etc/passwd")
        self.assertEqual([self.get(self.joho, n) for n in (1, 5)], [b"../../../etc/passwd", "名簿.xlsx".encode()])

    def test_what_is_given_out_cannot_be_written(self):
        self.take(self.joho, b"as it was")
        self.joho.ask("evidence.get", about=self.about, evidence=1, file=1)
        fd = self.joho.came.pop()
        for change in (lambda: os.write(fd, b"x"), lambda: os.ftruncate(fd, 0)):
            with self.assertRaises(OSError) as caught:
                change()
            self.assertIn(caught.exception.errno, (errno.EBADF, errno.EINVAL, errno.EACCES))
        os.close(fd)

    def test_random_messages_with_files(self):
        dice = random.Random(20261122)
        before = self.keeper_fds()
        for _ in range(300):
            fds = [memfd(dice.randbytes(dice.randrange(2000))) for _ in range(dice.randrange(6))]
            files = [dice.choice([{"name": "a"}, {"name": "b", "type": "text/plain"}, {"name": 1}, {}, [], "x",
                                  {"name": "a", "path": "/etc"}]) for _ in range(dice.randrange(6))]
            body = dice.choice([{"kind": "log"}, {}, {"kind": "log", "evidence": 99}, {"kind": "log", "files": 7}])
            with contextlib.suppress(Refused):
                self.joho.act_along(fds, dice.choice(["evidence.taken", "evidence.taken", "evidence.handed", "logout"]),
                                    about=self.about, files=dice.choice([files, files[:len(fds)], [{"name": "a"}] * len(fds)]),
                                    body=body, text={"what": "x"})
            for fd in fds:
                os.close(fd)
        wait_until("closing", lambda: self.keeper_fds() <= before)
        rows = self.rows()
        self.assertEqual([row["evidence"] for row in rows], list(range(1, len(rows) + 1)))
        for row in rows:
            self.assertTrue(all(file["sha256"] in self.stored() for file in row.get("files", [])))
        named = {file["sha256"] for row in rows for file in row.get("files", [])}
        self.assertEqual(set(self.stored()), named)


if __name__ == "__main__":
    tap.main()
