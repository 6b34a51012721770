#!/usr/bin/env python3
"""The keeper killed with requests in flight: nothing acknowledged is lost, nothing is recorded twice."""
import random
import secrets
import signal
import threading
import time

import tap
from housed import Founded
from keeperhouse import Panel

KILLS = 40


class Wish:
    """One request that must be recorded exactly once in the end."""

    def __init__(self, number, person=None, **params):
        self.number, self.person, self.params = number, person, params
        self.idem = secrets.token_hex(16)
        self.seqs = set()  # every receipt that ever came for it

    def send(self, person):
        return person.send("act", session=person.session, idem=self.idem, **self.params)


class Worker(threading.Thread):
    """Opens a case and writes into it without waiting until the keeper dies; keeps what was acknowledged."""

    def __init__(self, house, wishes, name):
        super().__init__()
        self.house, self.wishes, self.person_name = house, wishes, name
        self.acknowledged = 0

    def run(self):
        try:
            self.work()
        except OSError:
            pass  # the keeper was killed

    def work(self):
        with self.house.login(self.person_name) as person:
            about = self.wish(person, [dict(act="incident.declared", text="端末の画面に脅迫文が出た")])["about"]
            while True:
                self.wish(person, [dict(act="incident.noted", about=about, text=f"{n}行目")
                                   for n in range(random.randint(1, 8))])

    def wish(self, person, wanted):
        batch = [Wish(self.next_number(), self.person_name, **params) for params in wanted]
        self.wishes.extend(batch)
        for wish, number in [(wish, wish.send(person)) for wish in batch]:
            receipt = person.take(number)
            wish.seqs.add(receipt["seq"])
            self.acknowledged += 1
        return receipt

    def next_number(self):
        return len(self.wishes)


class PanelWorker(Worker):
    """The same with the events of a controller, which come one by one."""

    def work(self):
        with Panel(self.house) as panel:
            panel.hello()
            while True:
                wish = Wish(self.next_number() + 1)
                self.wishes.append(wish)
                wish.seqs.add(panel.event(wish.number, "isolate_pressed", age_ms=1)["seq"])
                self.acknowledged += 1


class Killed(Founded):
    def round(self, wishes, events):
        """Load, kill at a random instant, start again, ask for everything once more."""
        self.house.start()
        workers = [Worker(self.house, wishes, "hanako"), Worker(self.house, wishes, "kacho"),
                   PanelWorker(self.house, events, None)]
        for worker in workers:
            worker.start()
        end = time.monotonic() + 30
        while min(worker.acknowledged for worker in workers) == 0 and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.05))  # the instant of the kill, not a wait for anything
        self.house.end(signal.SIGKILL)
        for worker in workers:
            worker.join(30)
        return sum(worker.acknowledged for worker in workers)

    def retry(self, wishes, events):
        with self.house.login("hanako") as hanako, self.house.login("kacho") as kacho, Panel(self.house) as panel:
            people = {"hanako": hanako, "kacho": kacho}
            for wish in wishes:
                person = people[wish.person]
                wish.seqs.add(person.take(wish.send(person))["seq"])
            for event in events:
                event.seqs.add(panel.event(event.number, "isolate_pressed", age_ms=1000)["seq"])

    def test_killed_forty_times(self):
        wishes, events, acknowledged = [], [], 0
        for _ in range(KILLS // 2):
            fresh_wishes = []
            acknowledged += self.round(fresh_wishes, events)
            self.house.start()
            self.retry(fresh_wishes, events[-4:])
            wishes += fresh_wishes
            self.house.end(signal.SIGKILL)
        self.assertGreater(acknowledged, KILLS)
        for wish in wishes + events:
            self.assertEqual(len(wish.seqs), 1, "an acknowledged entry was lost or recorded twice")
        seqs = [seq for wish in wishes + events for seq in wish.seqs]
        self.assertEqual(len(seqs), len(set(seqs)))
        self.house.start()
        with self.house.login("kansa") as auditor:
            self.assertEqual(auditor.ask("ledger.check")["verdict"], "good")
        self.house.end()  # where all that was shown is compared with the record
        print(f"#= {acknowledged} acknowledged, {len(seqs)} recorded, {KILLS} kills")


if __name__ == "__main__":
    tap.main()
