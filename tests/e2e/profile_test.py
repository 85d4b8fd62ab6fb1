"""Profiles as an admin lives with them: back to any revision, disabled for a while, and what the history keeps; libraries that
stay, and those that must not be met in this process."""

import datetime
import hashlib
import json
import os
import re
import shutil
import signal
import unittest

from harness import BUILD, Fixture, StackTest, sign, wait_for

REFUSED = 5  # exit code


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


class ProfileTest(StackTest):
    def profile(self):
        return self.stack.read("/api/profile")

    def cli_json(self, *arguments):
        run = self.stack.cli(*arguments, "-o", "json")
        self.assert_exit(run, 0)
        return json.loads(run.stdout)

    def apply(self, change, reason):
        """The profile in force with a change of it; the answer."""
        profile = self.profile()["profile"]
        change(profile)
        reply = self.stack.call("PUT", "/api/profile", {"profile": profile, "reason": reason, "bake": "0s"})
        self.assertEqual(reply.status, 200, reply.text)
        return reply.body

    def plugin(self, instance):
        return next((one for one in self.stack.read("/api/plugins")["items"] if one.get("instance") == instance), None)

    def reconfigure(self, max_replicas):
        def change(profile):
            profile["plugins"]["probe"]["config"] = {"max_replicas": max_replicas}

        return self.apply(change, f"{max_replicas} replicas")

    def most(self):
        return self.profile()["profile"]["plugins"]["probe"].get("config", {}).get("max_replicas")


class HistoryTest(ProfileTest):
    def test_any_revision_comes_back_by_its_number_and_a_dry_run_changes_nothing(self):
        self.start_stack()
        for most in (10, 20, 30):
            self.reconfigure(most)
        before = self.profile()
        planned = self.stack.cli("profile", "rollback", "2", "--dry-run")
        self.assert_exit(planned, 0, "planned only; nothing has changed", "probe")
        reply = self.stack.call("POST", "/api/profile/rollback?dry_run=true", {"revision": 2})
        self.assertEqual((reply.status, reply.body["state"]), (200, "planned"), reply.text)
        self.assertEqual(self.profile(), before)
        self.assert_exit(self.stack.cli("profile", "rollback", "2", "--reason", "ten were enough"), 0, "revision 5 is in force")
        self.assertEqual(self.most(), 10)
        reply = self.stack.call("POST", "/api/profile/rollback", {"revision": 3, "reason": "by the API"})
        self.assertEqual((reply.status, reply.body["revision"]), (200, 6), reply.text)
        self.assertEqual(self.most(), 20)
        self.assert_refused(self.stack.call("POST", "/api/profile/rollback", {"revision": 99}), 404, "99")
        for none in ("99", "0"):
            self.assert_exit(self.stack.cli("profile", "rollback", none), REFUSED, f"no revision {none} of the profile")
        self.assertEqual((self.profile()["revision"], self.most()), (6, 20))

    def test_a_revision_keeps_who_when_why_and_the_plan(self):
        begun = now()
        self.start_stack()
        applied = self.reconfigure(10)
        self.assert_exit(self.stack.cli("profile", "rollback", "1", "--reason", "back"), 0)
        page = self.stack.read("/api/profile/history")["items"]
        self.assertEqual([(one["number"], one["reason"]) for one in page][:2],
                         [(3, "rollback to revision 1: back"), (2, "10 replicas")])
        revision = self.stack.read("/api/profile/history/2")
        self.assertEqual(revision["changes"], applied["changes"])
        self.assertEqual([(one["instance"], one["what"]) for one in revision["changes"]["instances"]],
                         [("probe", ["configure"])])
        times = [self.stack.read(f"/api/profile/history/{number}")["at"] for number in (1, 2, 3)]
        self.assertEqual(times, sorted(times))
        self.assertLessEqual(begun, times[0])
        self.assertLessEqual(times[-1][:19], now())
        self.assertEqual(revision["author"], "token")
        self.assertNotIn("max_replicas", self.stack.read("/api/profile/history/3")["profile"]["plugins"]["probe"].get("config", {}))
        self.assertEqual(revision["profile"]["plugins"]["probe"]["config"], {"max_replicas": 10})
        lines = self.stack.cli("profile", "history").stdout
        self.assertRegex(lines, r"\n3 +[0-9]+s ago +token +[0-9a-f]+ +rollback to revision 1: back\n")
        self.assertRegex(lines, r"\n2 +[0-9]+s ago +token +[0-9a-f]+ +10 replicas\n")
        self.assertRegex(lines, r"\n1 +[0-9]+s ago +slipwayd +[0-9a-f]+ +started with ")

    def test_what_is_disabled_and_enabled_again_has_the_same_configuration(self):
        self.start_stack()
        window = {"reason": "closed", "from": "2020-01-01T00:00:00Z", "to": "2120-01-01T00:00:00Z"}
        self.apply(lambda it: it["plugins"]["freeze-window"].update(config={"windows": [window]}), "a window")
        binding = "gates.freeze-window"

        def disable(profile):
            del profile["bindings"][binding]
            profile["plugins"]["freeze-window"]["enabled"] = False

        def enable(profile):
            profile["bindings"][binding] = "freeze-window"
            profile["plugins"]["freeze-window"]["enabled"] = True

        self.apply(disable, "not now")
        self.assertEqual(self.profile()["profile"]["plugins"]["freeze-window"]["config"], {"windows": [window]})
        wait_for("it to go", lambda: (self.plugin("freeze-window") or {"state": ""})["state"] != "active", 15)
        self.apply(enable, "again")
        self.assertEqual(self.profile()["profile"]["plugins"]["freeze-window"]["config"], {"windows": [window]})
        self.stack.create_application(gates=[{"gate": "freeze-window"}], replicas=1, analyses=[])
        self.stack.create_release("1.0")
        self.stack.wait_why(self.stack.start_rollout("1.0"), f"frozen until {window['to']}")


