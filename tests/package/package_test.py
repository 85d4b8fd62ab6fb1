"""The installation, and what somebody makes with it who never saw this tree; the order is that of the fixtures in
CMakeLists.txt."""

import concurrent.futures
import hashlib
import json
import re
import shutil
import subprocess
import sys
import threading
import unittest

import stranger
import workshop
from workshop import PLACE, PREFIX, SOURCE, WORKSHOP

sys.path.insert(0, str(SOURCE / "tests/e2e"))

import harness  # noqa: E402

sys.path.insert(0, str(SOURCE / "tests/e2e/guides"))

from run_guide import blocks_of  # noqa: E402

ENTRY = "slipway_plugin_entry"
CROSS_COMPILER = shutil.which("x86_64-w64-mingw32-g++-posix", path="/usr/bin")
INTERFACES = ("strategy", "provider", "metrics", "analyzer", "gate", "notifier", "secrets", "app")
LANGUAGES = ("c", "cpp", "rust")
# Of the kit: the same replies in a worker, and lives that a killed one is followed by.
BOTH_PLACEMENTS = ("parity.replies_are_the_same", "kill.calls_end_with_unavailable", "kill.goes_on_around_every_message")
# What is no text, or says where it was built on purpose of others (the debug names of compiled code).
BINARIES = (".a", ".so")


class Installation(unittest.TestCase):
    def test_is_made_and_moved(self):
        workshop.install()
        self.assertFalse((PLACE / "made").exists())
        self.assertIn("slipwayd", workshop.run("slipwayd", "version"))
        self.assertIn("slipway", workshop.run("slipway", "version"))

    def test_is_complete_and_relocatable(self):
        for name in ("bin/slipway", "bin/slipwayd", "include/slipway/abi/plugin.h", "include/slipway/plugin.hpp",
                     "include/slipway/testing/fake_host.hpp", "lib/libslipway_sdk.a",
                     "lib/cmake/SlipwaySDK/SlipwaySDKConfig.cmake", "lib/slipway/plugins/strategy-canary/0.1.0/plugin.json",
                     "share/slipway/schema/plugin.schema.json", "share/slipway/manifests/dev.yaml",
                     "share/slipway/config/site.schema.json", "lib/systemd/system/slipwayd.service",
                     "share/slipway/template/cpp/common/CMakeLists.txt"):
            self.assertTrue((PREFIX / name).is_file(), name)
        for file in PREFIX.rglob("*"):
            if file.is_file() and file.suffix not in BINARIES and file.parent != PREFIX / "bin":
                self.assertNotIn(str(SOURCE).encode(), file.read_bytes(), file)
        for program in (PREFIX / "bin").iterdir():
            self.assertNotRegex(workshop.run("readelf", "-dW", program), "R(UN)?PATH", program)

    def test_the_way_of_the_guide_installs_the_same(self):
        """Its commands, for a reader whose home is here. Of the build only one plugin and what that needs is made; what the whole
        of it would install is compared with what this test's own build installs, and that is then what is installed."""
        text = (SOURCE / "docs/guides/plugins/first-plugin.md").read_text()
        commands = next(content for language, _, _, content in blocks_of(text) if language == "console").replace("$ ", "")
        folder, home = PLACE / "guide", PLACE / "home"
        for place in (folder, home):
            shutil.rmtree(place, ignore_errors=True)
        self.addCleanup(shutil.rmtree, home)
        configure = "cmake --preset release -DSLIPWAY_TESTS=OFF"
        for shown, here in ((configure, f"{configure} -B {folder}"), ("build/release", str(workshop.BUILD)),
                            ("cmake --build --preset release", f"cmake --build {folder} --target gate-freeze-window")):
            self.assertEqual(commands.count(shown), 1, shown)
            commands = commands.replace(shown, here)
        home.mkdir()
        output = workshop.run("bash", "-euc", f"{commands}\ncommand -v slipway\nslipway version", cwd=SOURCE, home=home)
        self.assertRegex(output, rf"\n{home}/slipway/bin/slipway\nslipway ")
        self.assertTrue((folder / "plugins-root/gate-freeze-window/0.1.0/plugin.sig").is_file())

        def installed(build):
            words = [re.findall(r'"([^"\n]+)"', file.read_text()) for file in build.rglob("cmake_install.cmake")
                     if build == folder or not file.is_relative_to(PLACE)]
            return {re.sub(r"/Export/[0-9a-f]+/", "/", word.replace(str(build), "")) for word in sum(words, [])
                    if word.startswith((str(build), str(SOURCE))) and not word.endswith("cmake_install.cmake")}

        self.assertIn("/bin/slipway-kit", installed(folder))
        self.assertEqual(installed(workshop.BUILD), installed(folder))

    def test_a_new_plugin_is_refused_with_the_way_out(self):
        def refused(*arguments):
            done = subprocess.run(["slipway", "plugin", "new", *arguments], env=workshop.environment(), capture_output=True,
                                  text=True, timeout=20, cwd=PLACE)
            return done.returncode, done.stderr.strip()

        self.assertEqual(refused("greeter", "--interface", "gate")[0], 2)
        self.assertEqual(refused("acme.greeter", "--interface", "storage"), (
            2, 'slipway: --interface "storage": there is no such template for cpp; there are ' + ", ".join(sorted(INTERFACES))))
        self.assertEqual(refused("acme.greeter", "--interface", "gate", "--lang", "go"), (
            2, 'slipway: --lang "go": there is no such template; there are c, cpp, rust'))
        self.assertEqual(refused("acme.greeter", "--interface", "gate", "--directory", "prefix"), (
            5, "slipway: prefix exists already; name another folder with --directory"))


