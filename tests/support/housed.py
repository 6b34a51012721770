"""What the tests of a keeper have in common: one of its own for each test, and who talks to it."""
import unittest

from keeperhouse import House, Panel, Peer, Refused


class Callers(unittest.TestCase):
    """For a test with a `house` that runs."""

    def peer(self, kind="console"):
        peer = Peer(self.house, kind)
        self.addCleanup(peer.close)
        return peer

    def person(self, name, kind="console"):
        peer = self.house.login(name, kind)
        self.addCleanup(peer.close)
        return peer

    def panel(self):
        panel = Panel(self.house)
        self.addCleanup(panel.close)
        panel.hello()
        panel.state()
        return panel

    def refused(self, error, call, *arguments, **params):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **params)
        self.assertEqual(caught.exception.code, error, caught.exception)
        return caught.exception.args_given


class Founded(Callers):
    """The sample organisation, set up; the keeper does not run yet."""

    def setUp(self):
        self.house = House()
        self.addCleanup(self.house.close)
        done = self.house.set_up()
        self.assertEqual(done.returncode, 0, done.stderr)


class Housed(Founded):
    """The same with its keeper."""

    def setUp(self):
        super().setUp()
        self.house.start()
