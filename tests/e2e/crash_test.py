"""slipwayd killed with SIGKILL before and after each of its durable writes and of its calls to the provider, in a rollout of
each strategy, in one that its analysis takes back and in one that a person aborts, on each store: what it decided, and what
the world came to, is what it is without.

The host dies inside the plugin that carries out the call (tests/fixtures/plugins/mortal.c). An undisturbed rollout tells which
calls there are.
"""

import hashlib
import http.client
import json
import pathlib
import shutil
import signal
import sys
import tempfile

import harness
import ledger
from harness import ENDS, StackTest

sys.path.insert(0, str(harness.ROOT / "tests/support"))
from postgres_server import PostgresServer  # noqa: E402

METHODS = {"slipway.storage/1": ("get", "write", "scan", "append", "read", "lease"),
           "slipway.provider/1": ("capabilities", "validate", "apply", "observe", "remove")}
# Those that change nothing are no points of their own: what comes before and after them is the same.
DEEDS = ("write", "append", "lease", "apply", "remove")
SETTINGS = {"rolling": {"max_surge": 1, "max_unavailable": 0, "min_ready": "0s"},
            "blue-green": {"preview_replicas": 1, "switch_steps": [{"weight": "50%", "pause": "0s"}], "keep_blue": "0s"},
            "canary": {"steps": [{"weight": "20%"}, {"weight": "60%"}], "scale_down_delay": "0s"}}
JUDGES = {"metrics.probe": "metrics-probe", "analyzers.threshold": "analyzer-threshold"}
# No replica of this world answers.
ANSWERS = {"name": "answers", "metrics": "probe", "analyzer": "threshold", "interval": "100ms",
           "query": {"checks": [{"name": "connects", "kind": "tcp"}]}, "settings": {"success": "failed_cases == 0"}}


class MortalStack(ledger.LedgerStack):
    """A host that dies of a call that it is told."""

    def __init__(self, world, storage, strategies):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="slipway-mortal-"))
        self.word = self.place / "word"
        shipped = next((harness.BUILD / "plugins-root" / storage["plugin"]).iterdir())
        provider = ledger.FIXTURES / "root/provider-ledger/1.0.0"
        self._package("storage", shipped)
        self._package("provider", provider)
        super().__init__(world, {**storage, "plugin": "mortal-storage"}, provider="mortal-provider", roots=[self.place / "plugins"],
                         strategies=strategies, others=JUDGES, environment={"MORTAL_FILE": str(self.word),
                                      "slipway.storage/1": str(shipped / f"{storage['plugin']}.so"),
                                      "slipway.provider/1": str(provider / "provider-ledger.so")})

    def _package(self, what, shipped):
        manifest = json.loads((shipped / "plugin.json").read_text())
        package = self.place / "plugins" / f"mortal-{what}" / manifest["version"]
        package.mkdir(parents=True)
        library = shutil.copy(ledger.FIXTURES / "lib" / f"mortal_{what}.so", package / "mortal.so")
        digest = hashlib.sha256(pathlib.Path(library).read_bytes()).hexdigest()
        (package / "plugin.json").write_text(json.dumps({
            **manifest, "id": f"mortal-{what}", "library": "mortal.so", "files": {"mortal.so": digest},
            "interfaces": [f"slipway.{what}/1", "slipway.plugin/1"]}))
        harness.sign(package)

    def stop(self):
        super().stop()
        shutil.rmtree(self.place, ignore_errors=True)

    def say(self, word):
        """What it is to die of, from now on."""
        fresh = self.word.with_suffix(".new")
        fresh.write_text(word)
        fresh.rename(self.word)

    def told(self):
        """(interface, method) of the calls that were written down, in order."""
        lines = (line.split(" ", 2) for line in self.word.with_suffix(".told").read_text().splitlines())
        return [(interface, METHODS[interface][int(number)]) for interface, number, _ in lines]


