#!/usr/bin/env python3
"""Press to RECORDED: from the pin edge of DECLARE to the lamp, through firmware, bus, panel daemon and keeper.

Times are the simulated board's own; it runs in step with the wall clock, and the last line says how closely.
"""
import random
import statistics
import time

from paneld import wait_until
from whole import Whole, measure

PRESSES, GOAL_MS = 220, 150


def latency_us(board, after_us):
    """Of the first press after `after_us`; None until its lamp is lit."""
    notes = [n for n in board.notes() if n["t_us"] > after_us and n["on"]]
    press = next((n["t_us"] for n in notes if n["what"] == "declare"), None)
    lit = next((n["t_us"] for n in notes if n["what"] == "recorded" and press and n["t_us"] > press), None)
    return lit - press if lit else None


def press_once(board):
    before_us = board.state()["time_us"]
    board.ask("press declare 60")
    time.sleep(0.05)
    latency = wait_until("RECORDED", lambda: latency_us(board, before_us), 30)
    time.sleep(random.uniform(0.1, 0.2))      # the button is released, and the next press meets another phase
    return latency


def record_many(board):
    press_once(board)                         # opens the case
    began_us, began = board.state()["time_us"], time.monotonic()
    latencies = sorted(press_once(board) / 1000 for _ in range(PRESSES))
    pace = (board.state()["time_us"] - began_us) / 1e6 / (time.monotonic() - began)
    return latencies, pace


def tell(latencies, pace):
    p99 = latencies[int(len(latencies) * 0.99)]
    print(f"bench press-to-recorded-p50 {statistics.median(latencies):.1f} ms goal <= {GOAL_MS} "
          f"{'ok' if statistics.median(latencies) <= GOAL_MS else 'short'}")
    print(f"bench press-to-recorded-p99 {p99:.1f} ms goal <= {GOAL_MS} {'ok' if p99 <= GOAL_MS else 'short'}")
    print(f"# {len(latencies)} presses, longest {latencies[-1]:.1f} ms, board time / wall time {pace:.3f}")


class Press(Whole):
    def runTest(self):
        time.sleep(3)                         # the lamp test of the start, which lights RECORDED too, is over
        tell(*record_many(self.board))


if __name__ == "__main__":
    measure(Press)
