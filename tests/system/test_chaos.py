#!/usr/bin/env python3
"""Keeper, panel daemon, console and board killed in turn, with requests in flight: what was acknowledged stays, nothing
is there twice, all find each other again, and the panel cuts throughout.

KANNUKI_CHAOS=N rounds (500), KANNUKI_CHAOS_SEED=N for those of a finding.
"""
import contextlib
import os
import random
import secrets
import select
import signal
import time

import tap
from keeperhouse import Peer, Refused, wait_until
from screen import Screen
from whole import Whole

ROUNDS = int(os.environ.get("KANNUKI_CHAOS", "500"))
SEED = int(os.environ.get("KANNUKI_CHAOS_SEED", random.randrange(1 << 31)))
RESTORE_EVERY = 20
UPLINKS = {"uplinks": ["internet", "lgwan", "mynumber", "school"]}


class Wish:
    """One line of the timeline that must be there exactly once in the end."""

    def __init__(self, number):
        self.text = f"wish {number:06}"
        self.idem = secrets.token_hex(16)
        self.seq = self.id = None


class Writer:
    """A front end that sends without waiting, and sends again what was not answered."""

    def __init__(self, chaos):
        self.chaos, self.peer, self.waiting = chaos, None, []

    def connect(self):
        if self.peer is not None:
            self.peer.close()
        self.peer = Peer(self.chaos.house, "web")
        for wish in self.waiting:
            self.send(wish)

    def send(self, wish):
        wish.id = self.peer.send("act", session=self.chaos.session, idem=wish.idem, act="incident.noted",
                                 about=self.chaos.about, text=wish.text)

    def wish(self, wish):
        self.waiting.append(wish)
        self.send(wish)

    def take(self, wish):
        seq = self.peer.take(wish.id)["seq"]
        self.chaos.assertIn(wish.seq, (None, seq), f"{wish.text} has two receipts")
        wish.seq = seq
        self.waiting.remove(wish)

    def take_what_is_there(self):
        """What had been answered before the keeper died."""
        with contextlib.suppress(OSError):
            while self.waiting and select.select([self.peer.socket], [], [], 0)[0]:
                self.take(self.waiting[0])

    def finish(self):
        while self.waiting:
            self.take(self.waiting[0])


