#!/usr/bin/env python3
"""The auditor in front of the page: chooses a bundle, types the code, reads the verdict and the entries."""
import atexit
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

import bundles
import tap
from chromium import Chromium

PAGE = pathlib.Path(os.environ["KANNUKI_BUILD"]) / "share/kannuki-verify.html"
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-auditor-"))
atexit.register(shutil.rmtree, SCRATCH)
EVIL = '<img src=x onerror="document.title=1"><script>document.title=2</script>&amp;"\'`'
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


@functools.lru_cache(maxsize=None)
def browser():
    started = Chromium()
    atexit.register(started.close)
    return started


@functools.lru_cache(maxsize=None)
def box():
    lines = [{"type": "incident.noted", "about": "2026-007", "text": f"端末 {number} 号"} for number in range(300)]
    lines[7] |= {"text": EVIL, "person": {EVIL: [EVIL, 1, None]}, "body": {"evil": EVIL}}
    return bundles.Box(SCRATCH / "box", lines)


@functools.lru_cache(maxsize=None)
def folder():
    return box().export()


@functools.lru_cache(maxsize=None)
def evil_seq():
    return bundles.seq_and_digest(bundles.read(folder()), "document.title=1")[0]


class Auditor(unittest.TestCase):
    def open(self, tail="", before=""):
        self.page = browser().open(PAGE.resolve().as_uri() + tail, before)
        return self.page

    def setUp(self):
        self.page = None

    def tearDown(self):
        if self.page:
            self.page.call("Page.close")

    def ready(self, *arguments):
        self.open(*arguments).wait("the form", "!document.getElementById('form').hidden")
        return self.page

    def choose(self, bundle):
        bundle = pathlib.Path(bundle)
        self.page.set_files("#zip" if bundle.is_file() else "#folder", [bundle])
        self.page.wait("the choice", f"chosen.name === {json.dumps(bundle.name)}")

    def check(self, code):
        self.page.evaluate(f"byId('code').value = {json.dumps(code)}; byId('verify').click()")
        return self.verdict()

    def verdict(self):
        self.page.wait("a verdict", "!byId('result').hidden && !byId('verify').disabled")
        return json.loads(self.text("json"))["verdict"]

    def text(self, name):
        return self.page.evaluate(f"byId('{name}').textContent")

    def rows(self):
        self.page.wait("entries", "!byId('entries').hidden")
        return self.page.evaluate("Array.from(byId('rows').rows, (row) => Array.from(row.cells, (cell) => cell.textContent))")