class PlanTest(ProfileTest):
    NAMES = ("carried", "dropped", "moved", "off", "gone")

    def package(self, name, version, state, permissions=()):
        """Like the fixture's first version, but for these."""
        first, folder = (self.stack.folder / f"fixtures/gate-{name}" / each for each in ("1.0.0", version))
        if version != "1.0.0":
            shutil.copytree(first, folder)
        manifest = json.loads((folder / "plugin.json").read_text())
        manifest.update(version=version, state=state, permissions=list(permissions))
        (folder / "plugin.json").write_text(json.dumps(manifest))
        sign(folder)

    def change(self, profile):
        plugins, bindings = profile["plugins"], profile["bindings"]
        for name in ("carried", "dropped"):
            plugins[f"gate-{name}"]["version"] = "2.0.0"
        plugins["gate-moved"]["placement"] = "isolated"
        plugins["gate-off"]["enabled"] = False
        del plugins["gate-gone"]
        for name in ("off", "gone"):
            del bindings[f"gates.gate-{name}"]
        plugins["probe"]["config"] = {"max_replicas": 10}
        plugins["newcomer"] = {"plugin": "gate-moved"}
        bindings["gates.newcomer"] = "newcomer"

    def test_a_plan_shows_what_comes_goes_and_becomes_of_state_and_permissions_before_anything_does(self):
        self.stack = self.new_stack(fixtures=[Fixture(f"gate-{name}", "sound") for name in self.NAMES])
        snapshot = {"kind": "snapshot", "reads": [1], "writes": 1}
        for name in self.NAMES:
            self.package(name, "1.0.0", snapshot, ["events"] if name == "carried" else [])
        self.stack.start_daemon()
        self.package("carried", "2.0.0", {"kind": "snapshot", "reads": [1, 2], "writes": 2}, ["secrets"])
        self.package("dropped", "2.0.0", {"kind": "external", "reads": [1], "writes": 1})
        before, plugins = self.profile(), self.stack.read("/api/plugins")["items"]
        profile = self.profile()["profile"]
        self.change(profile)
        file = self.stack.folder / "next.json"
        file.write_text(json.dumps(profile))
        run = self.stack.cli("profile", "plan", file)
        self.assert_exit(run, 0, "planned only; nothing has changed")
        shown = run.stdout[run.stdout.index("instances\n"):run.stdout.index("bindings\n")]
        self.assertEqual(set(re.split(r"\n(?=  \S)", shown.removeprefix("instances\n").rstrip("\n"))), {
            "  ~ gate-carried: swap, permit (gate-carried 1.0.0 -> gate-carried 2.0.0)\n"
            "      gains: secrets *\n"
            "      loses: events *\n"
            "      calls wait while the old one ends and the new one starts\n"
            "      state: is carried over\n"
            "      note: can't be undone for state that is written meanwhile: gate-carried 2.0.0 writes version 2, which "
            "gate-carried 1.0.0 does not read",
            "  ~ gate-dropped: swap (gate-dropped 1.0.0 -> gate-dropped 2.0.0)\n"
            "      calls wait while the old one ends and the new one starts\n"
            "      state: is dropped\n"
            "      note: what gate-dropped 1.0.0 knows is not handed to gate-dropped 2.0.0",
            "  ~ gate-moved: place (gate-moved 1.0.0)\n"
            "      calls wait while the old one ends and the new one starts\n"
            "      state: is carried over",
            "  - gate-off: disable (gate-off 1.0.0)\n"
            "      state: is dropped\n"
            "      note: can't be undone: what gate-off 1.0.0 knows ends with it",
            "  - gate-gone: remove (gate-gone 1.0.0)\n"
            "      state: is dropped\n"
            "      note: can't be undone: what gate-gone 1.0.0 knows ends with it",
            "  ~ probe: configure (metrics-probe 0.1.0)\n"
            "      configuration: /max_replicas",
            "  + newcomer: load (gate-moved 1.0.0)"})
        self.assertEqual(self.profile(), before)
        self.assertEqual(self.stack.read("/api/plugins")["items"], plugins)


