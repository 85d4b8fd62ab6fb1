"""The commands of the guides and the README, run as a reader would; what can only be shown is checked against the
programs, and every example of settings against the host."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import yaml

import harness

sys.path.insert(0, str(harness.ROOT / "tests/e2e/guides"))

from run_guide import blocks_of  # noqa: E402

sys.path.insert(0, str(harness.ROOT / "tests/support"))

from postgres_server import PostgresServer  # noqa: E402

GUIDES = harness.ROOT / "docs/guides"
README = harness.ROOT / "README.md"
DONE, USAGE, ROLLED_BACK = 0, 2, 3
# Guides without a command of their own, and what holds them to the truth.
NOT_RUN = {"analysis-figures.md": "tools/characteristics writes it", "analysis-methods.md": "has no commands",
           "calibration.md": "tools/characteristics writes it",
           "contributing.md": "builds and tests all of this", "coroutines.md": "has no commands",
           "isolation.md": "has no commands", "postgres.md": "PostgresGuide below does what it says",
           "strategies.md": "StrategyExamples below"}
# Programs that are only shown: not of this repository, or they build it.
OTHER_PROGRAMS = ("cmake", "export", "cat", "echo", "curl", "kill", "rm", "mkdir", "install", "tar", "cp", "systemctl")


class Guides(harness.StackTest):
    def run_guide(self, file):
        stack = self.start_stack()
        environment = {**os.environ, **stack.client_environment, "EDGE": stack.edge.rstrip("/"),
                       "PATH": f"{stack.bin}:{os.environ['PATH']}", "PLUGINS": str(harness.BUILD / "plugins-root")}
        run = harness.run([sys.executable, harness.ROOT / "tests/e2e/guides/run_guide.py", "--limit", str(100 * harness.SLOWNESS), file], 150, env=environment)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_first_rollout(self):
        self.run_guide(GUIDES / "first-rollout.md")

    def test_safeguards(self):
        self.run_guide(GUIDES / "safeguards.md")

    def test_steering(self):
        self.run_guide(GUIDES / "steering.md")

    def test_operating(self):
        self.run_guide(GUIDES / "operating.md")

    def test_analysis(self):
        self.run_guide(GUIDES / "analysis.md")

    def test_profiles(self):
        self.run_guide(GUIDES / "profiles.md")

    def test_local_provider(self):
        self.run_guide(GUIDES / "local-provider.md")

    def test_testing_a_plugin(self):
        self.run_guide(GUIDES / "plugins/testing.md")

    def test_trust(self):
        self.run_guide(GUIDES / "plugins/trust.md")

    def test_readme(self):
        """Its five lines, and what they promise of the releases to come, under traffic."""
        self.run_guide(README)
        self.assertEqual(self.stack.stable("shop"), "1.0")
        self.assertEqual(self.stack.fetch(host="shop").status, 200)
        self.stack.create_release("2.0", {"EXAMPLE_FAIL_RATIO": "1"}, application="shop")
        self.stack.create_release("2.1", application="shop")
        self.stack.start_load(workers=4, rate=20, host="shop")
        self.assert_exit(self.stack.cli("deploy", "shop", "2.0", "--wait"), ROLLED_BACK)
        self.assertEqual(self.stack.stable("shop"), "1.0")
        self.assert_exit(self.stack.cli("deploy", "shop", "2.1", "--wait", seconds=90), DONE)
        self.assertEqual(self.stack.stable("shop"), "2.1")
        _, versions = self.stack.end_load()
        self.assertGreater(versions["2.0"].injected, 0)
        self.assertGreater(versions["2.1"].ok, 0)

    def test_the_first_guide_starts_a_host_as_it_says(self):
        """Its console blocks, in a folder and on ports of this test's own."""
        stack = self.new_stack()
        place, profile = stack.folder / "guide", stack.folder / "profile.yaml"
        place.mkdir()
        start, connect, end = [content for language, _, _, content in blocks_of((GUIDES / "first-rollout.md").read_text())
                          if language == "console"]
        for shown, here in (("$PWD/build/dev", str(harness.BUILD)), ("$ build/dev/", f"$ {harness.BUILD}/"),
                            ("/tmp/slipway", f"{place}/slipway"), ("manifests/dev.yaml", str(profile)),
                            ("127.0.0.1:7070", f"127.0.0.1:{stack.api_port}"),
                            ("127.0.0.1:8080", f"127.0.0.1:{stack.edge_port}")):
            self.assertIn(shown, start + connect)
            start, connect, end = (text.replace(shown, here) for text in (start, connect, end))
        lines = start.replace("$ ", "", 1).replace("\n$ ", "\n").strip().splitlines()
        # What installs and builds has run before this test; that it installs enough is told by the profile's own programs.
        installs, configures, builds = lines[0].split(" && ")
        self.assertEqual((installs, configures), ("tools/setup build demo", "cmake --preset dev"))
        self.assertEqual(builds, "cmake --build --preset dev --target slipwayd slipway slipway-plugins")
        script = "\n".join(["set -e", *lines[1:-1], f"exec {lines[-1]}"])
        with open(stack.folder / "slipwayd.log", "wb") as log:
            stack.daemon = subprocess.Popen(["bash", "-c", script], cwd=harness.ROOT, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env={**os.environ, "SLIPWAY_LISTEN": f"127.0.0.1:{stack.api_port}"})
        harness.wait_for("the host of the guide", stack._ready, 20)
        serve = """echo "name: hello" | slipway apply -f -
            echo '{version: "1.0", command: [/usr/bin/python3, -m, http.server, "${PORT}"]}' | slipway release create hello -f -
            slipway deploy hello 1.0 --wait --timeout 20s
            curl -sf -H "Host: hello" "$EDGE/"
            """
        run = harness.run(["bash", "-ec", connect.replace("$ ", "") + serve], 40, cwd=harness.ROOT)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        stack.stop_daemon()
        self.assertEqual(stack.fetch(host="hello").status, 200, "what serves is not ended with the host")
        proxy = json.loads((place / "slipway/run/local/haproxy.json").read_text())["pid"]
        made = [stack.folder / name for name in ("hello.yaml", "releases.yaml", "traffic.txt")]  # by blocks that another test runs
        for file in made:
            file.touch()
        cleaned = harness.run(["bash", "-ec", end.replace("$ ", "")], cwd=stack.folder)
        self.assertEqual(cleaned.returncode, 0, cleaned.stdout + cleaned.stderr)
        harness.wait_for("HAProxy to end", lambda: not pathlib.Path(f"/proc/{proxy}").exists(), 20)
        self.assertEqual([file for file in (*place.iterdir(), *made) if file.exists()], [])