class Chaos(Whole):
    def setUp(self):
        super().setUp()
        print(f"#= {ROUNDS} rounds of seed {SEED}", flush=True)
        self.dice = random.Random(SEED)
        self.hanako = self.session = self.screen = None
        self.board_kills = self.presses = self.in_flight = 0
        self.wishes = []
        self.log_in()
        self.about = self.hanako.act("incident.declared", text="混乱の試験")["about"]
        self.writers = [Writer(self), Writer(self)]
        for writer in self.writers:
            writer.connect()
        self.open_console()

    def tearDown(self):
        if self.screen is not None:
            self.screen.end()
        for writer in self.writers:
            writer.peer.close()

    def log_in(self):
        """A session is for all connections of one kind."""
        if self.hanako is not None:
            self.hanako.close()
        self.hanako = self.house.login("hanako", "web")
        self.session = self.hanako.session

    # ---- the victims ----

    def open_console(self):
        if self.screen is not None:
            self.screen.end()
        self.screen = Screen(str(self.house.root))
        self.screen.log_in("somu", self.house.passwords["somu"])
        self.screen.wait("閂[^>\n]*> $")

    def kill_keeper(self):
        self.house.end(signal.SIGKILL)
        self.look_who_waits()
        self.house.start()
        self.log_in()
        for writer in self.writers:
            writer.connect()

    def kill_daemon(self):
        self.look_who_waits()
        self.daemon.kill()
        self.daemon.start()

    def kill_console(self):
        self.screen.line("incident note 端末から")
        self.look_who_waits()
        self.open_console()

    def kill_board(self):
        self.look_who_waits()
        self.board.process.kill()
        self.board.process.wait(30)
        self.board.control.close()
        self.board.start()
        self.board_kills += 1

    def look_who_waits(self):
        """At the kill: is there a request whose answer has not come?"""
        for writer in self.writers:
            writer.take_what_is_there()
        self.in_flight += any(writer.waiting for writer in self.writers)

    # ---- a round ----

    def ask_for_an_old_one(self):
        """Sent again, it has the receipt of the first time."""
        old = [wish for wish in self.wishes[-200:] if wish.seq is not None]
        if old:
            self.writers[0].wish(self.dice.choice(old))

    def round(self):
        self.ask_for_an_old_one()
        kill, = self.dice.choices((self.kill_keeper, self.kill_daemon, self.kill_console, self.kill_board), (50, 35, 7, 8))
        self.board.ask(self.dice.choice(("press declare 60", "press isolate 60")))
        for writer in self.writers:
            for _ in range(self.dice.randint(4, 24)):
                self.wishes.append(Wish(len(self.wishes)))
                writer.wish(self.wishes[-1])
        time.sleep(self.dice.choice((0, 0, 0, self.dice.uniform(0, 0.003))))   # the instant of the kill, no wait
        kill()
        for writer in self.writers:
            writer.finish()

    def permit(self):
        """Until both agree about the panel; a permit that a kill has voided is asked for again."""
        with contextlib.closing(self.house.login("joho")) as joho, contextlib.closing(self.house.login("somu")) as somu:
            try:
                request = joho.act("restore.requested", about=self.about, body=UPLINKS, **self.proof("joho"))["seq"]
                somu.act("restore.permitted", about=self.about, body={"request": request}, **self.proof("somu"))
            except Refused:
                return False
        until = time.monotonic() + 5
        while time.monotonic() < until:
            self.board.ask("key turn")
            with contextlib.suppress(AssertionError):
                self.board.wait("connected", lambda s: all(u["connected"] for u in s["uplinks"]), 1.5)
                return True
        return False

    def trip_while_everything_is_dead(self):
        """Cut by the controller alone, with neither keeper nor daemon."""
        self.house.end(signal.SIGKILL)
        self.daemon.kill()
        self.board.ask("press isolate 60")
        self.board.wait("all cut", lambda s: not any(u["connected"] for u in s["uplinks"]), 30)
        self.presses += 1
        self.house.start()
        self.daemon.start()
        self.log_in()
        for writer in self.writers:
            writer.connect()

    def restore(self):
        self.board.ask("press isolate 60")
        self.board.wait("all cut", lambda s: not any(u["connected"] for u in s["uplinks"]), 30)
        self.wait_panel()
        wait_until("connected again", self.permit)
        self.trip_while_everything_is_dead()

    # ---- what is there in the end ----

    def all_entries(self):
        with contextlib.closing(self.house.login("kansa")) as auditor:
            self.assertEqual(auditor.ask("ledger.check")["verdict"], "good")
            at = 0
            while True:
                answer = auditor.ask("ledger.show", **{"from": at, "count": 50})
                yield from answer["entries"]
                at += len(answer["entries"])
                if at >= answer["size"]:
                    return

    def pressed(self, entries):
        """(controller's number) of each press that was recorded."""
        with contextlib.closing(self.house.login("kansa")) as auditor:
            for entry in entries:
                if entry.get("act") == "panel.pressed":
                    whole = auditor.ask("ledger.show", **{"from": entry["seq"], "count": 1})["entries"][0]
                    yield whole["body"]["number"]

    def test_chaos(self):
        for number in range(1, ROUNDS + 1):
            self.round()
            if number % RESTORE_EVERY == 0:
                self.restore()
        self.wait_panel()
        self.board.wait("all recorded", lambda s: s["lamps"]["recorded"], 60)
        entries = list(self.all_entries())
        found = {}
        for entry in entries:
            if entry.get("words", "").startswith('"wish '):
                self.assertNotIn(entry["words"], found, "recorded twice")
                found[entry["words"]] = entry["seq"]
        self.assertEqual(found, {f'"{wish.text}"': wish.seq for wish in self.wishes})
        numbers = list(self.pressed(entries))
        self.assertEqual(len(numbers), len(set(numbers)), "a press was recorded twice")
        self.assertGreaterEqual(len(numbers), self.presses)
        print(f"#= {len(self.wishes)} wishes, {len(numbers)} presses, {self.board_kills} kills of the board, in flight at "
              f"{self.in_flight} of {ROUNDS}")
        self.assertGreaterEqual(self.in_flight, ROUNDS * 8 // 10)


if __name__ == "__main__":
    tap.main()