class CrashTest(StackTest):
    def first(self, name, strategy):
        place = f"/api/applications/{name}"
        self.make("PUT", place, ledger.application(name, analyses=[ANSWERS]), place)
        return self.deploy(name, "1.0", strategy)

    def second(self, name, strategy):
        return self.deploy(name, "1.1", strategy)

    def bad(self, name, strategy):
        rollout = self.release(name, "1.1", {"name": strategy, "settings": {"steps": [{"weight": "20%"}, {"analysis": "answers"}]}})
        return self.wait_for_end(rollout, "rolled_back")

    def aborted(self, name, strategy):
        rollout = self.release(name, "1.1", {"name": strategy, "settings": {"steps": [{"weight": "20%"}, {"pause": {}}]}})
        self.wait_for_step(rollout, 1)
        self.wait_for_order(name, rollout)
        while (reply := self.call("POST", f"/api/rollouts/{rollout}/abort", {})) is None:
            if self.read(f"/api/rollouts/{rollout}")["state"] != "progressing":
                return self.wait_for_end(rollout, "rolled_back")
        self.assertEqual(reply.status, 200, reply.text)
        return self.wait_for_end(rollout, "rolled_back")

    def deploy(self, name, version, strategy):
        """A new release and its rollout to its end; the rollout's id."""
        return self.wait_for_end(self.release(name, version, {"name": strategy, "settings": SETTINGS[strategy]}), "succeeded")

    def release(self, name, version, strategy):
        """A new release and the begin of its rollout, through whatever happens; the rollout's id."""
        place = f"/api/applications/{name}/releases"
        self.make("POST", place, ledger.release(version), f"{place}/{version}")
        return self.begin({"application": name, "release": version, "strategy": strategy})

    def wait_for_end(self, rollout, state):
        ended = harness.wait_for(f"the end of {rollout}", lambda: self.end_of(rollout), 30)
        self.assertEqual(ended, state)
        return rollout

    def end_of(self, rollout):
        state = self.read(f"/api/rollouts/{rollout}")["state"]
        return state if state in ENDS else None

    def make(self, method, path, body, place):
        """Whoever is not answered looks whether it was done, and asks again when not."""
        while (reply := self.call(method, path, body)) is None:
            if self.call("GET", place).status == 200:
                return
        self.assertIn(reply.status, (200, 201), reply.text)

    def begin(self, body):
        """Its id."""
        while (reply := self.call("POST", "/api/rollouts", body)) is None:
            begun = self.read(f"/api/rollouts?application={body['application']}")["items"]
            if begun and begun[0]["to_release"] == body["release"]:
                return begun[0]["id"]
        self.assertEqual(reply.status, 201, reply.text)
        return reply.body["id"]

    def read(self, path):
        while (reply := self.call("GET", path)) is None:
            pass
        self.assertEqual(reply.status, 200, reply.text)
        return reply.body

    def call(self, method, path, body=None, headers=None):
        """The answer; None from a host that died of it and is up again."""
        try:
            return self.stack.call(method, path, body, headers or {})
        except (OSError, http.client.HTTPException):
            self.rise()

    def rise(self):
        self.assertEqual(self.stack.await_end(), -signal.SIGKILL)
        self.stack.start_daemon()

    def story(self, application, rollouts):
        """What was decided and what came of it, but for moments, names, and the note that a host went on with it."""
        journals = [self.read(f"/api/rollouts/{rollout}/journal?limit=500")["items"] for rollout in rollouts]
        for journal in journals:
            self.assert_journal_is_sound(journal)
        orders = self.world.orders(application)
        self.assertEqual(ledger.faults_between(orders, journals), [])
        decided = [[{key: entry[key] for key in ("kind", "state", "step", "reason", "groups", "generation")}
                    for entry in journal if entry["kind"] != "resumed"] for journal in journals]
        ordered = {order["generation"]: ledger.groups_of(order) for order in orders}
        return {"decided": decided, "ordered": ordered, "stable": self.read(f"/api/applications/{application}")["stable_release"]}

    def at_each_point(self, strategy, storage, tale, before=()):
        """Of what `tale` does, after what comes before it."""
        self.world = ledger.World()
        self.addCleanup(self.world.close)
        self.stack = MortalStack(self.world, storage, [strategy])
        self.addCleanup(self._end, self.stack)
        self.stack.start_daemon()

        def tell(name, word):
            rollouts = [part(name, strategy) for part in before]
            self.stack.say(f"{name} {word}")
            return self.story(name, [*rollouts, tale(name, strategy)])

        wanted = tell("undisturbed", "tell")
        points = self.points()
        self.assertGreaterEqual(len(points), 12, "a death before and after each write and each order")
        for number, (interface, method, nth, moment) in enumerate(points):
            with self.subTest(f"{moment} {interface} {method} {nth}"):
                story = tell(f"tale-{number:03}", f"{moment} {interface} {METHODS[interface].index(method)} {nth}")
                harness.wait_for("its death", lambda: not self.stack.word.exists(), 5)
                self.assertEqual(story, wanted)

    def test_a_request_that_was_carried_out_before_its_answer_was_kept_is_not_carried_out_again(self):
        for name, storage in (("sqlite", ledger.sqlite()), ("postgresql", self.postgres())):
            with self.subTest(name):
                self.world = ledger.World()
                self.addCleanup(self.world.close)
                self.stack = MortalStack(self.world, storage, ["rolling", "canary"])
                self.addCleanup(self._end, self.stack)
                self.stack.start_daemon()
                self.first("shop", "rolling")
                steps = [{"weight": "20%"}, {"pause": {}}, {"weight": "60%"}, {"pause": {}}]
                self.repeated("/api/applications/shop/releases", ledger.release("1.1"), "release-1.1")
                rollout = self.repeated("/api/rollouts", {"application": "shop", "release": "1.1", "strategy": {
                    "name": "canary", "settings": {"steps": steps, "scale_down_delay": "0s"}}}, "begin")["id"]
                self.wait_for_step(rollout, 1)
                self.assertEqual(self.repeated(f"/api/rollouts/{rollout}/promote", {}, "on")["id"], rollout)
                self.wait_for_step(rollout, 3)
                journal = self.read(f"/api/rollouts/{rollout}/journal?limit=500")["items"]
                self.assertEqual([entry["kind"] for entry in journal].count("command"), 1)
                self.assertEqual(len(self.read("/api/rollouts?application=shop")["items"]), 2)

    def repeated(self, path, body, key):
        """The answer to a request that the host dies of once it has been carried out, asked for again."""
        self.stack.say("shop after slipway.storage/1 1 1")
        headers = {"Idempotency-Key": key}
        self.assertIsNone(self.call("POST", path, body, headers))
        reply = self.call("POST", path, body, headers)
        self.assertIn(reply.status, (200, 201), reply.text)
        self.assertEqual(self.call("POST", path, body, headers).body, reply.body)
        return reply.body

    def wait_for_step(self, rollout, step):
        harness.wait_for(f"step {step} of {rollout}", lambda: self.read(f"/api/rollouts/{rollout}")["step"] >= step, 30)

    def wait_for_order(self, name, rollout):
        """A person who is quicker than the order makes it needless, and each story another."""
        def arrived():
            decided = self.read(f"/api/rollouts/{rollout}/journal?limit=500")["items"][-1]
            return decided["state"] != "progressing" or self.world.orders(name)[-1]["generation"] >= decided["generation"]
        harness.wait_for(f"the order of the last step of {rollout}", arrived, 30)

    def points(self):
        seen, points = {}, []
        for call in self.stack.told():
            seen[call] = seen.get(call, 0) + 1
            if call[1] in DEEDS:
                points += [(*call, seen[call], moment) for moment in ("before", "after")]
        return points

    def postgres(self):
        server = PostgresServer()
        self.addCleanup(server.close)
        return ledger.postgres(server.config())

    def test_a_first_release_on_sqlite(self):
        self.at_each_point("rolling", ledger.sqlite(), self.first)

    def test_a_rolling_rollout_on_sqlite(self):
        self.at_each_point("rolling", ledger.sqlite(), self.second, before=[self.first])

    def test_a_blue_green_rollout_on_sqlite(self):
        self.at_each_point("blue-green", ledger.sqlite(), self.second, before=[self.first])

    def test_a_canary_on_sqlite(self):
        self.at_each_point("canary", ledger.sqlite(), self.second, before=[self.first])

    def test_a_first_release_on_postgresql(self):
        self.at_each_point("rolling", self.postgres(), self.first)

    def test_a_rolling_rollout_on_postgresql(self):
        self.at_each_point("rolling", self.postgres(), self.second, before=[self.first])

    def test_a_blue_green_rollout_on_postgresql(self):
        self.at_each_point("blue-green", self.postgres(), self.second, before=[self.first])

    def test_a_canary_on_postgresql(self):
        self.at_each_point("canary", self.postgres(), self.second, before=[self.first])

    def test_a_canary_that_its_analysis_takes_back_on_sqlite(self):
        self.at_each_point("canary", ledger.sqlite(), self.bad, before=[self.first])

    def test_a_canary_that_its_analysis_takes_back_on_postgresql(self):
        self.at_each_point("canary", self.postgres(), self.bad, before=[self.first])

    def test_a_canary_that_a_person_aborts_on_sqlite(self):
        self.at_each_point("canary", ledger.sqlite(), self.aborted, before=[self.first])

    def test_a_canary_that_a_person_aborts_on_postgresql(self):
        self.at_each_point("canary", self.postgres(), self.aborted, before=[self.first])
