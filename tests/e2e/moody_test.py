"""Plugins of every kind that turn mute or mad in the middle of a rollout (tests/fixtures/plugins/moody.c): who needs them says
why and goes on once they are sound again, everybody else is served."""

import hashlib
import json
import pathlib
import shutil
import tempfile
import unittest

from harness import APP, BUILD, StackTest, sign, wait_for

PLAIN = {"strategy": {"name": "rolling", "settings": {"min_ready": "100ms"}}, "analyses": []}
STEPS = {"steps": [{"weight": "20%"}, {"pause": {}}, {"weight": "50%"}], "scale_down_delay": "100ms"}
OTHER = "other"
# What is said of a binding that has no answer, and of one whose answer has another type.
MUTE, WRONG = "DEADLINE_EXCEEDED", "want an object"


class Moody(StackTest):
    """`plugin` of the shipped profile, moody."""

    plugin = ""

    def setUp(self):
        super().setUp()
        place = pathlib.Path(tempfile.mkdtemp(prefix="slipway-moody-"))
        self.addCleanup(shutil.rmtree, place)
        self.mood_file = place / "mood"
        shipped = next((BUILD / "plugins-root" / self.plugin).iterdir())
        self.package(shipped, place / "plugins/moody" / shipped.name)
        roots = [str(BUILD / "plugins-root"), str(place / "plugins")]
        self.start_stack([(f"plugin: {self.plugin}\n", "plugin: moody\n")], site={"plugin_roots": roots},
                         environment={"MOODY_FILE": str(self.mood_file), "SLIPWAY_SECRET_KEY": "4711",
                                      "MOODY_PLUGIN": str(shipped / f"{self.plugin}.so")})

    def package(self, shipped, package):
        package.mkdir(parents=True)
        library = shutil.copy(BUILD / "tests/fixtures/plugins/lib" / f"moody_{self.plugin.split('-')[0]}.so", package / "moody.so")
        manifest = json.loads((shipped / "plugin.json").read_text())
        digest = hashlib.sha256(pathlib.Path(library).read_bytes()).hexdigest()
        (package / "plugin.json").write_text(json.dumps({**manifest, "id": "moody", "library": "moody.so",
                                                         # What it answers moodily, and what every plugin has.
                                                         "interfaces": [manifest["interfaces"][0], "slipway.plugin/1"],
                                                         "files": {"moody.so": digest}}))
        sign(package)

    def turn(self, mood):
        """mute, twice or wrong; sound again without any."""
        fresh = self.mood_file.with_suffix(".new")
        fresh.write_text(mood)
        fresh.rename(self.mood_file)

    def calls(self, binding, status):
        return self.stack.metric("slipway_plugin_calls_total", binding=binding, status=status)

    def repeated(self):
        return self.stack.metric("slipway_completions_refused_total", reason="repeated")

    def begin(self, application=APP, **spec):
        self.stack.create_application(name=application, replicas=1, **{**PLAIN, **spec})
        self.stack.create_release("1.0", application=application)
        self.stack.wait_state(self.stack.start_rollout("1.0", application=application), "succeeded")
        self.stack.create_release("1.1", application=application)

    def paused(self, application=APP):
        """A canary that waits to be promoted."""
        rollout = self.stack.start_rollout("1.1", "canary", STEPS, application=application)
        self.stack.wait_why(rollout, "promote")
        wait_for("its share", lambda: self.stack.weight(rollout) == 200_000, 15)
        return rollout

    def act(self, rollout, action):
        return self.stack.call("POST", f"/api/rollouts/{rollout}/{action}", {})

    def promote(self, rollout):
        self.assertEqual(self.act(rollout, "promote").status, 200)

    def assert_why(self, rollout, *words):
        wait_for(f"why to say {words}", lambda: all(word in self.stack.why_text(rollout) for word in words), 30)
        self.assert_exit(self.stack.cli("rollout", "why", rollout), 0, *words)

    def assert_others_are_served(self):
        self.stack.create_application(name=OTHER, replicas=1, **PLAIN)
        for version in ("1.0", "1.1"):
            self.stack.create_release(version, application=OTHER)
            self.stack.wait_state(self.stack.start_rollout(version, application=OTHER), "succeeded")
            self.assertIn(f"version {version}", self.stack.fetch(host=OTHER).text)

    def assert_answers_twice_are_refused_and_harm_nothing(self):
        self.turn("twice")
        before = self.repeated()
        rollout = self.paused()
        self.promote(rollout)
        self.stack.wait_state(rollout, "succeeded")
        self.assertGreater(self.repeated(), before)
        self.assert_journal_is_sound(self.stack.journal(rollout))
        self.assertIn("version 1.1", self.stack.fetch().text)