class Workshop(unittest.TestCase):
    def test_builds(self):
        wanted = workshop.templates()
        self.assertEqual(wanted, sorted((language, interface) for language in LANGUAGES for interface in INTERFACES))
        workshop.make_plugins(WORKSHOP, wanted)
        workshop.build(WORKSHOP)
        for language, interface in wanted:
            name = workshop.id_of(language, interface)
            library = WORKSHOP / "build/plugins-root" / name / "0.1.0" / f"{name}.so"
            manifest = workshop.manifest_of(library)
            self.assertEqual(manifest["id"], name)
            self.assertTrue((library.parent / "plugin.sig").is_file(), name)
            self.assertEqual(manifest["files"], {library.name: hashlib.sha256(library.read_bytes()).hexdigest()})

    def test_plugins_pass_their_own_tests(self):
        output = workshop.run("ctest", "--test-dir", WORKSHOP / "build", "--output-on-failure", "-j2", seconds=280)
        self.assertIn("100% tests passed", output)
        for language, interface in workshop.templates():
            self.assertIn(workshop.id_of(language, interface), output)

    def test_plugins_export_one_symbol(self):
        libraries = workshop.libraries(WORKSHOP, ".so")
        self.assertEqual(len(libraries), len(workshop.templates()))
        for library in libraries:
            symbols = [line.split()[-1] for line in workshop.run("nm", "-D", "--defined-only", library).splitlines()]
            self.assertEqual(symbols, [ENTRY], library)

    def test_plugins_are_bound_at_once_and_their_tables_are_read_only(self):
        for library in workshop.libraries(WORKSHOP, ".so"):
            with self.subTest(library.name):
                self.assertRegex(workshop.run("readelf", "-dW", library), r"\(FLAGS_1\) .*\bNOW\b")
                self.assertRegex(workshop.run("readelf", "-lW", library), r"\n +GNU_RELRO ")

    def test_what_plugins_take_from_the_sdk_is_hidden(self):
        objects = [file for file in (WORKSHOP / "build").rglob("*.o") if re.search(r"/acme\.\w+-cpp\.dir/", str(file))]
        self.assertGreaterEqual(len(objects), len(INTERFACES))
        for file in objects:
            symbols = workshop.run("readelf", "-sWC", file).splitlines()
            self.assertTrue(any(re.search(r" HIDDEN +\d+ .*slipway::", line) for line in symbols), file)
            self.assertEqual([line for line in symbols if re.search(r" (GLOBAL|WEAK) +DEFAULT +\d+ .*slipway::", line)], [], file)

    def test_a_function_that_nobody_defines_fails_the_build(self):
        """Of the library: the template's test loads it, and is linked with nothing of the plugin's."""
        folder = PLACE / "lacking"
        workshop.make_plugins(folder, [("cpp", "gate")])
        with open(folder / workshop.id_of("cpp", "gate") / "plugin.cpp", "a") as text:
            text.write("\nvoid nobody_defines_this();\n"
                       "__attribute__((constructor)) static void lacking() { nobody_defines_this(); }\n")
        with self.assertRaisesRegex(AssertionError, "undefined reference to `nobody_defines_this"):
            workshop.build(folder)

    def test_plugins_pass_the_conformance_kit(self):
        every = workshop.templates()

        def verdict(language_and_interface):
            name = workshop.id_of(*language_and_interface)
            return workshop.run("slipway", "plugin", "test", WORKSHOP / "build/plugins-root" / name / "0.1.0", "--level", "isolated", "--seed", "1")

        # Most of a run is waiting, for pauses that the kit makes on purpose.
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            for (language, interface), output in zip(every, pool.map(verdict, every)):
                with self.subTest(workshop.id_of(language, interface)):
                    self.assertRegex(output, r"\n[0-9]+ pass, (?!.*(fail|warn|crash|hang))", output)
                    for test in BOTH_PLACEMENTS:
                        self.assertIn(f"\npass  {test}", output)

    def test_nothing_comes_from_the_source_tree(self):
        if workshop.GENERATOR != "Ninja":
            self.skipTest("only Ninja tells what was read")
        read = workshop.run("ninja", "-C", WORKSHOP / "build", "-t", "deps")
        self.assertIn(str(PREFIX / "include/slipway/plugin.hpp"), read)
        for line in {line.strip() for line in read.splitlines() if line.startswith("    ")}:
            if line.startswith(str(SOURCE)):
                self.assertTrue(line.startswith(str(PLACE)), line)