class Verdict(Auditor):
    def test_good_folder(self):
        self.ready()
        self.choose(folder())
        self.assertEqual(self.check(box().code), "good")
        self.assertEqual((self.text("sign"), self.text("word")), ("○", "正常"))
        self.assertEqual(self.page.evaluate("document.activeElement.id"), "verdict")
        self.assertIn("切り取られていないか", self.text("limits"))
        self.assertTrue(self.page.evaluate("byId('limits').offsetHeight > 0"))

    def test_good_zip(self):
        archive = SCRATCH / "box.zip"
        archive.write_bytes(bundles.zipped(bundles.read(folder())))
        self.ready()
        self.choose(archive)
        self.assertEqual(self.check(box().code), "good")

    def test_bad_and_then_cannot_tell(self):
        self.ready()
        self.choose(folder())
        self.assertEqual(self.check("A" * 20), "bad")
        self.assertEqual((self.text("sign"), self.text("word")), ("×", "異常"))
        self.assertIn("genesis.note", self.text("reason"))
        self.assertNotIn(box().code, self.text("facts"))
        self.assertTrue(self.page.evaluate("byId('entries').hidden && byId('limits').hidden"))
        self.assertEqual(self.check(""), "unknown")
        self.assertEqual((self.text("sign"), self.text("word")), ("？", "判断できません"))
        self.assertTrue(self.page.evaluate("byId('entries').hidden"))

    def test_first_bad_entry_is_named(self):
        bad = bundles.write(SCRATCH / "bad", bundles.read(folder()))
        lines = (bad / "disclosures/0.jsonl").read_bytes()
        (bad / "disclosures/0.jsonl").write_bytes(lines.replace(b'"disclosure":"W', b'"disclosure":"X', 1))
        self.ready()
        self.choose(bad)
        self.assertEqual(self.check(box().code), "bad")
        self.assertIn("記録番号0", self.text("reason"))

    def test_nothing_chosen(self):
        self.ready().evaluate("byId('verify').click()")
        self.page.wait("advice", "byId('chosen').textContent.includes('先に')")
        self.assertTrue(self.page.evaluate("byId('result').hidden"))

    def test_verdict_is_forgotten_when_something_else_is_given(self):
        self.ready()
        self.choose(folder())
        self.assertEqual(self.check(box().code), "good")
        self.page.evaluate("byId('code').focus()")
        self.page.type("X")
        self.assertTrue(self.page.evaluate("byId('result').hidden && byId('entries').hidden"))

    def test_pins_in_files(self):
        self.ready()
        self.choose(folder())
        for name, file in (("note", "genesis.note"), ("older", "checkpoint.log")):
            self.page.set_files("#" + name, [folder() / file])
        self.page.evaluate(f"byId('paper').value = '{bundles.paper_code(bundles.read(folder()), 100)}'")
        self.assertEqual(self.check(""), "good")
        found = json.loads(self.text("json"))
        self.assertEqual((found["since"], found["paper"]), (found["size"], 100))

    def test_pins_that_are_the_bundles_own(self):
        """The page cannot see where a file comes from, and says what follows from that."""
        self.ready("#en")
        self.choose(folder())
        self.page.set_files("#note", [folder() / "genesis.note"])
        self.assertEqual(self.check(box().code), "good")
        self.assertIn("given as the genesis note is the same as the one in the bundle", self.text("remarks"))
        self.page.evaluate("byId('note').value = ''")
        self.page.set_files("#older", [folder() / "checkpoints/1"])
        self.assertEqual(self.check(box().code), "good")
        self.assertNotIn("is the same as", self.text("remarks"))

    def test_drag_and_drop(self):
        archive = SCRATCH / "dropped.zip"
        archive.write_bytes(bundles.zipped(bundles.read(folder())))
        for bundle in (folder(), archive):
            self.ready()
            self.page.drop("#drop", [bundle])
            self.page.wait("the choice", f"chosen.name === {json.dumps(bundle.name)}")
            self.assertEqual(self.check(box().code), "good", bundle)

    def test_browser_without_workers(self):
        self.ready("", "window.Worker = class { constructor() { throw new Error('none'); } }")
        self.choose(folder())
        self.assertEqual(self.check(box().code), "good")
        self.assertEqual(len(self.rows()), 50)

    def test_browser_without_ed25519(self):
        self.open("", "SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('NotSupportedError'))")
        self.page.wait("the notice", "!byId('unfit').hidden")
        self.assertIn("137", self.text("unfit"))
        self.assertTrue(self.page.evaluate("byId('form').hidden && byId('result').hidden"))

    def test_keyboard_alone(self):
        self.ready()
        self.choose(folder())
        visited = []
        for _ in range(8):
            self.page.key("Tab")
            visited.append(self.page.evaluate("document.activeElement.id || document.activeElement.tagName"))
            if visited[-1] == "code":
                self.page.type(box().code)
        self.assertEqual(visited[:6], ["language", "choose-zip", "choose-folder", "code", "SUMMARY", "verify"])
        self.page.evaluate("byId('verify').focus()")
        self.page.key("Enter")
        self.assertEqual(self.verdict(), "good")


class Entries(Auditor):
    def test_attackers_text_stays_text(self):
        evil = bundles.write(SCRATCH / "<img src=x onerror=document.title=3>", bundles.read(folder()))
        (evil / "<img src=x onerror=document.title=4>").write_bytes(b"x")
        self.ready()
        self.choose(evil)
        self.assertEqual(self.check(box().code), "good")
        row = next(row for row in self.rows() if row[0] == str(evil_seq()))
        self.assertEqual(row[4].count(EVIL), 4)
        self.assertIn("onerror=document.title=4", self.text("remarks"))
        self.assertEqual(self.page.evaluate("document.querySelectorAll('img, #list script').length"), 0)
        self.assertEqual(self.page.evaluate("document.title"), "閂 記録簿の検証")

    def test_pages(self):
        self.ready()
        self.choose(folder())
        self.check(box().code)
        size = json.loads(self.text("json"))["size"]
        self.assertEqual([row[0] for row in self.rows()], [str(number) for number in range(50)])
        for press, first in (("next", 50), ("last", size - 50), ("previous", size - 100), ("first", 0)):
            self.page.evaluate(f"byId('{press}').click()")
            self.page.wait(press, f"byId('rows').rows[0].cells[0].textContent === '{first}'")
        self.page.evaluate("byId('number').value = '260'; byId('go').click()")
        self.page.wait("entry 260", "byId('rows').rows[0].cells[0].textContent === '260'")

    def test_part_of_a_log(self):
        part = bundles.write(SCRATCH / "part", bundles.part_of(bundles.read(folder()), 256, 1000))
        size = bundles.size_of(bundles.read(folder()))
        (part / "range").write_text(f"from 256\nto {size}\n")
        self.ready()
        self.choose(part)
        self.assertEqual(self.check(box().code), "good")
        self.assertEqual([row[0] for row in self.rows()], [str(number) for number in range(256, size)][:50])
        self.assertIn("256", self.text("facts"))