class Strategy(Moody):
    plugin = "strategy-canary"

    def held(self, mood, words):
        """A canary whose strategy turns before its next step."""
        self.begin()
        rollout = self.paused()
        self.turn(mood)
        self.promote(rollout)
        self.assert_why(rollout, "canary", words)
        self.assert_others_are_served()
        self.assertEqual(self.stack.weight(rollout), 200_000, "no answer is no decision")
        return rollout

    def goes_on(self, rollout):
        self.turn("")
        self.stack.wait_state(rollout, "succeeded")
        self.assert_journal_is_sound(self.stack.journal(rollout))

    def test_a_mute_strategy_holds_its_own_rollouts_alone_until_it_answers(self):
        rollout = self.held("mute", MUTE)
        self.assertGreaterEqual(self.calls("strategies.canary", "DEADLINE_EXCEEDED"), 1)
        self.goes_on(rollout)

    def test_a_strategy_whose_answers_have_wrong_types_holds_its_own_rollouts_alone_until_it_is_sound(self):
        rollout = self.held("wrong", WRONG)
        self.assertGreaterEqual(self.stack.metric("slipway_plugin_replies_refused_total", binding="strategies.canary"), 1)
        self.goes_on(rollout)

    def test_the_way_back_asks_no_strategy(self):
        rollout = self.held("mute", MUTE)
        self.assertEqual(self.act(rollout, "abort").status, 200)
        self.stack.wait_state(rollout, "rolled_back", 15)
        self.assertEqual(self.stack.stable(), "1.0")

    def test_what_a_mute_strategy_can_not_check_is_not_started(self):
        self.begin()
        self.turn("mute")
        reply = self.stack.call("POST", "/api/rollouts", {"application": APP, "release": "1.1",
                                                          "strategy": {"name": "canary", "settings": STEPS}})
        self.assert_refused(reply, 503, "strategies.canary", MUTE)
        self.assertEqual(len(self.stack.read("/api/rollouts")["items"]), 1)
        self.assert_others_are_served()

    def test_the_second_answers_of_a_strategy_are_refused_and_harm_nothing(self):
        self.begin()
        self.assert_answers_twice_are_refused_and_harm_nothing()


class Secrets(Moody):
    plugin = "secrets-env"

    def needing(self, version):
        """A rollout of a release with a secret."""
        self.stack.create_release(version, secrets={"API_KEY": "env:KEY"})
        return self.stack.start_rollout(version)

    def hold(self, mood, words):
        self.begin()
        self.turn(mood)
        rollout = self.needing("1.2")
        self.assert_why(rollout, "secrets.env", words)
        self.assertEqual(self.stack.replicas_of("1.2"), 0)
        self.assert_others_are_served()
        self.turn("")
        self.stack.wait_state(rollout, "succeeded")

    def test_mute_secrets_hold_who_needs_one_alone_until_they_answer(self):
        self.hold("mute", "did not answer within 10s")

    def test_secrets_of_wrong_types_hold_who_needs_one_alone_until_they_are_sound(self):
        self.hold("wrong", "the reply of secrets.env to resolve is not valid")

    def test_the_second_answers_of_secrets_are_refused_and_harm_nothing(self):
        self.begin()
        self.turn("twice")
        before = self.repeated()
        self.stack.wait_state(self.needing("1.2"), "succeeded")
        self.assertGreater(self.repeated(), before)
        self.assertEqual(self.stack.fetch("/secret-digest?name=API_KEY").status, 200)


class Provider(Moody):
    """Every rollout needs it; the traffic needs nobody."""

    plugin = "provider-local"

    def hold(self, mood, words):
        self.begin()
        rollout = self.paused()
        self.stack.begin_load()
        self.turn(mood)
        self.promote(rollout)
        self.assert_why(rollout, "provider", words)
        self.assertEqual(self.stack.rollout(rollout)["state"], "progressing")
        self.stack.await_requests(100)
        self.turn("")
        self.stack.wait_state(rollout, "succeeded")
        self.assert_served_all(*self.stack.end_load())
        self.assert_journal_is_sound(self.stack.journal(rollout))

    def test_a_mute_provider_holds_rollouts_and_no_request_until_it_answers(self):
        self.hold("mute", MUTE)

    def test_a_provider_whose_answers_have_wrong_types_holds_rollouts_and_no_request_until_it_is_sound(self):
        self.hold("wrong", WRONG)

    def test_the_second_answers_of_a_provider_are_refused_and_harm_nothing(self):
        self.begin()
        self.assert_answers_twice_are_refused_and_harm_nothing()


class Storage(Moody):
    """Everything that is decided needs it; the traffic needs nobody."""

    plugin = "storage-sqlite"

    def hold(self, mood, status, words):
        self.begin()
        rollout = self.paused()
        before = self.stack.journal(rollout)
        self.stack.begin_load()
        self.turn(mood)
        for method, path in (("POST", f"/api/rollouts/{rollout}/promote"), ("GET", f"/api/rollouts/{rollout}")):
            self.assert_refused(self.stack.call(method, path, {} if method == "POST" else None), status, words)
        self.stack.await_requests(100)
        self.assertEqual(self.stack.call("GET", "/api/status").status, 200)
        self.turn("")
        wait_for("a change to be taken again", lambda: self.act(rollout, "promote").status == 200, 30)
        self.stack.wait_state(rollout, "succeeded")
        self.assert_served_all(*self.stack.end_load())
        journal = self.stack.journal(rollout)
        self.assertEqual(journal[:len(before)], before, "what was decided stays")
        self.assert_journal_is_sound(journal)

    def test_a_mute_storage_refuses_what_needs_it_and_rollouts_go_on_when_it_answers(self):
        self.hold("mute", 504, "did not answer within 5s")

    def test_a_storage_whose_answers_have_wrong_types_refuses_what_needs_it_and_rollouts_go_on_when_it_is_sound(self):
        self.hold("wrong", 500, WRONG)

    def test_the_second_answers_of_a_storage_are_refused_and_harm_nothing(self):
        self.begin()
        self.assert_answers_twice_are_refused_and_harm_nothing()


if __name__ == "__main__":
    unittest.main()
