#!/usr/bin/env python3
"""Other people's Modbus tools, from Debian, with the module that our tests use and with the firmware of the panel: what
we say on the wire is what they understand, and the other way round."""
import os
import re
import socket
import subprocess
import tempfile
import unittest

import tap
from fake_panel_keeper import FakeKeeper
from paneld import Paneld
from relay_module import RelayModule
from simboard import Simboard

MAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../app/panel/maps")
IDENTITY, STATUS, BOARD_TYPE = 0x0080, 0x0100, 0x4B4E
# Debian's own interpreter has Debian's own pymodbus.
PYMODBUS = """
import logging, sys
logging.disable(logging.CRITICAL)
from pymodbus.server import StartTcpServer
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusSlaveContext, ModbusServerContext
class Relays(ModbusSequentialDataBlock):
    def setValues(self, address, values):
        super().setValues(address, values)
        print("relays", "".join(str(int(v)) for v in self.getValues(1, 8)), flush=True)
slave = ModbusSlaveContext(co=Relays(1, [False] * 8), di=ModbusSequentialDataBlock(1, [False] * 8))
print("ready", flush=True)
StartTcpServer(context=ModbusServerContext(slaves=slave, single=True), address=("127.0.0.1", int(sys.argv[1])))
"""


def mbpoll(*arguments):
    """One exchange of Debian's mbpoll, addresses from 0; (exit status, {address: value} or all that it said)."""
    done = subprocess.run(["mbpoll", "-0", "-1", *[str(a) for a in arguments]], capture_output=True, text=True, timeout=30)
    values = {int(at): int(value.split()[0], 0) for at, value in re.findall(r"(?m)^\[(\d+)\]:\s+(\S+)", done.stdout)}
    return done.returncode, values or done.stdout + done.stderr


class Tools(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.line = os.path.join(self.root, "line")

    def module(self, on):
        module = RelayModule()
        on(module)
        self.addCleanup(module.stop)
        return module

    def both_ways(self, module, *way):
        self.assertEqual(mbpoll("-a", 1, "-t", 0, "-r", 2, *way, 1)[0], 0)
        self.assertEqual(module.relays, [False, False, True] + [False] * 5)
        module.press(6)
        self.assertEqual(mbpoll("-a", 1, "-t", 1, "-r", 0, "-c", 8, *way)[1], {i: int(i == 6) for i in range(8)})
        self.assertEqual(mbpoll("-a", 1, "-t", 0, "-r", 0, "-c", 8, *way)[1], {i: int(i == 2) for i in range(8)})
        status, said = mbpoll("-a", 1, "-t", 4, "-r", 0, "-c", 1, *way)
        self.assertNotEqual(status, 0)
        self.assertIn("Illegal function", said)

    def test_mbpoll_and_the_simulated_module_on_a_serial_line(self):
        self.both_ways(self.module(lambda m: m.on_serial(self.line)), "-m", "rtu", "-b", 115200, "-P", "none", self.line)

    def test_mbpoll_and_the_simulated_module_over_tcp(self):
        module = self.module(lambda m: m.on_tcp())
        self.both_ways(module, "-m", "tcp", "-p", module.port, "127.0.0.1")

    def test_mbpoll_reads_the_panels_firmware_and_cannot_write_a_relay(self):
        board = Simboard(self.root).start()
        self.addCleanup(board.stop)
        board.wait("connected", lambda s: all(u["connected"] for u in s["uplinks"]))
        way = ("-m", "rtu", "-b", 115200, "-P", "none", board.device)
        status, identity = mbpoll("-a", 1, "-t", 4, "-r", IDENTITY, "-c", 5, *way)
        self.assertEqual((status, identity[IDENTITY + 3], identity[IDENTITY + 4]), (0, IDENTITY, BOARD_TYPE))
        self.assertEqual(mbpoll("-a", 1, "-t", 0, "-r", 0, "-c", 4, *way)[1], {i: 1 for i in range(4)})
        inputs = mbpoll("-a", 1, "-t", 1, "-r", 0, "-c", 13, *way)[1]
        self.assertEqual([inputs[8 + i] for i in range(4)], [0] * 4)
        self.assertNotEqual(mbpoll("-a", 1, "-t", 0, "-r", 0, *way, 0)[0], 0)
        self.assertTrue(all(u["connected"] for u in board.state()["uplinks"]))

    def test_the_daemon_drives_a_module_of_pymodbus(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(["/usr/bin/python3", "-c", PYMODBUS, str(port)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (server.terminate(), server.wait(10), server.stdout.close()))
        self.assertEqual(server.stdout.readline(), "ready\n")
        keeper = FakeKeeper(self.root).start()
        self.addCleanup(keeper.stop)
        panel = Paneld(self.root, None, settings=f"""driver: modbus
uplinks: 2
address: 127.0.0.1
port: {port}
relay_module: {{map: {MAPS}/waveshare-relay-8d.yaml, slave: 1}}
outputs: {{uplinks: [1, 3]}}
inputs: {{isolate: 1}}
""").start()
        self.addCleanup(panel.stop)
        seen = ""
        while seen != "relays 10100000\n":
            seen = server.stdout.readline()
            self.assertTrue(seen.startswith("relays"), seen or panel.said())
        keeper.push("panel.isolate", command=1, uplinks=[2])
        self.assertTrue(keeper.wait_done(1)["ok"])
        self.assertEqual(server.stdout.readline(), "relays 10000000\n")


if __name__ == "__main__":
    tap.main()
