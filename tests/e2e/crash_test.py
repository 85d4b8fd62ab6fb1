"""slipwayd killed with SIGKILL before and after each of its durable writes and of its calls to the provider, in a rollout of
each strategy, in those that go back at once or gradually, in one that replaces another, and in those that a person steers: what
it decided, and what the world came to, is what it is without.

The host dies inside the plugin that carries out the call (tests/fixtures/plugins/mortal.c). An undisturbed rollout tells which
calls there are.
"""

import functools
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
from oracle import Oracle

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
# Where a person is asked, in the midst of the way.
HALFWAY = {"rolling": {"pause_at": 1, "max_surge": 1, "max_unavailable": 0},
           "canary": {"steps": [{"weight": "20%"}, {"pause": {}}], "scale_down_delay": "0s"}}
GRADUALLY = {"rollback": {"mode": "gradual", "over": "270ms"}}
SHIFT = "as the gradual way back has it"
# No replica of this world answers.
ANSWERS = {"name": "answers", "metrics": "probe", "analyzer": "threshold", "interval": "100ms",
           "query": {"checks": [{"name": "connects", "kind": "tcp"}]}, "settings": {"success": "failed_cases == 0"}}


def everywhere(points):
    return points


def each_world(points):
    """Of deaths that leave the same world behind, one: what is durable after a call is what is durable before the next one. So
    both deaths of every second call, and the one after the last."""
    return [point for number, point in enumerate(points) if number % 4 < 2 or number == len(points) - 1]


def some_shifts(points):
    """Of the worlds in the midst of a gradual way back, where shift follows shift, every third."""
    worlds = each_world(points)
    return worlds[:6] + worlds[6:-6:3] + worlds[-6:]


def without_names(text, rollouts):
    for number, rollout in enumerate(rollouts):
        text = text.replace(rollout, f"rollout {number}")
    return text


def weight_of(entry, role):
    return next(group["weight"] for group in entry["groups"] if group["role"] == role)