@unittest.skipUnless(CROSS_COMPILER, "g++-mingw-w64-x86-64-posix is not here")
class Windows(unittest.TestCase):
    def test_libraries(self):
        folder = PLACE / "windows"
        wanted = [(language, interface) for language, interface in workshop.templates() if language != "rust"]
        workshop.make_plugins(folder, wanted)
        workshop.build(folder, "--toolchain", PREFIX / "lib/cmake/SlipwaySDK/mingw-w64.cmake")
        libraries = workshop.libraries(folder, ".dll")
        self.assertEqual([library.name for library in libraries],
                         sorted(f"{workshop.id_of(*one)}.dll" for one in wanted))
        for library in libraries:
            headers = workshop.run("x86_64-w64-mingw32-objdump", "-p", library)
            table = headers.split("[Ordinal/Name Pointer] Table", 1)[1].split("\n\n", 1)[0]
            self.assertEqual(re.findall(r"^\s*\[\s*\d+\]\s+(?:\+base\[\s*\d+\]\s+)?(?:[0-9a-f]{4}\s+)?(\w+)$", table, re.M), [ENTRY], table)
            needed = {name.lower() for name in re.findall(r"DLL Name: (\S+)", headers)}
            self.assertLessEqual(needed, {"kernel32.dll", "msvcrt.dll"}, library)
            self.assertEqual(workshop.manifest_of(library)["library"], library.name)


class Guides(unittest.TestCase):
    """The commands of docs/guides/plugins, run as a reader would, who has the installation in the PATH."""

    def run_guide(self, name):
        program = SOURCE / "tests/e2e/guides/run_guide.py"
        # No host of the test's own: a guide that wants one starts it.
        own = {"SLIPWAY_URL": "http://127.0.0.1:1", "EDGE": "http://127.0.0.1:1"}
        place = {name: value for name, value in workshop.environment().items() if name != "CMAKE_GENERATOR"}
        run = subprocess.run([sys.executable, "-B", program, "--limit", "260", SOURCE / "docs/guides/plugins" / name], capture_output=True,
                             env={**place, **own}, text=True, timeout=280)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def test_first_plugin(self):
        output = self.run_guide("first-plugin.md")
        self.assertIn("profile first is fine: 2 plugins, 2 bindings", output)
        self.assertRegex(output, r"acme\.greeter +0\.1\.0 +greeter +active .*gates\.greeter")

    def test_threading(self):
        self.assertIn("100% tests passed", self.run_guide("threading.md"))

    def test_state_and_swap(self):
        self.assertIn("100% tests passed", self.run_guide("state-and-swap.md"))

    @unittest.skipUnless(CROSS_COMPILER, "g++-mingw-w64-x86-64-posix is not here")
    def test_publishing(self):
        output = self.run_guide("publishing.md")
        self.assertIn("stage/lib/slipway/plugins/acme.greeter/0.1.0/acme.greeter.so", output)


class Stranger(unittest.TestCase):
    def test_makes_proves_and_signs_two_versions(self):
        stranger.make()
        for version in ("0.1.0", "0.2.0"):
            workshop.run("slipway", "plugin", "inspect", stranger.package_of(version))