class FileTest(ProfileTest):
    def test_a_file_that_somebody_is_writing_is_read_neither_by_the_host_nor_by_apply(self):
        self.start_stack()
        file = self.stack.folder / "profile.yaml"
        whole = file.read_text()
        self.assertNotIn("gates.freeze-window", half := whole[: whole.index("  gates.freeze-window:")])
        before = self.profile()
        with open(file, "w") as writer:
            writer.write(half)
            writer.flush()
            self.stack.daemon.send_signal(signal.SIGHUP)
            told = "another program has it open for writing; try again once it is whole"
            wait_for("the file to be refused", lambda: told in self.stack.log(), 15)
            self.assert_exit(self.stack.cli("profile", "apply", str(file)), 2, "another program has it open for writing")
            writer.write(whole[len(half):].replace("  gates.webhook: gate-webhook\n", ""))
        self.assertEqual(self.profile()["revision"], before["revision"])
        self.stack.daemon.send_signal(signal.SIGHUP)
        wait_for("the whole file", lambda: self.profile()["revision"] > before["revision"], 30)
        bindings = self.profile()["profile"]["bindings"]
        self.assertIn("gates.freeze-window", bindings)
        self.assertNotIn("gates.webhook", bindings)


class VersionsTest(ProfileTest):
    def test_two_versions_of_one_plugin_serve_side_by_side_and_a_range_that_none_fits_is_refused(self):
        self.stack = self.new_stack(fixtures=[Fixture("gate-good", "sound")])
        first = self.stack.folder / "fixtures/gate-good/1.0.0"
        second = first.with_name("2.1.0")
        shutil.copytree(first, second)
        library = second / "gate-good.so"
        with library.open("ab") as file:  # another library: one with the same bytes would be shared
            file.write(b"2")
        manifest = json.loads((second / "plugin.json").read_text())
        manifest.update(version="2.1.0", files={library.name: hashlib.sha256(library.read_bytes()).hexdigest()})
        (second / "plugin.json").write_text(json.dumps(manifest))
        sign(second)
        self.stack.change_profile(("  gate-good: {plugin: gate-good}\n", "  gate-good: {plugin: gate-good, version: ^1.0}\n"
                                   "  gate-next: {plugin: gate-good, version: ^2.0}\n"),
                                  ("  gates.gate-good: gate-good\n", "  gates.gate-good: gate-good\n  gates.gate-next: gate-next\n"))
        self.stack.start_daemon()
        bound = {item["name"]: item.get("version") for item in self.stack.read("/api/bindings")["items"]}
        self.assertEqual((bound["gates.gate-good"], bound["gates.gate-next"]), ("1.0.0", "2.1.0"))
        self.assertEqual({name: self.plugin(name)["state"] for name in ("gate-good", "gate-next")},
                         {"gate-good": "active", "gate-next": "active"})
        self.stack.create_application(gates=[{"gate": "gate-good"}, {"gate": "gate-next"}], replicas=1, analyses=[])
        self.stack.create_release("1.0")
        self.stack.wait_state(self.stack.start_rollout("1.0"), "succeeded")
        for name in ("gates.gate-good", "gates.gate-next"):
            self.assertGreaterEqual(self.stack.metric("slipway_plugin_calls_total", binding=name, status="OK"), 1, name)
        profile = self.profile()["profile"]
        profile["plugins"]["gate-next"]["version"] = "^3.0"
        reply = self.stack.call("PUT", "/api/profile?dry_run=true", {"profile": profile})
        self.assert_refused(reply, 400, "/plugins/gate-next/plugin", "gate-good ^3.0 is not installed; there is 1.0.0, 2.1.0 in ",
                            "install a version that fits or relax the range")


