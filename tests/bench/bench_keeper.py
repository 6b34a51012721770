#!/usr/bin/env python3
"""The keeper: how soon it is ready with a long record, and what it needs of memory and time when nothing happens."""
import statistics
import sys
import time

import long_record
from keeperhouse import House

STARTS = 3


def line(name, value, unit, operator, goal):
    good = value <= goal if operator == "<=" else value >= goal
    print(f"bench {name} {value:.3g} {unit} goal {operator} {goal} {'ok' if good else 'short'}", flush=True)


def ready_s(house):
    began = time.monotonic()
    house.start()
    taken = time.monotonic() - began
    house.end()
    return taken


def of_process(pid, key):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(row.split()[1]) for row in status if row.startswith(key + ":"))


def cpu_s(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0]) / 1e9


def measure_idle():
    house = House()
    try:
        house.set_up()
        house.start()
        house.login("hanako").close()
        time.sleep(2)
        pid, before, began = house.process.pid, cpu_s(house.process.pid), time.monotonic()
        time.sleep(20)
        share = (cpu_s(pid) - before) / (time.monotonic() - began)
        line("keeper-idle-memory", of_process(pid, "VmRSS") / 1024, "MiB", "<=", 12)
        line("keeper-idle-core", share * 100, "%", "<=", 1)
    finally:
        house.close()


def measure_ready(entries, goal_s):
    house = House()
    try:
        house.set_up()
        long_record.fill(house, entries)
        line(f"keeper-ready-{entries}", statistics.median(ready_s(house) for _ in range(STARTS)), "s", "<=", goal_s)
    finally:
        house.close()


def main():
    measure_idle()
    measure_ready(100_000, 1)
    measure_ready(1_000_000, 5)


if __name__ == "__main__":
    sys.exit(main())
