"""A host whose world is a folder (tests/fixtures/plugins/ledger.cpp): rollouts without processes or traffic, of which every
order can be read; and the check that this world is what the journals say."""

import collections
import json
import pathlib
import shutil
import tempfile

import harness

FIXTURES = harness.BUILD / "tests/fixtures/plugins"
STRATEGIES = ("rolling", "blue-green", "canary")
TENANT = "default"


def sqlite():
    return {"plugin": "storage-sqlite", "config": {"path": "${state_directory}/slipway.db"}}


def postgres(config):
    return {"plugin": "storage-postgres", "config": config}


class World:
    """What the hosts have ordered."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-world-"))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def orders(self, application):
        return self._lines(f"{TENANT}.{application}")

    def refused(self, application):
        return self._lines(f"{TENANT}.{application}.refused")

    def _lines(self, name):
        file = self.folder / name
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def groups_of(order):
    """As a journal has them."""
    return sorted((group["role"], group["replicas"], group["weight"]) for group in order["groups"])


def faults_between(orders, journals):
    """In which way the orders that an application's world took are not what the journals of its rollouts, the oldest first,
    say; none when they are. Each decision became an order at most once, in its turn; the last one did."""
    faults = []
    numbers = [order["generation"] for order in orders]
    tokens = [order["token"] for order in orders]
    if tokens != sorted(tokens):
        faults.append(f"tokens went back: {tokens}")
    if numbers != sorted(numbers):
        faults.append(f"orders came in the wrong turn: {numbers}")
    decided = collections.defaultdict(list)
    for journal in journals:
        for entry in journal:
            if entry["groups"] and groups_of(entry) not in decided[entry["generation"]]:
                decided[entry["generation"]].append(groups_of(entry))
    faults += [f"order {number} was decided in two ways: {ways}" for number, ways in decided.items() if len(ways) > 1]
    faults += [f"order {order['generation']} is not what was decided: {groups_of(order)}, not {decided[order['generation']]}"
               for order in orders if groups_of(order) not in decided[order["generation"]]]
    if decided and (not numbers or max(decided) != numbers[-1]):
        faults.append(f"the last decision is {max(decided)}, the last order {numbers[-1:]}")
    return faults


class LedgerStack(harness.Stack):
    """`storage`: the profile's storage plugin. `environment`, `roots` and `provider`: for a plugin around another one.
    `others`: more bindings, each with the name of its plugin. `configs`: of plugins, by name."""

    def __init__(self, world, storage, site=None, environment=None, roots=(), provider="provider-ledger", strategies=STRATEGIES,
                 others=None, configs=None):
        self._world, self._storage, self._roots, self._provider = world, storage, [str(root) for root in roots], provider
        self._others = {**{f"strategies.{name}": f"strategy-{name}" for name in strategies}, **(others or {})}
        self._configs = configs or {}
        super().__init__(site=site, environment=environment)

    def site(self):
        own = super().site()
        return {**own, "plugin_roots": [*own["plugin_roots"], str(FIXTURES / "root"), *self._roots]}

    def call(self, method, path, body=None, headers=None):
        """Not held to the OpenAPI document, as other tests' are: that would cost more time than the rollouts."""
        return harness.exchange(self.api_port, method, path, body, {"Authorization": f"Bearer {self.token}", **(headers or {})})

    def write_configuration(self, profile):
        (self.folder / "site.json").write_text(json.dumps(self.site()))
        plugins = {"storage": self._storage,
                   "ledger": {"plugin": self._provider, "config": {"folder": str(self._world.folder)}},
                   **{plugin: {"plugin": plugin, "config": self._configs.get(plugin, {})} for plugin in self._others.values()}}
        bindings = {"storage": "storage", "provider": "ledger", **self._others}
        (self.folder / "profile.yaml").write_text(json.dumps({
            "profile": {"name": "ledger", "version": "1.0.0"}, "plugins": plugins, "bindings": bindings}))


def release(version):
    return {"release": {"version": version, "artefact": {"path": "/bin/true"}, "command": ["${ARTEFACT}"]}}


def application(name, **spec):
    return {"name": name, "replicas": 2, "strategy": {"name": "rolling", "settings": {"min_ready": "0s"}}, "analyses": [], **spec}
