#!/usr/bin/env python3
"""Evidence at the console: typed field by field, files in by rz and out by sz, broken off, hostile, too large."""
import hashlib
import os
import pathlib
import random
import signal
import subprocess
import tempfile

import tap
from keeperhouse import BIN, wait_until
from test_console_keeper import RECEIPT, ConsoleAndKeeper


class Cable(ConsoleAndKeeper):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.be("joho")
        self.do("declare 不審な通信", "今")
        self.spool = self.house.root / "var/lib/kannuki-console/transfers"

    def file(self, name, data):
        path = pathlib.Path(self.folder.name, name)
        path.write_bytes(data)
        return path

    def answer(self, *answers):
        for answer in answers:
            self.screen.wait(": ?$")
            self.screen.line(answer)

    def describe(self, kind="2", what="ファイアウォールのログ", copy=None):
        self.screen.line("evidence add")
        self.answer(kind, what)
        if copy is not None:
            self.answer(copy)
        self.answer("サーバー室", "", "総務課長", "画面から保存", "今", "金庫", "A-0001")
        self.screen.wait("ファイルはありますか")

    def begin(self):
        self.answer("2")
        self.screen.wait("ZMODEMでファイルを送ってください")
        self.screen.wait(r"rz\r|\*\*\x18B0|\x18B0")

    def send(self, *paths, options=()):
        """The person's terminal program starts sz on its end of the cable."""
        return subprocess.run(["sz", "--binary", "--quiet", *options, *map(str, paths)], stdin=self.screen.fd,
                              stdout=self.screen.fd, stderr=subprocess.PIPE, cwd=self.folder.name, timeout=300, check=False)

    def go_on(self, words):
        self.screen.wait("終わったら、Enterを押してください")
        self.screen.line("")
        self.screen.wait(words)

    def rows(self):
        with self.house.login("joho") as peer:
            about = peer.view("incidents")["incidents"][0]["about"]
            return peer.view("evidence", about=about)["evidence"]

    def nothing_is_left(self):
        self.assertEqual(list(self.spool.glob("*")), [])