class LibrariesTest(ProfileTest):
    def test_a_library_that_stays_is_told_with_its_reason_and_counted(self):
        name = "gate-stays"
        self.start_stack(fixtures=[Fixture(name, "thread_local_destructor")])
        self.assertEqual(self.stack.metric("slipway_parked_libraries"), 0)

        def remove(profile):
            del profile["bindings"][f"gates.{name}"]
            del profile["plugins"][name]

        self.apply(remove, "away with it")
        wait_for("its library to be parked", lambda: self.stack.metric("slipway_parked_libraries") == 1, 20)
        size = os.path.getsize(self.stack.folder / f"fixtures/{name}/1.0.0/{name}.so")
        self.assertEqual(self.stack.metric("slipway_parked_bytes"), size)
        row = next(one for one in self.stack.read("/api/plugins")["items"] if one["id"] == name)
        self.assertEqual(row["state"], "parked")
        self.assertIn("a thread-local object of its own is not destroyed", row["reason"])
        listed = self.stack.cli("plugin", "list").stdout
        self.assertRegex(listed, rf"{name} +1\.0\.0 .*parked")
        self.assertIn("its library could not be unloaded", listed)

    def meet(self, fixture):
        """The refusal of a plugin that a running host has to meet first."""
        self.start_stack(fixtures=[Fixture("gate-good", "sound")])
        self.install(fixture)
        before = self.profile()
        profile = before["profile"]
        profile["plugins"]["newcomer"] = {"plugin": "gate-newcomer"}
        profile["bindings"]["gates.newcomer"] = "newcomer"
        file = self.stack.folder / "next.json"
        file.write_text(json.dumps(profile))
        run = self.stack.cli("profile", "apply", str(file))
        self.assert_exit(run, REFUSED, "1 of 1 instances did not start")
        self.assertIsNone(self.stack.daemon.poll())
        self.assertEqual(self.profile()["version"], before["version"])
        self.stack.first_release(replicas=1)
        return run.stdout + run.stderr

    def install(self, fixture):
        package = self.stack.folder / "fixtures/gate-newcomer/1.0.0"
        package.mkdir(parents=True)
        library = (BUILD / f"tests/fixtures/plugins/lib/{fixture}.so").read_bytes()
        (package / "gate-newcomer.so").write_bytes(library)
        (package / "plugin.json").write_text(json.dumps({
            "id": "gate-newcomer", "version": "1.0.0", "abi": {"min": "1.0", "max": "1.0"}, "library": "gate-newcomer.so",
            "interfaces": ["slipway.gate/1", "slipway.plugin/1"], "threading": "serial",
            "files": {"gate-newcomer.so": hashlib.sha256(library).hexdigest()}}))
        sign(package)

    def test_a_constructor_that_ends_its_process_ends_a_worker_and_not_the_host(self):
        self.assertIn("its worker ended by signal 6 (Aborted)", self.meet("constructor_ends_the_process"))

    def test_a_constructor_that_never_returns_is_given_up_and_the_host_goes_on(self):
        self.assertIn("gate-newcomer.so: the worker did not answer within 10s", self.meet("constructor_never_returns"))


if __name__ == "__main__":
    unittest.main()
