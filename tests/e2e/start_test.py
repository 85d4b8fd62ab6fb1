"""What slipwayd is started with and finds: each fault is told before anything runs, and the exit status is 1."""

import json
import os
import shutil
import socket
import stat
import unittest

import harness
from harness import SHIPPED, StackTest, sign

PACKAGE = "strategy-canary/0.1.0"


class StartTest(StackTest):
    def setUp(self):
        super().setUp()
        self.stack = self.new_stack()
        self.profile = self.stack.folder / "profile.yaml"
        self.site = self.stack.folder / "site.json"

    def rewrite(self, file, *changes):
        text = file.read_text()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        file.write_text(text)

    def package(self):
        """The canary's package in a plugin root of this test's own."""
        roots = self.stack.folder / "plugins"
        shutil.copytree(self.stack.plugins, roots)
        self.rewrite(self.site, (str(self.stack.plugins), str(roots)))
        return roots / PACKAGE

    def assert_canary_refused(self, *words):
        self.assert_exit(self.stack.run_daemon("check"), 1, *words)
        run = self.stack.run_daemon()
        self.assert_exit(run, 1, *words)
        self.assertNotIn("INFO  ready", run.stderr)

    def test_check_says_that_the_shipped_profile_is_fine_and_starts_nothing(self):
        self.assert_exit(self.stack.run_daemon("check"), 0, f"profile dev is fine: {SHIPPED} plugins, {SHIPPED} bindings")
        self.assertFalse((self.stack.folder / "state").exists())

    def test_a_manifest_with_ten_faults_reports_ten(self):
        self.rewrite(self.profile,
                     ("name: dev", "name: Dev!"),
                     ("version: 1.0.0", "version: one"),
                     ("plugin: storage-sqlite", "plugin: storage-oracle"),
                     ("path: ${state_directory}/slipway.db", "path: ${state}/slipway.db"),
                     ("plugin: strategy-canary", "plugin: strategy-canary\n    version: ^9.0\n    placement: moon"),
                     ("strategies.rolling: rolling", "strategies.rolling: roling"),
                     ("metrics.probe: probe", "metricks.probe: probe"),
                     ("  provider: local\n", "  provider: threshold\n"))
        with self.profile.open("a") as file:
            file.write("extra: 1\n")
        run = self.stack.run_daemon("check")
        self.assert_exit(run, 1, "10 faults\n")
        lines = [line for line in run.stderr.splitlines() if line.startswith(f"{self.profile}:")]
        self.assertEqual(len(lines), 10, run.stderr)
        for part in ("/profile/name: is \"Dev!\"; want a name", "/profile/version: is \"one\"; want a version",
                     "/plugins/sqlite/plugin: storage-oracle * is not installed",
                     "/plugins/sqlite/config/path: is \"${state}/slipway.db\"",
                     "/plugins/canary/plugin: strategy-canary ^9.0 is not installed; there is 0.1.0 in",
                     "/plugins/canary/placement: is \"moon\"; want in-process",
                     "/bindings/strategies.rolling: is \"roling\"; want an instance of /plugins; did you mean \"rolling\"?",
                     "/bindings/metricks.probe: is no name of a binding; did you mean \"metrics.probe\"?",
                     "/bindings/provider: is \"threshold\"; want an instance that provides slipway.provider/1",
                     "/extra: is no field here; want one of bindings, gates"):
            self.assertEqual(len([line for line in lines if part in line]), 1, f"{part}\n{run.stderr}")
        self.assert_exit(self.stack.run_daemon(), 1, *lines)

    def test_files_that_are_no_documents_are_refused(self):
        for text, words in ((b"\xff\xfe", ":1: is not UTF-8 at byte 0"), (b"a: 1\na: 2\n", ':2: the name "a" occurs twice'),
                            (b"[[[", ":1: a key must be plain text"), (b"", "/profile: is missing"),
                            (b"&x [*x]", ":1: anchors (&name) are not allowed"),
                            (b"a" * 2_000_000, "has more than the 1048576 bytes allowed"),
                            (b'{"a": ' * 100 + b"1" + b"}" * 100, ":1: nested deeper than 32 levels"),
                            (b"profile: [1", ":1: not YAML: end of sequence flow not found")):
            with self.subTest(words):
                self.profile.write_bytes(text)
                self.assert_exit(self.stack.run_daemon("check"), 1, f"{self.profile}", words)
        self.profile.unlink()
        run = self.stack.run_daemon("check")
        self.assert_exit(run, 1, f"{self.profile}: cannot be opened: No such file or directory")
        self.assertNotIn("is missing", run.stderr, "of what was not read, nothing can be missed")

    def test_a_relative_folder_of_the_provider_is_refused_where_it_is_written(self):
        self.rewrite(self.profile, ("      state_directory: ${state_directory}/local", "      state_directory: local"))
        self.assert_exit(self.stack.run_daemon("check"), 1, f"{self.profile}:",
                         '/plugins/local/config/state_directory: is "local"; want an absolute path of at most 3000 bytes')

    def test_an_address_that_is_not_loopback_is_refused(self):
        for address in ("0.0.0.0:7070", "[::]:7070", "192.0.2.1:7070"):
            with self.subTest(address):
                self.stack._site = {"listen": address}
                self.site.write_text(self.site_text())
                self.assert_exit(self.stack.run_daemon(), 1, f'/listen: is "{address}"; want a loopback address with a port')

    def site_text(self):
        return json.dumps(self.stack.site(), indent=2)

    def test_a_site_with_wrong_values_is_refused_with_each_of_them(self):
        self.site.write_text('{"listen": "here", "threads": -1, "limits": {"body_bytes": 1}, "lisen": 1}')
        self.assert_exit(self.stack.run_daemon("check"), 1, '/lisen: is no field here; did you mean "listen"?',
                         "/threads: is -1; want an integer from 0 to 256", "/limits/body_bytes: is 1", "/listen: is ")
        self.site.write_text(self.site_text())
        self.assert_exit(self.stack.run_daemon("check", environment={"SLIPWAY_LIMITS__BODY_BYTES": "many"}), 1,
                         'environment variable SLIPWAY_LIMITS__BODY_BYTES: /limits/body_bytes: is "many"')

    def test_a_plugin_that_is_not_there_is_named_with_its_range(self):
        shutil.rmtree(self.package().parent)
        self.assert_canary_refused("/plugins/canary/plugin: strategy-canary * is not installed")

    def test_a_plugin_whose_file_was_changed_is_refused(self):
        library = self.package() / "strategy-canary.so"
        library.write_bytes(library.read_bytes() + b"x")
        self.assert_canary_refused(f"{library}: has the SHA-256 ",
                                   "the file was changed after it was packaged")

    def test_a_plugin_with_a_file_that_it_does_not_list_is_refused(self):
        other = self.package() / "other"
        other.write_text("x")
        self.assert_canary_refused(f"{other}: is not listed in plugin.json")

    def test_a_plugin_without_its_library_is_refused(self):
        library = self.package() / "strategy-canary.so"
        library.unlink()
        self.assert_canary_refused(f"{library}: is listed in plugin.json and missing")

    def test_a_plugin_for_a_newer_host_is_refused_with_both_versions(self):
        package = self.package()
        self.rewrite(package / "plugin.json", ('"max" : "1.0"', '"max" : "1.9"'), ('"min" : "1.0"', '"min" : "1.9"'))
        sign(package)
        self.assert_canary_refused("1.9", "1.0", "strategy-canary")

    def test_a_plugin_with_a_broken_description_is_left_out_and_told(self):
        description = self.package() / "plugin.json"
        description.write_text(description.read_text()[:100])
        self.assert_canary_refused("strategy-canary * is not installed", f"left out: {description}: not JSON at byte")

    def test_a_port_in_use_is_told_before_anything_starts(self):
        with socket.create_server(("127.0.0.1", self.stack.api_port)):
            self.assert_exit(self.stack.run_daemon(), 1, f"preflight: listen: 127.0.0.1:{self.stack.api_port}: Address already in use",
                             "set listen to another one")
        self.assert_nothing_started()

    def test_a_second_daemon_on_one_state_directory_is_refused_and_does_no_harm(self):
        self.stack.start_daemon()
        self.rewrite(self.site, (str(self.stack.api_port), "0"))
        run = self.stack.run_daemon()
        self.assert_exit(run, 1, str(self.stack.folder / "state"))
        self.assertNotIn("INFO  ready", run.stderr)
        self.assertEqual(self.stack.call("GET", "/health/ready").status, 200)

    def test_the_queue_of_each_plugin_that_serves_a_binding_is_a_gauge(self):
        self.stack.start_daemon()
        metrics = self.stack.call("GET", "/metrics").text
        for queue in ("blocking", "plugin/sqlite", "plugin/local", "plugin/canary"):
            self.assertRegex(metrics, rf'(?m)^slipway_queue_depth{{queue="{queue}"}} \d+$')

    def test_too_few_open_files_and_a_full_or_wrong_directory_are_told_before_anything_starts(self):
        run = harness.run(["prlimit", "--nofile=512:512", *self.stack.daemon_command])
        self.assert_exit(run, 1, "preflight: limits: only 512 files may be open, 1024 are needed")
        self.stack._site = {"state_directory": "/proc/nowhere", "run_directory": str(self.profile)}
        self.site.write_text(self.site_text())
        self.assert_exit(self.stack.run_daemon(), 1, "preflight: state_directory: /proc/nowhere: cannot be made",
                         f"preflight: run_directory: {self.profile}: exists and is no directory")

    def assert_nothing_started(self):
        self.assertFalse((self.stack.folder / "state/slipway.db").exists())

    def test_a_haproxy_that_is_not_installed_is_named_before_anything_starts(self):
        self.rewrite(self.profile, ("      haproxy:\n", "      haproxy:\n        binary: no-such-haproxy\n"))
        lack = 'local: haproxy.binary "no-such-haproxy" is not installed; apt-get install no-such-haproxy, or name its path'
        self.assert_exit(self.stack.run_daemon("check"), 1, lack, "1 fault\n")
        self.assert_exit(self.stack.run_daemon(), 1, f"slipwayd: preflight: {lack}\n")
        self.assert_nothing_started()

    def test_too_few_open_files_for_the_profiles_haproxy_are_told_before_anything_starts(self):
        lack = ("local: haproxy.maxconn 4000 takes 8256 open files, but only 4096 are allowed; "
                "raise LimitNOFILE or ulimit -Hn, or set haproxy.maxconn lower\n")
        limited = ["prlimit", "--nofile=4096:4096", *self.as_nobody_raises_it(), *map(str, self.stack.daemon_command)]
        for words, before, after in ((["check"], "", "1 fault\n"), ([], "slipwayd: preflight: ", "")):
            run = harness.run([*limited, *words])
            self.assert_exit(run, 1, before + lack, after)
        self.assert_nothing_started()
        self.rewrite(self.profile, ("      haproxy:\n", "      haproxy:\n        maxconn: 1920\n"))
        run = harness.run([*limited, "check"])
        self.assert_exit(run, 0)

    def as_nobody_raises_it(self):
        """Root may raise its own limits, unless it gives that up."""
        return ["setpriv", "--bounding-set", "-sys_resource"] if os.geteuid() == 0 else []

    def test_an_edge_port_that_another_program_has_is_told_before_anything_starts(self):
        with socket.create_server(("127.0.0.1", self.stack.edge_port), reuse_port=True):
            lack = (f"local: haproxy.bind 127.0.0.1:{self.stack.edge_port}: ",
                    f"(pid {os.getpid()}) listens there already; end it, or set haproxy.bind to another port\n")
            self.assert_exit(self.stack.run_daemon("check"), 1, *lack, "1 fault\n")
            self.assert_exit(self.stack.run_daemon(), 1, f"preflight: {lack[0]}", lack[1])
        self.assert_nothing_started()

    def test_an_edge_port_that_its_own_haproxy_kept_is_none_that_is_taken(self):
        self.stack.start_daemon()
        self.assert_exit(self.stack.run_daemon("check"), 0)
        self.stack.stop_daemon()
        with socket.create_connection(("127.0.0.1", self.stack.edge_port)):
            self.assert_exit(self.stack.run_daemon("check"), 0)
            self.stack.start_daemon()

    def test_the_token_is_made_once_and_readable_by_its_owner_only(self):
        self.stack.start_daemon()
        file = self.stack.folder / "state/token"
        token = self.stack.token
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertGreaterEqual(len(token), 32)
        self.stack.stop_daemon()
        self.stack.start_daemon()
        self.assertEqual(self.stack.token, token)
        self.stack.stop_daemon()
        file.chmod(0o644)
        self.assert_exit(self.stack.run_daemon(), 1, f"{file}: has mode 0644, so others can read the token")

    def test_a_wrong_command_line_ends_with_status_2(self):
        run = harness.run([self.stack.bin / "slipwayd", "--nonsense"])
        self.assertEqual(run.returncode, 2, run.stderr)


if __name__ == "__main__":
    unittest.main()
