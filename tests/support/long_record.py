"""Fills the record of a House with what years bring: mostly heartbeats, then people, the panel, and cases."""
import json
import random
import subprocess

from keeperhouse import BIN

WORDS = ("不審なメールを開いた", "端末の電源を切った", "業者に連絡した", "共有フォルダーを確認した", "LANケーブルを抜いた")


def heartbeat(_chance):
    return {"type": "heartbeat", "class": "system", "who": "system", "via": "keeper",
            "body": {"act": "heartbeat", "panel": {"present": True, "latch": 1, "faults": []},
                     "media": {"first": "well", "second": "well"}}}


def person(chance):
    act = chance.choice(("login.ok", "logout"))
    body = {"act": act} if act == "login.ok" else {"act": act, "why": "asked"}
    return {"type": act, "class": "people", "who": f"u{chance.randint(1, 6)}", "via": "serial", "body": body}


def panel(chance):
    return {"type": "panel.noted", "class": "panel", "who": "panel", "via": "panel",
            "body": {"act": "panel.noted", "kind": chance.choice(("key_turned", "supply_low")), "number": chance.randint(1, 9999)}}


class Cases:
    """A new one every hundred lines about cases."""

    def __init__(self):
        self.lines = 0

    def __call__(self, chance):
        number = self.lines // 100 + 1
        act = "incident.declared" if self.lines % 100 == 0 else "incident.noted"
        self.lines += 1
        return {"type": act, "class": "incident", "who": f"u{chance.randint(1, 6)}", "via": "serial",
                "about": f"2026-{number:03}", "body": {"act": act}, "text": chance.choice(WORDS)}


def lines(count, seed=1):
    chance, kinds = random.Random(seed), (heartbeat, person, panel, Cases())
    for kind in chance.choices(kinds, weights=(60, 20, 10, 10), k=count):
        yield json.dumps(kind(chance), ensure_ascii=False)


def fill(house, count):
    """While no keeper runs."""
    with subprocess.Popen([BIN / "kannuki-ledger", "append", house.homes[0] / "ledger", "--group", "1000"],
                          stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, encoding="utf-8") as program:
        for line in lines(count):
            program.stdin.write(line + "\n")
        program.stdin.close()
        status = program.wait()
    if status != 0:
        raise ChildProcessError(f"kannuki-ledger append ended with {status}")
