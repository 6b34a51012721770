#!/usr/bin/env python3
"""What the panel daemon costs while nothing happens: memory and processor.

Processor time is what the scheduler counted, so other work on the machine does not change it much.
"""
import pathlib
import re
import time

from whole import Whole, measure

SECONDS = 20


def report(name, value, unit, goal):
    print(f"bench {name} {value:.2f} {unit} goal <= {goal} {'ok' if value <= goal else 'short'}")


def cpu_seconds(process):
    """Of all its threads."""
    return sum(int((task / "schedstat").read_text().split()[0])
               for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir()) / 1e9


def peak_mib(process):
    return int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text()).group(1)) / 1024


def idle_share(process):
    began, cpu = time.monotonic(), cpu_seconds(process)
    time.sleep(SECONDS)
    return (cpu_seconds(process) - cpu) / (time.monotonic() - began) * 100


class Idle(Whole):
    def runTest(self):
        time.sleep(3)
        share, peak = idle_share(self.daemon.process), peak_mib(self.daemon.process)
        report("paneld-memory-peak", peak, "MiB", 8)
        report("paneld-idle-processor", share, "percent", 1)


if __name__ == "__main__":
    measure(Idle)
