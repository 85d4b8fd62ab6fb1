"""Programs as applications: one that nobody here wrote, one that misbehaves, and one with secrets."""

import hashlib
import os
import pathlib
import pwd
import signal
import tarfile
import unittest

from harness import StackTest, parse_hey, wait_for

SECRET = "correct-horse-battery-staple-7391"


class ProgramsTest(StackTest):
    def serve_pages(self, version, text, **more):
        """A release of Python's own web server, serving one page."""
        command = ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "${PORT}"]
        release = {"version": version, "command": command, "files": [{"path": "index.html", "content": text}],
                   "readiness": {"kind": "http", "path": "/", "interval": "200ms"}, **more}
        made = self.stack.call("POST", "/api/applications/pages/releases", {"release": release})
        self.assertEqual(made.status, 201, made.text)
        rollout = self.stack.start_rollout(version, application="pages")
        self.stack.wait_state(rollout, "succeeded")

    def test_a_stock_program_is_deployed_and_replaced(self):
        self.start_stack()
        self.stack.create_application(name="pages", hosts=["pages.example"], analyses=[])
        for version in ("1.0", "2.0"):
            self.serve_pages(version, f"<p>page of {version}</p>")
            for _ in range(6):
                reply = self.stack.fetch("/", host="pages.example")
                self.assertEqual((reply.status, reply.text), (200, f"<p>page of {version}</p>"))
        self.assertEqual(self.stack.fetch("/", host="other.example").status, 404)
        self.assert_exit(self.stack.cli("app", "delete", "pages"), 0)
        wait_for("its processes to end", lambda: not self.stack.processes("python3.11"), 15)

    def test_a_stock_program_is_replaced_under_load_without_a_failed_request(self):
        self.start_stack()
        self.stack.create_application(name="pages", hosts=["pages.example"], replicas=3, analyses=[],
                                      strategy={"name": "rolling", "settings": {"max_surge": 1, "min_ready": "100ms"}})
        self.serve_pages("1.0", "<p>page of 1.0</p>")
        self.stack.start_load(4, 25, host="pages.example")
        self.serve_pages("2.0", "<p>page of 2.0</p>")
        self.assertEqual(self.stack.fetch("/", host="pages.example").text, "<p>page of 2.0</p>")
        load = parse_hey(self.stack.stop_load())
        self.assertEqual(load.failed, 0, f"{load.by_status} {load.errors}")
        self.assertGreater(load.requests, 50)

    def test_an_archive_runs_when_its_digest_matches_and_is_refused_when_not(self):
        self.start_stack()
        self.stack.create_application(name="demo")
        archive = self.stack.folder / "demo.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(self.stack.bin / "slipway-example", "bin/server")
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        for version, wanted in (("1.0", digest), ("1.1", "0" * 64)):
            artefact = {"archive": str(archive), "digest": f"sha256:{wanted}"}
            self.stack.create_release(version, artefact=artefact, command=["${ARTEFACT}/bin/server"])
        self.stack.wait_state(self.stack.start_rollout("1.0"), "succeeded")
        self.assertIn("version 1.0", self.stack.fetch().text)
        bad = self.stack.call("POST", "/api/rollouts", {"application": "demo", "release": "1.1"})
        if bad.status == 201:
            self.stack.wait_why(bad.body["id"], digest, 20)
        else:
            self.assert_refused(bad, 400, digest)
        self.assertIn("version 1.0", self.stack.fetch().text)

    def test_secrets_reach_the_process_and_nothing_else(self):
        self.start_stack(environment={"SLIPWAY_SECRET_API_KEY": SECRET}, site={"log": {"level": "debug"}})
        self.stack.create_application()
        self.stack.create_release("1.0", secrets={"API_KEY": "env:API_KEY"})
        rollout = self.stack.start_rollout("1.0")
        self.stack.wait_state(rollout, "succeeded")
        digest = self.stack.fetch("/secret-digest?name=API_KEY").text
        self.assertIn(hashlib.sha256(SECRET.encode()).hexdigest(), digest)
        self.assertNotIn(SECRET, self.stack.log())
        told = [self.stack.call("GET", path).text for path in (f"/api/rollouts/{rollout}", f"/api/rollouts/{rollout}/journal",
                                                               "/api/applications/demo/releases", "/metrics", "/api/profile")]
        self.assertNotIn(SECRET, "".join(told))
        self.stack.stop_daemon()
        self.assertEqual(self.files_with(SECRET.encode()), [])
        for pid in self.stack.replicas() + self.stack.haproxies():
            self.assertNotIn(SECRET.encode(), pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
        for pid in self.stack.haproxies():
            self.assertNotIn(SECRET.encode(), pathlib.Path(f"/proc/{pid}/environ").read_bytes())

    def files_with(self, words):
        files = [pathlib.Path(folder) / name for folder, _, names in os.walk(self.stack.folder) for name in names]
        return [file for file in files if file.is_file() and words in file.read_bytes()]

    def test_a_secret_that_is_not_there_is_named_without_starting_the_program(self):
        self.start_stack()
        self.stack.create_application()
        self.stack.create_release("1.0", secrets={"API_KEY": "env:NO_SUCH"})
        reply = self.stack.call("POST", "/api/rollouts", {"application": "demo", "release": "1.0"})
        if reply.status == 201:
            self.stack.wait_why(reply.body["id"], "NO_SUCH")
        else:
            self.assertIn("NO_SUCH", reply.text)
        self.assertEqual(self.stack.replicas(), [])

    def test_a_replica_that_dies_is_started_again(self):
        self.start_stack()
        self.stack.first_release(replicas=2)
        before = self.stack.replicas()
        os.kill(before[0], 9)
        wait_for("a new replica", lambda: len(self.stack.replicas()) == 2 and before[0] not in self.stack.replicas(), 10)
        self.assertIn(before[1], self.stack.replicas())

    def test_a_replica_that_ignores_sigterm_is_killed_after_its_grace(self):
        self.start_stack()
        self.stack.create_application()
        self.stack.create_release("1.0", {"EXAMPLE_IGNORE_SIGTERM": "true"}, stop_grace="500ms")
        self.stack.wait_state(self.stack.start_rollout("1.0"), "succeeded")
        stubborn = self.stack.replicas()
        self.stack.deploy("1.1")
        wait_for("the stubborn ones to end", lambda: not set(stubborn) & set(self.stack.replicas()), 10)

    def test_a_crash_loop_is_told_as_such_and_rolled_back_at_the_deadline(self):
        self.start_stack()
        self.stack.first_release()
        self.stack.create_release("1.1", {"EXAMPLE_CRASH_ON_START": "true"})
        rollout = self.stack.start_rollout("1.1", "rolling", {"progress_deadline": "6s"})
        self.stack.wait_why(rollout, "release 1.1: 1 replica is in a crash loop")
        self.stack.wait_state(rollout, "rolled_back")
        self.assertEqual(self.stack.stable(), "1.0")
        self.assertIn("version 1.0", self.stack.fetch().text)

    def test_a_crash_loop_after_the_end_of_a_rollout_is_told_by_health(self):
        self.start_stack()
        self.stack.first_release(replicas=2)

        def told():
            for pid in self.stack.replicas():
                os.kill(pid, signal.SIGKILL)
            return "2 replicas of 1 application in a crash loop" in self.stack.call("GET", "/health").text

        wait_for("health to tell of the crash loop", told, 30)
        self.assertIn("in a crash loop", self.stack.cli("status").stdout)

    @unittest.skipUnless(os.geteuid() == 0, "only root may become another user")
    def test_a_replica_under_a_user_of_its_own_reaches_its_folder(self):
        self.stack = self.new_stack()
        self.stack.folder.chmod(0o711)
        self.stack.start_daemon()
        self.stack.create_application(name="pages", hosts=["pages.example"], analyses=[])
        self.serve_pages("1.0", "<p>nobody's page</p>", user="nobody")
        self.assertEqual(self.stack.fetch("/", host="pages.example").text, "<p>nobody's page</p>")
        servers = self.stack.processes(pathlib.Path("/usr/bin/python3").resolve().name)
        self.assertEqual({os.stat(f"/proc/{pid}").st_uid for pid in servers}, {pwd.getpwnam("nobody").pw_uid})
        # Whoever passes through to it can list nothing, and what is private stays so.
        state = pathlib.Path(self.stack.site()["state_directory"])
        self.assertEqual(state.stat().st_mode & 0o777, 0o711)
        for file in state.iterdir():
            self.assertEqual(file.stat().st_mode & 0o066, 0, file)

    def test_a_release_that_never_gets_ready_is_rolled_back_at_the_deadline_without_traffic(self):
        self.start_stack()
        self.stack.first_release()
        self.stack.begin_load()
        self.stack.create_release("1.1", {"EXAMPLE_READY_AFTER": "10m"})
        rollout = self.stack.start_rollout("1.1", "canary", {"steps": [{"weight": "50%"}], "progress_deadline": "2s"})
        self.stack.wait_why(rollout, "replica")
        self.stack.wait_state(rollout, "rolled_back")
        load, versions = self.stack.end_load()
        self.assert_served_all(load, versions)
        self.assertEqual(versions["1.1"].received, 0)


if __name__ == "__main__":
    unittest.main()
