#!/usr/bin/env python3
"""The keeper: how soon it is ready with a long record, and what it needs of memory and time when nothing happens."""
import pathlib
import statistics
import sys
import time

import long_record
from keeperhouse import House
from paneld import Paneld
from screen import Screen
from simboard import Simboard

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
    """Of all its threads."""
    threads = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(stat.read_text(encoding="ascii").split()[0]) for stat in threads) / 1e9


def measure_idle():
    """Keeper, daemon and console with a board that is well and nobody who does anything."""
    house, board, panel, screen = House(), None, None, None
    try:
        house.set_up()
        house.start()
        board = Simboard(str(house.root)).start()
        panel = Paneld(str(house.root), board.device).start()
        screen = Screen(str(house.root))
        screen.log_in("hanako", house.passwords["hanako"])
        board.wait("connected", lambda state: all(u["connected"] for u in state["uplinks"]))
        screen.wait("閂[^>\n]*> $")
        time.sleep(5)
        pids = [house.process.pid, panel.process.pid, screen.process.pid]
        before, began = [cpu_s(pid) for pid in pids], time.monotonic()
        time.sleep(30)
        seconds = time.monotonic() - began
        used = [cpu_s(pid) - start for pid, start in zip(pids, before)]
        memory = [of_process(pid, "VmRSS") / 1024 for pid in pids]
        line("keeper-idle-memory", memory[0], "MiB", "<=", 12)
        line("console-idle-memory", memory[2], "MiB", "<=", 6)
        line("all-idle-memory", sum(memory), "MiB", "<=", 48)
        line("all-idle-core", sum(used) / seconds * 100, "%", "<=", 1)
        print(f"# memory of keeper, daemon, console: {' '.join(f'{m:.1f}' for m in memory)} MiB; "
              f"time: {' '.join(f'{u / seconds * 100:.2f}' for u in used)} %")
    finally:
        for part, end in ((screen, "end"), (panel, "stop"), (board, "stop")):
            if part is not None:
                getattr(part, end)()
        house.close()


def measure_ready(entries, goal_s):
    house = House()
    try:
        house.set_up()
        del house.environment["KANNUKI_VIEWS"]      # drawing all of them takes longer than what is measured here
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
