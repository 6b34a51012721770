#!/usr/bin/env python3
"""The simulated board's page in a browser: what a person presses acts on the real firmware, and what it does is seen."""
import os
import re
import socket
import tempfile
import unittest
import urllib.error
import urllib.request

import tap
from chromium import Chromium
from fake_panel_keeper import FakeKeeper
from paneld import Paneld
from simboard import Simboard

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "../../board/simulator/page.html")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class BoardPage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.port = free_port()
        self.board = Simboard(folder.name, "--web", str(self.port)).start()
        self.addCleanup(self.board.stop)
        # With its host there, the board has no fault to begin with.
        keeper = FakeKeeper(folder.name).start()
        self.addCleanup(keeper.stop)
        panel = Paneld(folder.name, self.board.device).start()
        self.addCleanup(panel.stop)
        self.board.wait("a sound board", lambda s: not s["lamps"]["fault"] and all(u["connected"] for u in s["uplinks"]))
        browser = Chromium()
        self.addCleanup(browser.close)
        self.page = browser.open(f"http://127.0.0.1:{self.port}/", "localStorage.setItem('language', 'en')")
        self.wait_text("main contact 1", "contact-1", "closed: connected")

    def text(self, element):
        return self.page.evaluate(f"document.getElementById('{element}').textContent")

    def wait_text(self, what, element, text):
        self.page.wait(f"{what}: {text}", f"document.getElementById('{element}').textContent.includes('{text}')")

    def click(self, element):
        """With the mouse, as a person does: down, and up again."""
        at = self.page.evaluate(f"(e => (e.scrollIntoView(), e = e.getBoundingClientRect(), "
                                f"{{x: e.x + e.width / 2, y: e.y + e.height / 2}}))(document.getElementById('{element}'))")
        for kind in ("mousePressed", "mouseReleased"):
            self.page.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at)

    def test_isolate_opens_the_relays_and_weld_lights_fault(self):
        self.assertIn("dark", self.text("lamp-fault"))
        self.click("weld-2")
        self.wait_text("uplink 2", "contact-2", "welded")
        self.click("isolate")
        for uplink in (1, 3, 4):
            self.wait_text("main contact", f"contact-{uplink}", "open: cut")
            self.wait_text("mirror contact", f"mirror-{uplink}", "closed: proves the cut")
        self.wait_text("FAULT", "lamp-fault", "lit")
        self.assertIn("closed: connected", self.text("contact-2"))
        self.board.wait("the button up", lambda s: not s["pressed"])

    def test_everything_is_reached_by_keys(self):
        self.page.evaluate("document.getElementById('isolate').focus()")
        self.page.key("Enter")
        self.wait_text("main contact 1", "contact-1", "open: cut")
        reached = set()
        for _ in range(80):
            self.page.key("Tab")
            reached.add(self.page.evaluate("document.activeElement.id"))
        wanted = self.page.evaluate("[...document.querySelectorAll('button, input, select')].map(e => e.id)")
        self.assertEqual(set(wanted) - reached, set())

    def test_one_letter_presses_too(self):
        self.page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '3', bubbles: true}))")
        self.wait_text("main contact 3", "contact-3", "open: cut")
        self.assertIn("closed: connected", self.text("contact-1"))

    def test_every_switch_acts_and_mend_takes_all_back(self):
        for element in ("stuck-uplink-4", "stuck-key", "dead-recorded", "dead-uplink-1", "no-supply", "jumper", "weld-1"):
            self.click(element)
        for element, value in (("line", "noisy"), ("wire-3", "short")):
            self.page.evaluate(f"(e => {{ e.value = '{value}'; e.dispatchEvent(new Event('change')); }})"
                               f"(document.getElementById('{element}'))")
        broken = self.board.wait("all of it broken", lambda s: s["line"] == "noisy" and
                                 s["uplinks"][2]["wire"] == "short" and s["uplinks"][0]["welded"] and
                                 s["pressed"] == ["uplink 4"] and s["key"] and s["supply_taken"] and s["jumper"] and
                                 s["dead"] == ["recorded", "uplink 1"])
        self.assertTrue(broken)
        self.click("no-power")
        self.board.wait("no power", lambda s: not s["power"])
        self.click("mend")
        self.board.wait("all mended", lambda s: s["power"] and s["line"] == "whole" and not s["pressed"] and not s["key"] and
                        not s["supply_taken"] and not s["jumper"] and not s["dead"] and
                        all(u["wire"] == "whole" and not u["welded"] for u in s["uplinks"]))
        self.click("hang")
        self.board.wait("its watchdog", lambda _: any(n["what"] == "reset" for n in self.board.notes()))
        self.click("tear")
        self.board.wait("every uplink cut", lambda s: not any(u["connected"] for u in s["uplinks"]))
        self.click("brownout")
        self.board.wait("its start", lambda _: [n["on"] for n in self.board.notes() if n["what"] == "power"][-2:] ==
                        [False, True])

    def test_a_dead_board_is_said_and_a_new_one_is_found(self):
        self.board.stop()
        self.page.wait("the notice", "!document.getElementById('gone').hidden")
        self.board.start()
        self.page.wait("the board", "document.getElementById('gone').hidden")

    def test_both_languages_are_complete(self):
        japanese = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
        self.page.wait("a note", "document.querySelector('#happened li') !== null")
        english = self.page.evaluate("document.querySelector('main').innerText")
        self.assertIsNone(japanese.search(english), english)
        self.click("language")
        self.page.wait("Japanese", "document.documentElement.lang === 'ja'")
        self.wait_text("main contact 1", "contact-1", "閉：接続")
        text = self.page.evaluate("document.querySelector('main').innerText")
        self.assertEqual(set(re.findall("[A-Za-z]{2,}", text)) - {"Pi", "EEPROM"}, set())

    def test_other_sites_cannot_press(self):
        def ask(path, body, **headers):
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code
        own = {"X-Kannuki": "board"}
        self.assertEqual(ask("/do", b"state", **own), 200)
        self.assertEqual(ask("/do", b"press isolate"), 404)
        self.assertEqual(ask("/do", b"press isolate", Host="panel.example:80", **own), 403)
        self.assertEqual(ask("/do", b"quit", **own), 403)
        self.assertEqual(ask("/do", b"open sesame", **own), 400)
        self.assertEqual(ask("/do", b"x" * 5000, **own), 413)
        self.assertEqual(ask("/etc/passwd", None), 404)
        self.assertEqual(self.board.state()["pressed"], [])
        self.assertTrue(all(u["connected"] for u in self.board.state()["uplinks"]))


if __name__ == "__main__":
    tap.main()