class In(Cable):
    def test_a_file_comes_and_is_recorded_as_it_was(self):
        data = random.Random(3).randbytes(300_000)
        path = self.file("fw-2026.log", data)
        self.describe()
        self.begin()
        self.send(path)
        self.go_on(r"受信: fw-2026.log  300000バイト")
        self.screen.wait(RECEIPT)
        self.screen.wait("> $")
        row, = self.rows()
        self.assertEqual([(file["name"], file["sha256"]) for file in row["files"]],
                         [("fw-2026.log", hashlib.sha256(data).hexdigest())])
        self.assertEqual((row["kind"], row["details"]), ("log", {
            "what": "ファイアウォールのログ", "where": "サーバー室", "witness": "総務課長", "method": "画面から保存",
            "place": "金庫", "seal": "A-0001"}))
        self.nothing_is_left()
        self.screen.line("evidence show")
        for words in ("証拠品", "ファイアウォールのログ", "総務課長", "A-0001", hashlib.sha256(data).hexdigest()[:8]):
            self.screen.wait(words)

    def test_several_files_at_once(self):
        names = ["名簿.xlsx", "b.log", "c d.log"]
        self.describe()
        self.begin()
        self.send(*[self.file(name, name.encode()) for name in names])
        self.go_on(RECEIPT)
        self.screen.wait("> $")
        files = {file["name"]: file["sha256"] for file in self.rows()[0]["files"]}
        self.assertEqual(files, {name: hashlib.sha256(name.encode()).hexdigest() for name in names})
        self.nothing_is_left()

    def test_names_that_mean_harm(self):
        """Each comes in under a name that can do nothing, or not at all."""
        for name, must in (("-rf", True), ("a;b|c$(reboot).log", True), (b"\x83\x8d\x83O.log", False),
                           ("\x1b[2J\x07.log", False), ("..hidden", False), (".profile", False)):
            before = len(self.rows())
            path = pathlib.Path(self.folder.name, os.fsdecode(name))
            path.write_bytes(b"x")
            self.describe(copy="" if before else None)
            self.begin()
            self.send(path)
            self.screen.wait("終わったら、Enterを押してください")
            self.screen.line("")
            came = self.screen.wait(f"{RECEIPT}|最後まで受け取れなかった|ファイルが届いていません").group(0).startswith("記録")
            if not came:
                self.answer("0")
            self.screen.wait("> $")
            rows = self.rows()
            self.assertEqual(len(rows), before + came)
            self.assertTrue(came or not must, name)
            if came:
                self.assertFalse(any(ord(sign) < 32 for sign in rows[-1]["files"][0]["name"]), rows[-1])
            self.nothing_is_left()

    def test_no_name_leads_out_of_the_folder(self):
        victim = self.house.root / "victim"
        for name in (str(victim), "../../../../victim", "../victim"):
            with self.subTest(name):
                path = pathlib.Path(self.folder.name, "x" if name.startswith("/") else "x/y/z/w")
                path.mkdir(parents=True, exist_ok=True)
                target = victim if name.startswith("/") else (path / name).resolve()
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(b"sent")
                stamp = target.stat().st_mtime_ns
                self.describe()
                self.begin()
                subprocess.run(["sz", "--binary", "--quiet", "--full-path", name], stdin=self.screen.fd, stdout=self.screen.fd,
                               stderr=subprocess.PIPE, cwd=path, timeout=120, check=False)
                self.screen.wait("終わったら、Enterを押してください")
                self.screen.line("")
                self.screen.wait("最後まで受け取れなかった|ファイルが届いていません")
                self.answer("0")
                self.screen.wait("> $")
                self.assertEqual(self.rows(), [])
                self.assertEqual(target.stat().st_mtime_ns, stamp)
                target.unlink()
                found = [str(file) for file in self.house.root.rglob("victim*")]
                self.assertEqual(found, [])
                self.nothing_is_left()

    def test_a_broken_transfer_leaves_nothing_and_may_be_done_again(self):
        path = self.file("disk.img", os.urandom(2_000_000))
        self.describe("3", "ディスクの複製")
        self.begin()
        sender = subprocess.Popen(["sz", "--binary", "--quiet", path], stdin=self.screen.fd, stdout=self.screen.fd,
                                  stderr=subprocess.PIPE)
        wait_until("the file", lambda: any(file.is_file() and file.stat().st_size > 0 for file in self.spool.rglob("*")))
        sender.kill()
        sender.wait()
        sender.stderr.close()
        os.write(self.screen.fd, b"\x18" * 10)
        self.go_on("最後まで受け取れなかった")
        self.screen.wait("ファイルはありますか")
        self.assertEqual(self.rows(), [])
        self.nothing_is_left()
        self.begin()
        self.send(path)
        self.go_on(RECEIPT)
        self.screen.wait("> $")
        self.assertEqual(self.rows()[0]["files"][0]["size"], 2_000_000)

    def test_a_thing_without_a_file(self):
        self.describe("6", "共有PC 備品番号12")
        self.answer("1")
        self.screen.wait(RECEIPT)
        self.screen.wait("> $")
        self.assertNotIn("files", self.rows()[0])
        self.screen.line("evidence hand 1")
        self.answer("情報係長", "県警", "鑑定", "県警本部", "")
        self.answer("2", "今")
        self.screen.wait(RECEIPT)
        self.screen.wait("> $")
        self.screen.line("evidence show 1")
        self.screen.wait("受渡し.*情報係長 → 県警")
        self.screen.wait("封印が破れている")
        self.screen.wait("> $")
        self.screen.line("show incident")
        self.screen.wait("証拠品 1")

    def test_the_keeper_is_killed_while_it_stores(self):
        path = self.file("image", os.urandom(1_000_000))
        self.describe()
        self.begin()
        self.send(path)
        self.screen.wait("終わったら、Enterを押してください")
        self.house.process.send_signal(signal.SIGSTOP)
        self.screen.line("")
        self.screen.wait("受信: image")
        self.house.end(signal.SIGKILL)
        self.screen.wait("紙の時系列票")
        self.house.start()
        # The session went with the keeper: the same person goes on where they were.
        self.screen.wait("パスワード: $")
        self.screen.line(self.house.passwords["joho"])
        self.screen.wait(RECEIPT)
        self.assertEqual(len(self.rows()), 1)
        self.nothing_is_left()