class MortalStack(ledger.LedgerStack):
    """A host that dies of a call that it is told."""

    def __init__(self, world, storage, strategies, **more):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="slipway-mortal-"))
        self.word = self.place / "word"
        shipped = next((harness.BUILD / "plugins-root" / storage["plugin"]).iterdir())
        provider = ledger.FIXTURES / "root/provider-ledger/1.0.0"
        self._package("storage", shipped)
        self._package("provider", provider)
        super().__init__(world, {**storage, "plugin": "mortal-storage"}, provider="mortal-provider", roots=[self.place / "plugins"],
                         strategies=strategies, **{"others": JUDGES, **more}, environment={"MORTAL_FILE": str(self.word),
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
    def first(self, name, strategy, **later):
        """`later`: what holds of the application from then on."""
        place = f"/api/applications/{name}"
        spec = ledger.application(name, analyses=[ANSWERS])
        self.make("PUT", place, spec, place)
        rollout = self.deploy(name, "1.0", strategy)
        if later:
            self.make("PUT", place, {**spec, **later}, place)
        return rollout

    def second(self, name, strategy):
        return self.deploy(name, "1.1", strategy)

    def bad(self, name, strategy, settings):
        """Its analysis takes it back."""
        return self.wait_for_end(self.release(name, "1.1", {"name": strategy, "settings": settings}), "rolled_back")

    def bad_canary(self, name, strategy):
        return self.bad(name, strategy, {"steps": [{"weight": "20%"}, {"analysis": "answers"}]})

    def bad_green(self, name, strategy):
        return self.bad(name, strategy, {**SETTINGS[strategy], "switch_steps": [], "verify": "answers"})

    def aborted(self, name, strategy):
        rollout = self.halfway(name, strategy)
        self.abort(name, strategy)
        return rollout

    def abort(self, name, _):
        rollout = self.newest(name)
        while self.is_progressing_and_seen(rollout):
            if reply := self.call("POST", f"/api/rollouts/{rollout}/abort", {}):
                self.assertEqual(reply.status, 200)
                break
        self.wait_for_end(rollout, "rolled_back")

    def is_progressing_and_seen(self, rollout):
        """A host that came back looks at the world first, and checks each replica anew. What is aborted before that has a decision
        more, which orders nothing."""
        def seen():
            now.update(self.read(f"/api/rollouts/{rollout}"))
            return now["state"] != "progressing" or all(group.get("ready") == group["replicas"] for group in now["groups"])

        now = {}
        harness.wait_for("its replicas to be seen", seen, 10)
        return now["state"] == "progressing"

    def replace(self, name, strategy):
        rollout = self.release(name, "1.2", {"name": strategy, "settings": SETTINGS[strategy]}, supersede="replace")
        return self.wait_for_end(rollout, "succeeded")

    def steer(self, name, _):
        """Paused, resumed and promoted, held by a gate, and promoted once more."""
        self.oracle.answer = {"state": "pending", "reason": "not yet"}
        rollout = self.newest(name)
        for action, then in (("pause", "resume"), ("resume", "somebody to promote"), ("promote", "not yet")):
            self.act(rollout, action, action)
            self.wait_for(rollout, then)
        self.oracle.answer = {"state": "open", "reason": "done"}
        self.wait_for(rollout, "somebody to promote")
        self.wait_for_order(name, rollout)
        self.act(rollout, "promote", "once more")
        self.wait_for_end(rollout, "succeeded")

    def act(self, rollout, action, key):
        """Once, however often it has to be said."""
        headers = {"Idempotency-Key": f"{rollout}-{key}"}
        while (reply := self.call("POST", f"/api/rollouts/{rollout}/{action}", {}, headers)) is None:
            pass
        self.assertEqual(reply.status, 200, reply.text)

    def newest(self, name):
        return self.read(f"/api/rollouts?application={name}")["items"][0]["id"]

    def halfway(self, name, strategy, settings=None):
        """A rollout that waits for a person, its order given; its id."""
        rollout = self.release(name, "1.1", {"name": strategy, "settings": settings or HALFWAY[strategy]})
        self.wait_for(rollout, "promote")
        self.wait_for_order(name, rollout)
        return rollout

    def deploy(self, name, version, strategy):
        """A new release and its rollout to its end; the rollout's id."""
        return self.wait_for_end(self.release(name, version, {"name": strategy, "settings": SETTINGS[strategy]}), "succeeded")

    def release(self, name, version, strategy, **more):
        """A new release and the begin of its rollout, through whatever happens; the rollout's id."""
        place = f"/api/applications/{name}/releases"
        self.make("POST", place, ledger.release(version), f"{place}/{version}")
        return self.begin({"application": name, "release": version, "strategy": strategy, **more})

    def wait_for(self, rollout, words):
        harness.wait_for(f"{rollout} to wait for {words}", lambda: words in self.waits_for(rollout), 30, pause=0.02)

    def waits_for(self, rollout):
        return self.read(f"/api/rollouts/{rollout}")["why"]["waits_for"]

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

    def story(self, application, rollouts, clocked):
        """What was decided and what came of it, but for moments, names, and the note that a host went on with it; and, of a
        `clocked` one, but for the shifts of the way back, which are as many as there was time for, and for numbers after them."""
        journals = [self.read(f"/api/rollouts/{rollout}/journal?limit=500")["items"] for rollout in rollouts]
        for journal in journals:
            self.assert_journal_is_sound(journal)
        orders = self.world.orders(application)
        self.assertEqual(ledger.faults_between(orders, journals), [])
        told = [entry | {"rollout": number, "reason": without_names(entry["reason"], rollouts)}
                for number, journal in enumerate(journals) for entry in journal if entry["kind"] != "resumed"]
        shifts = [entry for entry in told if SHIFT in entry["reason"]]
        left = [weight_of(entry, "next") for entry in shifts]
        self.assertEqual(left, sorted(set(left), reverse=True), "each shift takes some from the new release")
        kept = ("rollout", "kind", "state", "step", "reason", "groups", *(() if clocked else ("generation",)))
        decided = [{key: entry[key] for key in kept} for entry in told if entry not in shifts]
        skipped = [entry["generation"] for entry in shifts]
        ordered = {order["generation"]: ledger.groups_of(order) for order in orders if order["generation"] not in skipped}
        return {"decided": decided, "ordered": list(ordered.values()) if clocked else ordered,
                "stable": self.read(f"/api/applications/{application}")["stable_release"]}

    def at_each_point(self, strategy, storage, tale, before=(), which=everywhere, clocked=False, **more):
        """Of what `tale` does, after what comes before it; of `which` of its points."""
        self.world = ledger.World()
        self.addCleanup(self.world.close)
        self.stack = MortalStack(self.world, storage, [strategy], **more)
        self.addCleanup(self._end, self.stack)
        self.stack.start_daemon()

        def tell(name, word):
            rollouts = [part(name, strategy) for part in before]
            self.stack.say(f"{name} {word}")
            rollouts.append(tale(name, strategy))
            return self.story(name, list(filter(None, rollouts)), clocked)

        wanted = tell("undisturbed", "tell")
        points = which(self.points())
        self.assertGreaterEqual(len(points), 12, "a death before and after each write and each order")
        deaths = 0
        for number, (interface, method, nth, moment) in enumerate(points):
            with self.subTest(f"{moment} {interface} {method} {nth}"):
                story = tell(f"tale-{number:03}", f"{moment} {interface} {METHODS[interface].index(method)} {nth}")
                if not clocked:
                    harness.wait_for("its death", lambda: not self.stack.word.exists(), 5)
                deaths += not self.stack.word.exists()
                self.assertEqual(story, wanted)
        self.assertGreaterEqual(deaths, len(points) * 3 // 4, "fewer shifts, fewer calls")

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
        self.at_each_point("canary", ledger.sqlite(), self.bad_canary, before=[self.first])

    def test_a_canary_that_its_analysis_takes_back_on_postgresql(self):
        self.at_each_point("canary", self.postgres(), self.bad_canary, before=[self.first])

    def test_a_canary_that_a_person_aborts_on_sqlite(self):
        self.at_each_point("canary", ledger.sqlite(), self.aborted, before=[self.first])

    def test_a_canary_that_a_person_aborts_on_postgresql(self):
        self.at_each_point("canary", self.postgres(), self.aborted, before=[self.first])

    def test_a_rolling_rollout_that_goes_back_gradually_on_sqlite(self):
        before = [functools.partial(self.first, **GRADUALLY), self.halfway]
        self.at_each_point("rolling", ledger.sqlite(), self.abort, before, which=some_shifts, clocked=True)

    def test_a_blue_green_rollout_that_goes_back_gradually_on_sqlite(self):
        before = [functools.partial(self.first, **GRADUALLY)]
        self.at_each_point("blue-green", ledger.sqlite(), self.bad_green, before, which=some_shifts, clocked=True)

    def fails_its_watch(self, storage):
        watched = {"verification": {"period": "60s", "analyses": ["answers"]}}
        tale = functools.partial(self.bad, settings=SETTINGS["rolling"])
        self.at_each_point("rolling", storage, tale, [functools.partial(self.first, **watched)], which=each_world)

    def test_a_watch_after_promotion_that_fails_on_sqlite(self):
        self.fails_its_watch(ledger.sqlite())

    def replaces_another(self, storage):
        self.at_each_point("canary", storage, self.replace, [self.first, self.halfway], which=each_world)

    def test_a_rollout_that_replaces_another_on_sqlite(self):
        self.replaces_another(ledger.sqlite())

    def test_a_rollout_that_replaces_another_on_postgresql(self):
        self.replaces_another(self.postgres())

    def test_a_canary_that_a_person_steers_past_a_gate_on_sqlite(self):
        self.oracle = Oracle()
        self.addCleanup(self.oracle.close)
        steps = [{"weight": "20%"}, {"pause": {}}, {"gate": "webhook"}, {"weight": "60%"}, {"pause": {}}]
        halfway = functools.partial(self.halfway, settings={"steps": steps, "scale_down_delay": "0s"})
        self.at_each_point("canary", ledger.sqlite(), self.steer, [self.first, halfway], which=each_world,
                           others={**JUDGES, "gates.webhook": "gate-webhook"},
                           configs={"gate-webhook": {"url": self.oracle.url, "retry_after": "1s"}})