class RunningHost(harness.StackTest):
    """The installed daemon with the installed plugins and those of the workshop."""

    time_limit = 110

    def start_installed(self, plugins, bindings, **site):
        lines = "".join(f"  {name}: {entry}\n" for name, entry in plugins.items())
        bound = "".join(f"  {name}: {entry}\n" for name, entry in bindings.items())
        roots = [str(PREFIX / "lib/slipway/plugins"), str(WORKSHOP / "build/plugins-root")]
        self.stack = self.new_stack([("\nbindings:\n", f"{lines}\nbindings:\n{bound}")], site={"plugin_roots": roots, **site})
        example = self.stack.bin / "slipway-example"
        self.stack.bin = PREFIX / "bin"
        self.addCleanup(self.stack.__dict__.update, bin=self.stack.bin)
        self.stack.start_daemon()
        return {"artefact": {"path": str(example)}}

    def test_gates_in_every_language(self):
        """In both placements: held as they are configured, open as the rollout asks."""
        places = {f"{language}-{place}": (workshop.id_of(language, "gate"), placement) for language in LANGUAGES
                  for place, placement in (("inside", "in-process"), ("apart", "isolated"))}
        release = self.start_installed(
            {name: f'{{plugin: {plugin}, placement: {placement}, config: {{held: [default], reason: "held by {name}"}}}}'
             for name, (plugin, placement) in places.items()},
            {f"gates.{name}": name for name in places})
        placed = {plugin["instance"]: plugin["placement"] for plugin in self.stack.read("/api/plugins")["items"]
                  if plugin.get("instance") in places}
        self.assertEqual(placed, {name: placement for name, (_, placement) in places.items()})
        for name in places:
            with self.subTest(name):
                self.stack.wait_why(self.rollout_behind(f"held-{name}", [{"gate": name}], release), f"held by {name}")
        open_gates = [{"gate": name, "settings": {"held": []}} for name in places]
        self.stack.wait_state(self.rollout_behind("free", open_gates, release), "succeeded")
        for name in places:
            calls = self.stack.metric("slipway_plugin_calls_total", binding=f"gates.{name}", status="OK")
            self.assertGreaterEqual(calls, 2, name)

    def test_every_template_in_both_placements(self):
        wanted = {f"{interface}-{language}-{place}": (workshop.id_of(language, interface), placement)
                  for language, interface in workshop.templates()
                  for place, placement in (("inside", "in-process"), ("apart", "isolated"))}
        self.start_installed({name: f"{{plugin: {plugin}, placement: {placement}}}"
                              for name, (plugin, placement) in wanted.items()}, {})
        ours = [plugin for plugin in self.stack.read("/api/plugins")["items"] if plugin.get("instance") in wanted]
        self.assertEqual({plugin["instance"]: (plugin["id"], plugin["placement"], plugin["state"]) for plugin in ours},
                         {name: (plugin, placement, "active") for name, (plugin, placement) in wanted.items()})
        workers = [plugin["worker"]["state"] for plugin in ours if plugin["placement"] == "isolated"]
        self.assertEqual(workers, ["running"] * len(workshop.templates()))

    def rollout_behind(self, name, gates, release):
        self.stack.create_application(name=name, replicas=1, gates=gates, analyses=[])
        self.stack.create_release("1.0", application=name, **release)
        return self.stack.start_rollout("1.0", application=name)

    def test_strategy_metrics_and_analyzer(self):
        made = {interface: workshop.id_of("cpp", interface) for interface in ("strategy", "metrics", "analyzer")}
        release = self.start_installed(
            {f"acme-{interface}": f"{{plugin: {name}}}" for interface, name in made.items()},
            {"strategies.acme": "acme-strategy", "metrics.acme": "acme-metrics", "analyzers.acme": "acme-analyzer"})
        analysis = {"name": "judged", "metrics": "acme", "analyzer": "acme", "interval": "200ms", "settings": {"windows": 2}}
        self.stack.create_application(replicas=1, strategy={"name": "acme"}, analyses=[analysis])
        self.stack.create_release("1.0", **release)
        self.stack.wait_state(self.stack.start_rollout("1.0"), "succeeded")
        self.stack.create_release("1.1", **release)
        steps = {"steps": [{"weight": "50%"}, {"analysis": "judged"}], "scale_down_delay": "0s"}
        rollout = self.stack.start_rollout("1.1", "canary", steps)
        self.stack.wait_state(rollout, "succeeded")
        verdicts = [entry["detail"] for entry in self.stack.journal(rollout) if entry["kind"] == "verdict"]
        self.assertEqual([(verdict["method"], verdict["verdict"]) for verdict in verdicts], [("acme.analyzer-cpp/1", "pass")])

    def install(self, version):
        """Where the running host looks."""
        shutil.copytree(stranger.package_of(version), self.root / stranger.NAME / version)

    def swap_in(self, placement):
        """A stranger's strategy comes into a site under traffic by `profile apply`; its next version, which keeps another
        state, by `binding swap` in the middle of a rollout. No request fails, and no call of the plugin."""
        self.root = workshop.PLACE / f"site-{placement}"
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()
        self.addCleanup(shutil.rmtree, self.root)
        trusted = [{"name": "acme", "file": f"{stranger.KEY}.pub", "prefixes": ["acme."]}]
        release = self.start_installed({}, {}, plugin_roots=[str(PREFIX / "lib/slipway/plugins"), str(self.root)],
                                       trust={"keys": trusted})
        self.stack.create_application(replicas=2, analyses=[])
        self.stack.create_release("1.0", **release)
        self.stack.wait_state(self.stack.start_rollout("1.0"), "succeeded")
        self.stack.begin_load()
        self.install("0.1.0")
        self.take_in(placement)
        asked = self.ask_for_plans(release)
        opened = self.stack.folder / "open"
        check = {"kind": "command", "command": ["/usr/bin/test", "-e", str(opened)], "interval": "200ms"}
        self.stack.create_release("1.1", readiness=check, **release)
        rollout = self.stack.start_rollout("1.1", "acme")
        self.stack.wait_why(rollout, "0 of 2 new replicas to be available")
        self.install("0.2.0")
        self.assert_exit(self.stack.cli("binding", "swap", "strategies.acme", "0.2.0"), 0)
        self.stack.wait_rollout(rollout, "to go over", lambda: "strategy acme went from 0.1.0 to 0.2.0 and took its state along"
                                in json.dumps(self.stack.journal(rollout)), 15)
        opened.touch()
        self.stack.wait_state(rollout, "succeeded")
        moved = next(entry for entry in self.stack.journal(rollout) if entry["reason"] == "all traffic moves to the new release")
        self.assertEqual((moved["detail"]["strategy"], moved["detail"]["question"]["state"]["carried"]), ("0.2.0", True))
        self.assertEqual(set(asked()), {200})
        self.stack.await_requests(50, "1.1")
        load, versions = self.stack.end_load()
        self.assert_served_all(load, versions)
        calls = {"binding": "strategies.acme"}
        self.assertGreater(self.stack.metric("slipway_plugin_calls_total", **calls), 50)
        self.assertEqual(self.stack.metric("slipway_plugin_calls_total", **calls, status="OK"),
                         self.stack.metric("slipway_plugin_calls_total", **calls))

    def take_in(self, placement):
        """Verified by the stranger's key, and by no other; then applied."""
        verified = self.stack.cli("plugin", "verify", self.root / stranger.NAME / "0.1.0", "--policy", self.stack.folder / "site.json")
        self.assert_exit(verified, 0, "acme.pace 0.1.0 is what acme (")
        profile = self.stack.read("/api/profile")["profile"]
        profile["plugins"]["pace"] = {"plugin": stranger.NAME, "placement": placement}
        profile["bindings"]["strategies.acme"] = "pace"
        file = self.stack.folder / "next.json"
        file.write_text(json.dumps(profile))
        self.assert_exit(self.stack.cli("profile", "apply", file, "--reason", "a stranger's"), 0, "revision 2 is in force")
        runs = next(one for one in self.stack.read("/api/plugins")["items"] if one.get("instance") == "pace")
        self.assertEqual((runs["version"], runs["placement"], runs["state"]), ("0.1.0", placement, "active"))

    def ask_for_plans(self, release):
        """Of the strategy, without a pause; what ends that returns the status of each answer."""
        self.stack.create_application(name="other", replicas=2, analyses=[])
        self.stack.create_release("1.0", application="other", **release)
        plan = {"application": "other", "release": "1.0", "strategy": {"name": "acme", "settings": {}}}
        answers, over = [], threading.Event()

        def ask():
            while not over.is_set():
                answers.append(self.stack.call("POST", "/api/rollouts?dry_run=true", plan).status)

        thread = threading.Thread(target=ask)
        thread.start()

        def end():
            over.set()
            thread.join()
            return answers

        self.addCleanup(end)
        return end

    def test_a_strangers_strategy_comes_into_a_running_site_and_is_renewed_there(self):
        self.swap_in("in-process")

    def test_a_strangers_strategy_comes_into_a_running_site_in_a_worker(self):
        self.swap_in("isolated")


if __name__ == "__main__":
    unittest.main()
