#!/usr/bin/env python3
"""The next epoch's secret is sealed with a key that only the panel's controller keeps: keeper, daemon and the real firmware."""
import os
import random
import shutil
import signal
import subprocess

import tap
from keeperhouse import BIN
from paneld import wait_until
from whole import Whole, provision

RECORD = 36


class Keys(Whole):
    SETTING = "panel:\n  seals_epochs: true\n"

    def setUp(self):
        super().setUp()
        self.plain = self.house.config.read_text()

    def configure(self, setting):
        self.house.config.write_text(self.plain + setting)

    def restart(self, setting=None):
        if setting is not None:
            self.configure(setting)
        self.stop()
        self.start()

    def stop(self):
        self.joho.close()
        self.house.end()

    def start(self):
        self.house.start()
        self.joho = self.person("joho")

    def sealing(self):
        return self.joho.ask("ledger.media").get("sealing")

    def kept(self):
        """Generation and key of each slot, the older first, as the daemon left them."""
        try:
            data = (self.house.root / "run/kannuki-paneld/keys").read_bytes()
        except FileNotFoundError:
            return []
        return [(int.from_bytes(data[i:i + 4], "big"), data[i + 4:i + RECORD]) for i in range(0, len(data), RECORD)]

    def eeprom(self):
        with open(os.path.join(self.board.folder, "board.eeprom"), "rb") as file:
            return file.read()

    def wait_sealed(self):
        """Returns what is kept: the key that has sealed what is stored, and a fresh one for the next epoch."""
        wait_until("sealed, and a fresh key", lambda: self.sealing() == {"sealed": True, "fresh": True, "refused": ""}, 40)
        kept = self.kept()
        self.assertEqual(len(kept), 2)
        return kept

    def rotate(self):
        """What was fresh has sealed what is stored now, and what was kept before is overwritten."""
        fresh = self.kept()[1]
        self.joho.ask("ledger.rotate")
        kept = self.wait_sealed()
        self.assertEqual(kept[0], fresh)
        return kept

    def has_file(self):
        return (self.house.root / "run/kannuki-paneld/keys").exists()

    def forget(self):
        """What does not outlast the start of the machine."""
        (self.house.root / "run/kannuki-paneld/keys").unlink()

    def leave(self, keys):
        data = b"".join(generation.to_bytes(4, "big") + key for generation, key in keys)
        (self.house.root / "run/kannuki-paneld/keys").write_bytes(data)

    def offline(self, *arguments):
        return subprocess.run([BIN / "kannuki-ledger", *map(str, arguments)], env=self.house.environment, text=True,
                              capture_output=True, timeout=120, check=False)

    def incarnation(self):
        return self.joho.ask("ledger.media").get("incarnation")

    def begin_sealing(self):
        self.restart(self.SETTING)
        self.wait_panel()
        return self.wait_sealed()


class Rotation(Keys):
    def test_on_a_log_that_was_set_up_without_it_begins_by_itself_and_goes_on_with_each_epoch(self):
        self.assertIsNone(self.sealing())
        self.assertEqual(self.kept(), [])
        first = self.begin_sealing()
        second = self.rotate()
        third = self.rotate()
        self.assertEqual(len({key for kept in (first, second, third) for _, key in kept}), 4)
        self.assertNotIn("sealing", self.joho.view("now")["media"])
        self.assertIsNone(self.incarnation())
        eeprom = self.eeprom()
        for _, key in first + second[:1]:
            self.assertNotIn(key, eeprom)
        for _, key in third:
            self.assertIn(key, eeprom)

    def test_a_key_comes_to_no_medium_and_to_nobody_else(self):
        self.begin_sealing()
        self.rotate()
        keys = [key for _, key in self.kept()]
        self.assertEqual((self.house.root / "run/kannuki-paneld/keys").stat().st_mode & 0o7777, 0o640)
        for process in self.house.process, self.daemon.process:
            with open(f"/proc/{process.pid}/limits", encoding="ascii") as limits:
                self.assertRegex(limits.read(), r"Max core file size +0 +0 ")
        files = [path for path in self.house.root.rglob("*") if path.is_file() and path.name != "keys"]
        self.assertTrue(any(path.name == "ledger.db" for path in files))
        for path in files:
            data = path.read_bytes()
            for key in keys:
                self.assertNotIn(key, data, path)
                self.assertNotIn(key.hex().encode(), data.lower(), path)

    def test_restarts_of_keeper_and_daemon_lose_nothing(self):
        self.begin_sealing()
        for how in "keeper", "daemon", "both", "killed", "box":
            with self.subTest(how):
                before = self.kept()
                if how == "daemon":
                    self.daemon.stop()
                else:
                    self.joho.close()
                    self.house.end(signal.SIGKILL if how in ("killed", "box") else signal.SIGTERM)
                if how != "keeper":
                    self.daemon.kill() if self.daemon.process else None
                if how == "box":
                    self.board.ask("power off")
                    self.forget()
                    self.board.ask("power on")
                if how != "keeper":
                    self.daemon.start()
                if how != "daemon":
                    self.start()
                self.wait_panel()
                kept = self.wait_sealed()
                self.assertEqual(kept[0], before[0 if how == "daemon" else 1])
                self.assertIsNone(self.incarnation())
                self.rotate()

    def test_power_cut_while_a_key_is_written_leaves_one_that_opens(self):
        """Of the controller alone, and of the whole box."""
        dice = random.Random(20261122)
        self.begin_sealing()
        for i in range(8):
            self.joho.ask("ledger.rotate")
            at = self.board.state()["time_us"]
            delay_us = dice.randrange(400000)
            self.board.wait("the moment", lambda s: s["time_us"] - at >= delay_us)
            self.board.ask("power off")
            self.joho.close()
            self.house.end(signal.SIGKILL)
            if i % 2:
                self.daemon.kill()
                self.forget()
            self.board.ask("power on")
            if i % 2:
                self.daemon.start()
            self.start()
            self.wait_panel()
            self.wait_sealed()
            self.assertIsNone(self.incarnation())

    def test_the_setting_taken_back_needs_no_controller_from_then_on(self):
        self.begin_sealing()
        self.restart("")
        self.assertIsNone(self.sealing())
        self.daemon.stop()
        self.forget()
        self.restart()
        self.assertIsNone(self.incarnation())
        self.assertNotIn("waiting for the panel", self.house.words())
        self.stop()
        self.assertEqual(self.offline("rotate", self.house.homes[0] / "ledger").returncode, 0)

    def test_a_press_is_recorded_while_keys_are_written(self):
        self.begin_sealing()
        for _ in range(3):
            self.joho.ask("ledger.rotate")
            self.board.ask("press declare")
            self.board.wait("RECORDED", lambda s: s["lamps"]["recorded"])


