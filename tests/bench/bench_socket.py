#!/usr/bin/env python3
"""What the sockets cost: acts a second through them, by one client and by 62 at once (with the person's own connection
and a hostile one 64), against the ledger's own append of the same entries in the same groups, in turns.
"""
import contextlib
import json
import os
import pathlib
import secrets
import statistics
import subprocess
import sys
import time

from keeperhouse import BIN, House

ROUNDS, CLIENTS = 9, 62
ASKER = pathlib.Path(os.environ["KANNUKI_BUILD"]) / "bench/socket_client"
TEXT = "不審なメールを開いた"
HOSTILE = """
import socket, sys
while True:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        try:
            s.connect(sys.argv[1])
            while True:
                s.send(b'{"id":1,"method":"none"}')
        except OSError:
            pass
"""


def line(name, value, unit, operator, goal):
    good = value <= goal if operator == "<=" else value >= goal
    print(f"bench {name} {value:.3g} {unit} goal {operator} {goal} {'ok' if good else 'short'}", flush=True)


def through_sockets(house, session, about, clients, acts):
    done = subprocess.run([ASKER, house.socket_path("web"), session, about, str(clients), str(acts)], check=True,
                          capture_output=True, text=True)
    return float(done.stdout)


def lines(count):
    entry = {"type": "incident.noted", "class": "incident", "who": "u1", "via": "web", "about": "2026-001",
             "body": {"act": "incident.noted"}, "text": TEXT}
    return "".join(json.dumps({**entry, "idem": secrets.token_hex(16)}, ensure_ascii=False) + "\n"
                   for _ in range(count)).encode()


def by_itself(house, group, acts):
    """Counted once the first group is done: opening the ledger is not appending."""
    with subprocess.Popen([BIN / "kannuki-ledger", "append", house.homes[0] / "ledger", "--group", str(group)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as program:
        program.stdin.write(lines(group))
        for _ in range(group):
            while program.stdout.read(1) != b"\n":
                pass
        rest = lines(acts)
        began = time.monotonic()
        program.communicate(rest)
        return acts / (time.monotonic() - began)


def compare(name, house, bare, person, about, clients, acts, goal):
    """At the same grouping: as many clients as entries in a commit."""
    pairs = [(by_itself(bare, clients, acts), through_sockets(house, person.session, about, clients, acts))
             for _ in range(ROUNDS)]
    print(f"# {clients} in a group: ledger {statistics.median(own for own, _ in pairs):.0f}/s, through sockets "
          f"{statistics.median(asked for _, asked in pairs):.0f}/s")
    line(name, statistics.median(asked / own for own, asked in pairs), "ratio", ">=", goal)
    return statistics.median(asked for _, asked in pairs)


def beside_a_hostile_one(house, person, about, acts):
    enemy = subprocess.Popen([sys.executable, "-c", HOSTILE, str(house.socket_path("web"))])
    try:
        return statistics.median(through_sockets(house, person.session, about, CLIENTS, acts) for _ in range(3))
    finally:
        enemy.kill()
        enemy.wait()


def main():
    house, bare = House(), House()
    try:
        bare.set_up()
        house.set_up()
        house.start()
        with contextlib.closing(house.login("hanako", "web")) as person:
            about = person.act("incident.declared", text=TEXT)["about"]
            compare("socket-one-client", house, bare, person, about, 1, 300, 0.8)
            many = compare("socket-64-clients", house, bare, person, about, CLIENTS, 62 * 40, 0.7)
            line("socket-one-hostile", beside_a_hostile_one(house, person, about, 62 * 40) / many, "ratio", ">=", 0.5)
    finally:
        house.close()
        bare.close()


if __name__ == "__main__":
    sys.exit(main())