class PostgresGuide(harness.StackTest):
    """Its statements make the roles and the database, and its settings lead a host there."""

    def test_a_host_works_on_what_the_guide_makes(self):
        statements, settings = [content for language, _, _, content in
                                blocks_of((GUIDES / "plugins/postgres.md").read_text()) if language in ("sql", "yaml")]
        server = PostgresServer(bare=True)
        self.addCleanup(server.close)
        for statement in statements.strip().splitlines():
            server.sql(statement, database="postgres")
        folder = tempfile.TemporaryDirectory(prefix="slipway-guide-")
        self.addCleanup(folder.cleanup)
        passwords = pathlib.Path(folder.name) / "pgpass"
        passwords.touch(0o600)
        for shown, here in (("db1.example.com,db2.example.com", f"{server.folder} port={server.port}"),
                            ("/etc/slipway/pgpass", str(passwords))):
            self.assertIn(shown, settings)
            settings = settings.replace(shown, here)
        config = yaml.safe_load(settings)["plugins"]["postgres"]["config"]
        shipped = "host=/run/postgresql dbname=slipway user="
        self.start_stack([(f"{shipped}slipway_app", config["connection"]),
                          (f"{shipped}slipway_owner", config["owner_connection"])], profile="postgres.yaml")
        self.stack.first_release(replicas=1)
        owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'slipway'"
        self.assertEqual(server.sql(owners), "slipway_owner")
        self.assertGreater(int(server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'slipway_app'")), 0)


class BackupGuide(harness.StackTest):
    """Its commands keep a store while a host works on it, and bring it back, on the same machine and on an empty one."""

    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.first_release()
        text = (GUIDES / "operating.md").read_text()
        section = text[text.index("\n## Back up\n"):]
        self.keep, self.restore = [content for language, _, _, content in blocks_of(section[:section.index("\n## ", 1)])
                                   if language == "console"]
        self.run_shown(self.keep)
        self.token = self.stack.token
        self.stack.deploy("1.1", "rolling")

    def run_shown(self, commands):
        for shown, here in (("/var/lib/slipway", "state"), ("/var/backups/slipway", "backups"),
                            ("/etc/slipway/site.yaml", "site.json"), ("/etc/slipway/profile.yaml", "profile.yaml")):
            commands = commands.replace(shown, str(self.stack.folder / here))
        self.assertNotRegex(commands, "/(var|etc)/")
        run = harness.run(["bash", "-ec", commands.replace("$ ", "")], 60,
                          env={**os.environ, "PATH": f"{self.stack.bin}:{os.environ['PATH']}"})
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def serves(self):
        with contextlib.suppress(ConnectionError):  # the edge is not there yet
            return self.stack.fetch().status == 200

    def assert_as_it_was_kept(self):
        self.stack.start_daemon()
        self.assertEqual(self.stack.token, self.token)
        self.assertEqual(self.stack.stable(), "1.0")
        harness.wait_for("1.0 to serve alone", lambda: self.stack.replicas_of("1.1") == 0 and self.serves(), 30)
        self.assertEqual(self.stack.replicas_of("1.0"), 2)
        self.stack.deploy("1.2", "rolling")
        self.assertEqual(self.stack.stable(), "1.2")

    def test_an_older_store_comes_back_beside_a_newer_world(self):
        self.stack.stop_daemon()
        self.run_shown(self.restore)
        self.assert_as_it_was_kept()

    def test_a_machine_that_lost_everything_comes_back(self):
        self.stack.stop_daemon()
        for pid in harness.processes_below(self.stack.folder):
            os.kill(pid, signal.SIGKILL)
        harness.wait_for("replicas and HAProxy to end", lambda: not harness.processes_below(self.stack.folder), 20)
        shutil.rmtree(self.stack.folder / "state")
        shutil.rmtree(self.stack.folder / "run")
        self.run_shown(self.restore)
        self.assert_as_it_was_kept()


class StrategyExamples(harness.StackTest):
    """Each example of strategies.md and analysis.md, as an application's or a rollout's, is planned by the host."""

    ANALYSES = "\n".join(["analyses:"] + [f"  - {{name: {name}, settings: {{kind: absolute}}}}"
                                          for name in ("errors", "latency", "page")])

    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.first_release(replicas=4)
        self.stack.create_release("1.1")
        self.text = (GUIDES / "strategies.md").read_text()

    def plan(self, application):
        file = self.stack.folder / "application.yaml"
        file.write_text("name: demo\nreplicas: 4\n" + application)
        self.assert_exit(self.stack.cli("apply", "-f", file), 0)
        self.assert_exit(self.stack.cli("deploy", "demo", "1.1", "--dry-run"), 0, "earliest end after")

    def test_every_example_of_settings_is_planned_by_the_host(self):
        blocks = [content for language, _, _, content in blocks_of(self.text) if language == "yaml"]
        self.assertGreaterEqual(len(blocks), 8)
        for block in blocks:
            with self.subTest(block):
                kind = re.match(r"\w+", block)[0]
                if kind == "strategy":
                    self.plan(f"{block}{self.ANALYSES}\n")
                elif kind == "analyses":
                    self.plan(f"{block}strategy: {{name: canary, settings: {{steps: [{{weight: 10%}}, {{analysis: errors}}]}}}}\n")
                else:
                    self.plan(f"strategy:\n  name: canary\n  settings:\n    {block}{self.ANALYSES}\n")

    def test_every_analysis_is_planned_by_the_host(self):
        blocks = [content for language, _, _, content in blocks_of((GUIDES / "analysis.md").read_text()) if language == "yaml"]
        self.assertGreaterEqual(len(blocks), 2)
        for block in blocks:
            with self.subTest(block):
                name = re.search(r"name: (\w+)", block)[1]
                self.plan(f"{block}strategy: {{name: canary, settings: {{steps: [{{weight: 10%}}, {{analysis: {name}}}]}}}}\n")

    def test_every_step_of_the_table_is_planned_by_the_host(self):
        table = self.text[self.text.index("| step | what happens |"):self.text.index("All traffic comes last")]
        steps = []
        for cell in re.findall(r"^\| (`.*?) \|", table, re.M):
            for step in re.findall(r"`(.+?)`", cell):
                if step.startswith("{"):
                    step = f"{steps[-1].split(':')[0]}: {step}"
                steps.append(step)
        self.assertEqual(len({step.split(":")[0] for step in steps}), 8, steps)
        for step in steps:
            with self.subTest(step):
                self.plan(f"strategy: {{name: canary, settings: {{steps: [{{{step}}}]}}}}\n{self.ANALYSES}\n")


class Shown(unittest.TestCase):
    """What is not run is compared with what it speaks of."""

    def test_every_guide_is_run_or_its_reason_is_written_down(self):
        run = {README.name}
        for test in (pathlib.Path(__file__), harness.ROOT / "tests/package/package_test.py"):
            run |= set(re.findall(r'self\.run_guide\(.*?([a-z-]+\.md)"\)', test.read_text()))
        for file in [*GUIDES.rglob("*.md"), README]:
            has_commands = any(language == "sh" for language, *_ in blocks_of(file.read_text()))
            with self.subTest(file.name):
                self.assertEqual(file.name in run, has_commands, "its commands need a test here or in tests/package")
                self.assertNotEqual(has_commands, file.name in NOT_RUN)

    def test_no_command_for_authors_of_plugins_is_only_shown(self):
        """The one block that no guide's run has is what installs Slipway before; tests/package runs that."""
        shown = [(file.name, content.split()[1]) for file in (GUIDES / "plugins").glob("*.md")
                 for language, _, _, content in blocks_of(file.read_text()) if language == "console"]
        self.assertEqual(shown, [("first-plugin.md", "tools/setup")])

    def test_commands_that_are_only_shown_are_what_the_programs_take(self):
        checked = 0
        for file in [*GUIDES.rglob("*.md"), README]:
            for language, _, line, content in blocks_of(file.read_text()):
                if language != "console":
                    continue
                for command in re.findall(r"^\$ (.+)$", content, re.M):
                    for words in commands_of(command):
                        with self.subTest(f"{file.name}:{line}: {command}"):
                            self.check_command(words)
                            checked += 1
        self.assertGreater(checked, 10)

    def check_command(self, words):
        program = pathlib.PurePath(words[0])
        if str(program) in OTHER_PROGRAMS:
            return
        options = [word for word in words if word.startswith("--")]
        if program.name == "slipway" and (words[1] in ("storage", "analysis") or "--simulate" in options):
            # It asks no host, or the reader's files come first.
            command = words[1:2] if "--simulate" in options else words[1:3]
            self.check_options([harness.BUILD / "bin/slipway", *command, "--help"], options)
        elif program.name == "slipway":
            # It gets as far as asking the host, which is not there.
            run = harness.run([harness.BUILD / "bin/slipway", *words[1:]], env={"SLIPWAY_URL": "http://127.0.0.1:1"})
            self.assertEqual(run.returncode, 1, run.stderr)
            self.assertIn("no answer from", run.stderr)
        elif program.name == "slipwayd":
            self.check_options([harness.BUILD / "bin/slipwayd", "--help"], options)
        else:
            self.assertEqual(program.parts[0], "tools", "no program that the test knows")
            self.assertTrue(os.access(harness.ROOT / program, os.X_OK), program)
            self.check_options([harness.ROOT / program, "--help"], options)

    def check_options(self, helped, options):
        told = harness.run(helped).stdout if options else ""
        for option in options:
            self.assertIn(option, told)

    def test_the_edge_of_the_first_guide_is_where_the_shipped_profile_takes_traffic(self):
        """The running guides get addresses of a stack on free ports; a reader gets those that are written there."""
        text = (GUIDES / "first-rollout.md").read_text()
        bind = re.search(r"\bbind: (\S+)", (harness.ROOT / "manifests/dev.yaml").read_text())[1]
        self.assertEqual(re.findall(r"\bEDGE=http://(\S+)", text), [bind])
        self.assertIn(f"at port {bind.rsplit(':', 1)[1]}.", text)

    def test_the_url_of_the_first_guide_is_where_the_api_listens_by_default(self):
        text = (GUIDES / "first-rollout.md").read_text()
        site = json.loads((harness.ROOT / "config/site.schema.json").read_text())
        self.assertEqual(re.findall(r"\bSLIPWAY_URL=http://(\S+)", text), [site["properties"]["listen"]["default"]])


def commands_of(line):
    """The words of each command of a line, without comments and what goes into files."""
    words = shlex.split(line, comments=True)
    commands, command = [], []
    for word in [*words, "&&"]:
        if word == "&&":
            commands.append(command)
            command = []
        else:
            command.append(word)
    return commands


if __name__ == "__main__":
    unittest.main()