class Lost(Keys):
    """The controller is another one, or none."""

    def exchange(self, controller=0xBEEF):
        self.board.stop()
        provision(f"{self.board.folder}/board.eeprom", controller=controller)
        self.board.start()

    def wait_why(self):
        self.wait_open()
        self.joho = self.person("joho")
        return wait_until("a new incarnation", self.incarnation, 30)["why"]

    def wait_open(self, seconds=150):
        wait_until("the keeper", self.house.is_open, seconds)

    def test_one_exchanged_while_the_record_runs_is_given_a_key_at_once(self):
        before = self.begin_sealing()
        self.exchange()
        kept = wait_until("new keys", lambda: self.kept() if len(self.kept()) == 2 and self.kept() != before else None, 60)
        self.assertEqual([generation for generation, _ in kept], [1, 2])
        self.wait_sealed()
        self.stop()
        self.daemon.kill()
        self.forget()
        self.daemon.start()
        self.start()
        self.assertIsNone(self.incarnation())

    def test_one_exchanged_while_the_box_was_off_ends_the_log_and_the_next_is_sealed_with_it(self):
        self.begin_sealing()
        self.stop()
        self.daemon.kill()
        self.forget()
        self.exchange()
        self.daemon.start()
        wait_until("the file", self.has_file, 30)
        self.house.launch()
        self.assertEqual(self.wait_why(), "panel_key_lost")
        self.wait_sealed()
        self.assertIn("controller", self.house.words())
        self.assertEqual(self.joho.view("now")["media"]["incarnation"]["why"], "panel_key_lost")

    def test_one_that_comes_late_is_waited_for(self):
        self.begin_sealing()
        self.stop()
        self.daemon.kill()
        self.forget()
        self.house.launch()
        wait_until("it waits", lambda: "waiting for the panel" in self.house.words(), 30)
        self.daemon.start()
        self.wait_open()
        self.joho = self.person("joho")
        self.assertIsNone(self.incarnation())
        self.wait_panel()
        self.wait_sealed()

    def test_a_keeper_that_waits_can_be_stopped(self):
        self.begin_sealing()
        self.stop()
        self.daemon.kill()
        self.forget()
        self.house.launch()
        wait_until("it waits", lambda: "waiting for the panel" in self.house.words(), 30)
        self.house.end()
        self.daemon.start()
        self.start()
        self.assertIsNone(self.incarnation())

    def test_without_it_a_copy_of_the_media_cannot_go_on(self):
        self.begin_sealing()
        self.stop()
        self.daemon.kill()
        self.forget()
        folder = self.house.homes[0] / "ledger"
        for command in "show", "check":
            self.assertEqual(self.offline(command, folder).returncode, 0)
        refused = self.offline("rotate", folder)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("connect that controller", refused.stderr)
        self.assertIn("--reason", self.offline("repair", folder, "--new-incarnation").stderr)
        self.house.launch()
        self.assertEqual(self.wait_why(), "panel_key_lost")

    def test_what_is_left_of_an_earlier_epoch_opens_with_nothing_that_is_there_now(self):
        """An attacker has the media as they were (secret and keys/wrap), and the controller as it is now."""
        then = self.begin_sealing()
        self.stop()
        now = self.house.root / "now"
        shutil.copytree(self.house.root / "var", self.house.root / "then", symlinks=True)
        self.start()
        self.wait_panel()
        self.wait_sealed()
        self.rotate()
        later = self.rotate()
        self.stop()
        self.daemon.kill()
        shutil.move(self.house.root / "var", now)
        for keys, why in ((then, None), (later, "panel_key_lost")):
            shutil.copytree(self.house.root / "then", self.house.root / "var", symlinks=True)
            self.leave(keys)
            self.house.launch()
            self.wait_open()
            self.joho = self.person("joho")
            found = self.incarnation()
            self.assertEqual(found["why"] if found else None, why)
            self.stop()
            shutil.rmtree(self.house.root / "var")


if __name__ == "__main__":
    tap.main()