class Alone(Auditor):
    """The page speaks with nobody, and asks nothing of anybody."""

    def test_no_request_but_itself(self):
        self.ready()
        self.choose(folder())
        self.assertEqual(self.check(box().code), "good")
        asked = {event["request"]["url"] for event in self.page.events("Network.requestWillBeSent")}
        foreign = {url for url in asked if not url.startswith("blob:") and url.split("#")[0] != PAGE.resolve().as_uri()}
        self.assertIn(PAGE.resolve().as_uri(), asked)
        self.assertEqual(foreign, set())

    def test_policy_forbids_requests(self):
        """Even a script inside the page, or its worker, could not send anything."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"http://127.0.0.1:{server.getsockname()[1]}/"
            send = f"fetch('{url}', {{mode: 'no-cors'}}).then(() => 'sent', () => 'refused')"
            self.assertEqual(self.ready().evaluate(send), "refused")
            self.assertEqual(self.page.evaluate(f"""new Promise((resolve) => {{
                const text = "{send}.then((answer) => postMessage(answer))";
                const worker = new Worker(URL.createObjectURL(new Blob([text])));
                worker.onmessage = ({{ data }}) => resolve(data);
            }})"""), "refused")
            server.settimeout(0)
            self.assertRaises(BlockingIOError, server.accept)

    def test_policy_forbids_scripts_of_others(self):
        self.ready().evaluate("document.body.append(Object.assign(document.createElement('script'),"
                              " { textContent: 'document.title = 5' }))")
        self.assertEqual(self.page.evaluate("document.title"), "閂 記録簿の検証")

    def test_names_nothing_outside(self):
        text = PAGE.read_text("utf-8")
        self.assertEqual(re.findall(r"https?:|@import|url\(|<link", text), [])
        self.assertEqual(len(re.findall(r"<script", text)), 2)

    def test_built_alike_and_hashed(self):
        again = SCRATCH / PAGE.name
        subprocess.run([SOURCE / "scripts/page", again], check=True)
        self.assertEqual(again.read_bytes(), PAGE.read_bytes())
        line = PAGE.with_name(PAGE.name + ".sha256").read_text()
        self.assertEqual(line, f"{hashlib.sha256(PAGE.read_bytes()).hexdigest()}  {PAGE.name}\n")


class Languages(Auditor):
    def test_english(self):
        self.ready("#en")
        self.assertEqual(self.page.evaluate("document.documentElement.lang"), "en")
        self.choose(folder())
        self.assertEqual(self.check("A" * 20), "bad")
        seen = self.page.evaluate("(byId('language').remove(), document.body.innerText)")
        self.assertEqual(JAPANESE.findall(seen), [])
        self.assertEqual(self.check(box().code), "good")
        self.rows()
        seen = self.page.evaluate("(byId('rows').remove(), document.body.innerText)")
        self.assertEqual(JAPANESE.findall(seen), [])

    def test_switching_keeps_the_verdict(self):
        self.ready()
        self.choose(folder())
        self.check(box().code)
        self.page.evaluate("byId('language').click()")
        self.assertEqual((self.text("word"), self.page.evaluate("location.hash")), ("Good", "#en"))
        self.page.evaluate("byId('language').click()")
        self.assertEqual((self.text("word"), self.page.evaluate("location.hash")), ("正常", "#ja"))

    def test_every_sentence_has_both(self):
        uneven = self.ready().evaluate("""Object.entries(WORDS).filter(([, both]) => both.length !== 2 ||
            new Set(both.map((text) => (text.match(/\\{[0-9]\\}/g) ?? []).sort().join())).size !== 1).map(([name]) => name)""")
        self.assertEqual(uneven, [])

    def test_every_reason_has_its_sentence(self):
        named = set(re.findall(r"(?:badFile|badEntry)\([^,]+, '(\w+)'|cannotTell\('(\w+)'|Fault\('bad', \['(\w+)'",
                               "".join(path.read_text("utf-8") for path in (SOURCE / "app/verify/page").glob("*.js"))))
        names = {name for match in named for name in match if name}
        self.assertGreater(len(names), 40)
        known = set(self.ready().evaluate("Object.keys(WORDS)"))
        self.assertEqual(names - known, set())


class Layout(Auditor):
    def test_nothing_sticks_out(self):
        self.ready()
        self.choose(folder())
        self.check(box().code)
        self.rows()
        self.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for width in (360, 800, 1920, 3840):
            self.page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), width)


if __name__ == "__main__":
    tap.main()