class Out(Cable):
    def test_a_file_goes_out_and_is_what_was_recorded(self):
        data = os.urandom(120_000)
        self.describe()
        self.begin()
        self.send(self.file("access log (1).txt", data))
        self.go_on(RECEIPT)
        self.screen.wait("> $")
        inbox = tempfile.TemporaryDirectory()
        self.addCleanup(inbox.cleanup)
        self.screen.line("evidence get 1")
        said = self.screen.wait(r"(\S+-e1-1-accesslog1.txt): 120000バイト。\d+ bpsで")
        self.screen.wait(": $")
        self.screen.line("1")
        subprocess.run(["rz", "--binary", "--quiet"], stdin=self.screen.fd, stdout=self.screen.fd, stderr=subprocess.PIPE,
                       cwd=inbox.name, timeout=300, check=False)
        self.go_on("記録したものと同じです")
        self.screen.wait("> $")
        self.assertEqual(pathlib.Path(inbox.name, said.group(1)).read_bytes(), data)
        self.nothing_is_left()

    def test_one_that_was_changed_on_the_media_is_not_sent(self):
        self.describe()
        self.begin()
        self.send(self.file("a.log", b"as it was"))
        self.go_on(RECEIPT)
        self.screen.wait("> $")
        for home in self.house.homes:
            for path in (home / "ledger/blobs").iterdir():
                path.write_bytes(b"as it is not")
        self.screen.line("evidence get 1")
        self.screen.wait(": $")
        self.screen.line("1")
        self.screen.wait("記録したものと違います")
        self.screen.wait("> $")
        self.nothing_is_left()


class OneCommand(Cable):
    def run_it(self, *words, answers="", cwd=None):
        password = self.file("password", self.house.passwords["joho"].encode())
        return subprocess.run([BIN / "kannuki", "--as", "joho", "--password-file", password, *words], input=answers, text=True,
                              capture_output=True, env=dict(self.house.environment, KANNUKI_LANG="ja"), timeout=120,
                              cwd=cwd, check=False)

    def test_a_file_is_handed_over_and_comes_back(self):
        first, second = self.file("one.log", b"one\n"), self.file("two.log", b"two\n")
        done = self.run_it("evidence", "add", "--file", str(first), "--file", str(second),
                           answers="2\nプロキシのログ\n\n\n\n\n今\n\n\n")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([file["name"] for file in self.rows()[0]["files"]], ["one.log", "two.log"])
        with tempfile.TemporaryDirectory() as place:
            done = self.run_it("evidence", "get", "1", answers="2\n", cwd=place)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            got, = pathlib.Path(place).iterdir()
            self.assertEqual((got.name[8:], got.read_bytes()), ("-e1-2-two.log", b"two\n"))

    def test_what_is_no_file_is_said(self):
        for path, words in (("/nowhere", "/nowhere"), ("/", "通常のファイルだけ"), ("/dev/zero", "通常のファイルだけ")):
            done = self.run_it("evidence", "add", "--file", path, answers="2\nx\n\n\n\n\n今\n\n\n")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stdout + done.stderr)
        self.assertEqual(self.rows(), [])


if __name__ == "__main__":
    tap.main()
