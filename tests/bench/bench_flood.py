#!/usr/bin/env python3
"""Press to recorded while 64 connections flood the keeper with logins, against without: interleaved, one ratio."""
import contextlib
import statistics
import time

from flood import Flood
from keeperhouse import House, Panel

ROUNDS, PRESSES = 5, 60


def press(panel, number):
    began = time.monotonic()
    panel.event(number, "test_pressed")
    return (time.monotonic() - began) * 1000


def measure(house):
    quiet, flooded, counts, number = [], [], {}, 0
    with Panel(house) as panel:
        panel.hello()
        for _ in range(ROUNDS):
            flood = Flood(house)
            for times, around in ((quiet, contextlib.nullcontext()), (flooded, flood)):
                with around:
                    for _ in range(PRESSES):
                        number += 1
                        times.append(press(panel, number))
            counts = {code: counts.get(code, 0) + flood.counts.get(code, 0) for code in {*counts, *flood.counts}}
    return sorted(quiet), sorted(flooded), counts


def main():
    house = House()
    try:
        house.set_up()
        house.start()
        quiet, flooded, counts = measure(house)
    finally:
        house.close()
    ratio = statistics.median(flooded) / statistics.median(quiet)
    print(f"# press to recorded: quiet median {statistics.median(quiet):.1f} ms, worst {quiet[-1]:.1f} ms; flooded "
          f"median {statistics.median(flooded):.1f} ms, worst {flooded[-1]:.1f} ms; refused meanwhile: "
          + ", ".join(f"{code} {times}" for code, times in sorted(counts.items())))
    print(f"bench press-under-login-flood {ratio:.2f} ratio goal <= 3 {'ok' if ratio <= 3 else 'short'}")


if __name__ == "__main__":
    main()
