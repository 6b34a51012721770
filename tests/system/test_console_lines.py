#!/usr/bin/env python3
"""The console on a serial line: as its unit starts it, and through the terminal programs people have."""
import os
import pathlib
import re
import secrets
import shlex
import signal
import subprocess
import termios
import time

import tap
from keeperhouse import SOURCE, wait_until
from screen import Screen
from test_console import ConsoleTest, PASSWORDS, RECEIPT

UNIT = SOURCE / "image/files/usr/lib/systemd/system/kannuki-console@.service"
BIN = pathlib.Path(os.environ.get("KANNUKI_BIN", SOURCE / "build/dev/bin"))


def unit_settings():
    """What the unit sets, and its command line with that put in."""
    values = dict(re.findall(r"^(ExecStart|Environment)=(.*)$", UNIT.read_text(), re.M))
    environment = dict(word.split("=", 1) for word in shlex.split(values["Environment"]))
    line = re.sub(r"\$\{?(\w+)\}?", lambda m: environment[m.group(1)], values["ExecStart"])
    return environment, shlex.split(line)


class Unit(ConsoleTest):
    def start(self, *more):
        environment, (program, *options) = unit_settings()
        self.assertEqual(program, "/usr/bin/kannuki-console")
        s = Screen(self.root, *options, *more, rows=0, term=environment["TERM"])
        self.screens.append(s)
        return s

    def speed(self, s):
        return {v: k for k, v in vars(termios).items() if re.fullmatch(r"B\d+", k)}[termios.tcgetattr(s.fd)[5]]

    def test_a_break_before_login_takes_the_next_speed(self):
        s = self.start()
        s.wait("名前: $")
        self.assertEqual(self.speed(s), "B115200")
        s.type("\0")
        s.wait("名前: $")
        self.assertEqual(self.speed(s), "B9600")
        s.line("山田")
        s.wait("パスワード: ")
        self.assertEqual(self.speed(s), "B9600")
        s.line(PASSWORDS["山田"])
        s.wait("閂[^>]*> $")
        s.type("\0")
        s.line("show people")
        s.wait("利用者")
        self.assertEqual(self.speed(s), "B9600")

    def test_a_modem_that_hangs_up_ends_the_session(self):
        s = self.start("--modem")
        s.log_in("山田", PASSWORDS["山田"])
        s.wait("閂[^>]*> $")
        self.assertFalse(termios.tcgetattr(s.fd)[2] & termios.CLOCAL)
        os.close(s.fd)
        s.fd = os.open(os.devnull, os.O_RDONLY)
        self.assertEqual(s.process.wait(60), 0)
        self.assertEqual(self.keeper.sessions, {})

    def test_a_speed_that_no_line_has_is_refused(self):
        s = Screen(self.root, "--speed", "12345")
        self.screens.append(s)
        s.wait("速度は9600、19200")
        self.assertEqual(s.process.wait(60), 2)


class TerminalProgram(ConsoleTest):
    """Under tmux, which is the terminal; between it and the console the program and the cable."""
    COMMANDS = {"picocom": (["picocom", "--nolock", "--baud", "115200"], "Terminal ready"),
                "minicom": (["minicom", "-o", "-8", "-b", "115200", "-D"], "CTRL-A Z for help")}

    def setUp(self):
        super().setUp()
        self.keeper.incidents.append({"about": "2026-001", "title": "身代金要求の画面"})
        self.link = os.path.join(self.root, "line")
        self.server = None
        environment = {**os.environ, "KANNUKI_ROOT": self.root, "KANNUKI_LANG": "ja"}
        self.cable = subprocess.Popen([BIN / "kannuki-simcable", self.link, "--", BIN / "kannuki-console"],
                                      env=environment)
        wait_until("the cable", lambda: os.path.exists(self.link))

    def tearDown(self):
        self.hang_up()
        self.cable.send_signal(signal.SIGTERM)
        self.cable.wait(60)
        super().tearDown()

    def tmux(self, *words, check=True):
        return subprocess.run(["tmux", "-u", "-f", "/dev/null", "-L", self.server, *words], check=check, timeout=60,
                              capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"})

    def plug_in(self, program):
        command, ready = self.COMMANDS[program]
        command = shlex.join([*command, os.path.realpath(self.link)])
        self.server = "kannuki-" + secrets.token_hex(8)
        self.tmux("new-session", "-d", "-x", "80", "-y", "24", "TERM=screen LC_ALL=C.UTF-8 exec " + command)
        self.see(ready)

    def hang_up(self):
        self.tmux("kill-server", check=False)

    def shown(self):
        return self.tmux("capture-pane", "-p").stdout

    def see(self, pattern):
        until = time.monotonic() + 120
        while not re.search(pattern, screen := self.shown().rstrip(), re.M | re.S):
            if time.monotonic() > until:
                raise AssertionError(f"no {pattern!r} on the screen:\n{screen}")

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def key(self, name):
        self.tmux("send-keys", name)

    def line(self, text):
        self.type(text)
        self.key("Enter")

    def log_in(self):
        self.key("Enter")
        self.see(r"名前:\s*\Z")
        self.line("山田")
        self.see(r"パスワード:\s*\Z")
        self.line(PASSWORDS["山田"])
        self.see(r"初期対応>\s*\Z")

    def work(self, program):
        self.plug_in(program)
        self.log_in()
        self.line("show now")
        self.see(r"次にすること.*初期対応>\s*\Z")
        self.type("incident note 県の担当者へ、")
        self.see(r"初期対応> incident note 県の担当者へ、\Z")
        self.hang_up()
        self.plug_in(program)
        self.key("C-l")
        self.see(r"初期対応> incident note 県の担当者へ、\Z")
        self.line("電話で第一報を入れた")
        self.see(r"日時（Enterで今）:\s*\Z")
        self.key("Enter")
        self.see(RECEIPT + r".*初期対応>\s*\Z")
        self.assertEqual(self.last_act("incident.noted")["text"], "県の担当者へ、電話で第一報を入れた")

    def test_picocom(self):
        self.work("picocom")
        self.tmux("resize-window", "-x", "60", "-y", "20")
        self.line("terminal size")
        self.see(r"20行60桁")

    def test_news_leave_a_line_of_wide_signs_whole_also_at_the_right_margin(self):
        self.plug_in("picocom")
        self.log_in()
        prompt = "閂 2026-001 初期対応> "
        for number, columns in enumerate((78, 79, 80, 81, 160)):
            text = "incident note " + "あ" * ((columns - 22 - 14) // 2)
            text += "x" * (columns - 22 - len(text.encode("euc-jp")))
            self.type(text)
            self.see_line(prompt + text)
            title = "赤ボタン" * 8
            self.keeper.incidents.append({"about": f"2026-10{number}", "title": title})
            self.keeper.push_changed()
            self.see_line(f"● 新しい事案 2026-10{number}  {title}")
            self.see_line(prompt + text, below=f"2026-10{number}  {title}")
            self.key("C-c")
            self.see(r"初期対応>\s*\Z")

    def see_line(self, line, below=""):
        """However it is broken at the margin, it stands there whole."""
        wanted, below = re.sub(r"\s", "", line), re.sub(r"\s", "", below)
        until = time.monotonic() + 120
        while wanted not in re.sub(r"\s", "", screen := self.shown()).rpartition(below or " ")[2]:
            if time.monotonic() > until:
                raise AssertionError(f"not whole on the screen: {line}\n{screen}")

    def test_minicom(self):
        self.work("minicom")


if __name__ == "__main__":
    tap.main()
