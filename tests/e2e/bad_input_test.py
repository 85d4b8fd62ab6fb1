"""What comes from outside and is wrong is refused with a sentence that names it, at the API and at the command line."""

import unittest

import harness
from harness import APP, StackTest, exchange, in_threads, wait_for
from hostile import HOSTILE

ADDRESS = f"/api/applications/{APP}"
ACTIONS = ("promote", "pause", "resume", "abort", "retry", "skip", "rollback", "approve")


class BadInputTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_stack()

    def put(self, body, **headers):
        return self.stack.call("PUT", ADDRESS, body, headers)

    def assert_unharmed(self):
        """It answers, and nothing of what was refused is there."""
        self.assertEqual(self.stack.call("GET", "/health/ready").status, 200)
        self.assert_refused(self.stack.call("GET", ADDRESS), 404, 'application \\"demo\\" does not exist')

    def test_documents_that_are_no_documents_are_refused_by_the_api(self):
        for body, words in (*HOSTILE, (b"{}", "is missing"), (b"", "is missing")):
            with self.subTest(words):
                self.assert_refused(self.put(body), 400, words)
        self.assert_unharmed()

    def test_a_query_that_an_operation_does_not_know_is_refused_and_nothing_is_done(self):
        self.stack.create_application()
        for method, path, words in (("GET", "/api/rollouts?aplication=x", "want one of application, state, active"),
                                    ("GET", "/api/rollouts?active=yes", "want true or false"),
                                    ("GET", "/api/rollouts?state=bad", "want one of pending, progressing"),
                                    ("DELETE", f"{ADDRESS}?dryrun=true", "want one of dry_run")):
            with self.subTest(path):
                self.assert_refused(self.stack.call(method, path), 400, words)
        self.assertEqual(self.stack.call("GET", ADDRESS).status, 200)

    def test_site_files_and_settings_that_are_no_documents_are_named(self):
        self.stack.create_application()
        self.stack.create_release("1.0")
        file = self.stack.folder / "bad.json"
        for body, words in HOSTILE[:6]:
            file.write_bytes(body)
            with self.subTest(site=words):
                command = [*self.stack.daemon_command, "check"]
                command[command.index("--config") + 1] = file
                run = harness.run(command)
                self.assert_exit(run, 1, str(file))
            with self.subTest(settings=words):
                run = self.stack.cli("deploy", APP, "1.0", "--settings", file)
                self.assert_exit(run, 2, "settings" if body == b"[]" else str(file))
        self.assertEqual(self.stack.read("/api/rollouts")["items"], [])

    def test_every_field_of_the_wrong_type_is_named_at_once(self):
        reply = self.put({"name": APP, "replicas": "many", "hosts": 7, "sticky": "yes", "analyses": {}})
        self.assert_refused(reply, 400)
        self.assertEqual(reply.body["errors"], [
            {"pointer": "/hosts", "value": "7", "message": "want a list"},
            {"pointer": "/replicas", "value": '"many"', "message": "want an integer from 1 to 10000"},
            {"pointer": "/sticky", "value": '"yes"', "message": "want one of none, user"},
            {"pointer": "/analyses", "value": "{}", "message": "want a list"}])
        self.assert_unharmed()

    def test_requests_beyond_the_limits_are_refused(self):
        self.assert_refused(self.put(b'{"name":"' + b"a" * 2_000_000 + b'"}'), 413, "longer than 1048576 bytes")
        self.assert_refused(self.put(b"{}", X_Long="a" * 20_000), 431, "longer than 16384 bytes")
        self.assert_refused(self.put(b"{}", **{"Content-Type": "text/plain"}), 415, "want Content-Type: application/json")
        self.assert_refused(self.stack.call("GET", "/api/rollouts?limit=many"), 400, "want an integer from 1 to 500")
        for path in ("applications", "rollouts"):
            reply = self.stack.call("GET", f"/api/{path}?cursor=rubbish")
            self.assert_refused(reply, 400, "the query is not valid")
            self.assertEqual(reply.body["errors"], [{"pointer": "?cursor", "value": '"rubbish"', "message":
                             "want the next_cursor of the page before, or none for the first page"}])
        for cursor in ("12x", "0", "-1", "9" * 30):
            reply = self.stack.call("GET", f"/api/profile/history?cursor={cursor}")
            self.assert_refused(reply, 400, "the query is not valid")
        self.assert_refused(self.stack.call("DELETE", "/api/rollouts"), 405)
        self.assert_unharmed()

    def test_without_the_right_token_nothing_is_told_but_health_and_the_shipped_documents(self):
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {self.stack.token}"},
                        {"Authorization": f"Bearer {self.stack.token}x"}):
            for path in ("/api/applications", "/api/events", "/metrics"):
                with self.subTest(path, headers=headers):
                    self.assert_refused(exchange(self.stack.api_port, "GET", path, headers=headers), 401)
        for path in ("/health", "/health/live", "/health/ready", "/docs", "/openapi.json"):
            self.assertEqual(exchange(self.stack.api_port, "GET", path).status, 200, path)
        self.assertNotIn(self.stack.token, self.stack.log())

    def test_names_of_nothing_are_told_as_such(self):
        self.stack.create_application()
        self.stack.create_release("1.0")
        self.assert_refused(self.stack.call("GET", "/api/applications/none"), 404, 'application \\"none\\" does not exist')
        for body, words in (({"application": "none", "release": "1.0"}, 'application \\"none\\" does not exist'),
                            ({"application": APP, "release": "9"}, 'release \\"9\\" of application \\"demo\\"')):
            self.assert_refused(self.stack.call("POST", "/api/rollouts", body), 404, words)
        for action in ACTIONS:
            self.assert_refused(self.stack.call("POST", f"/api/rollouts/none/{action}", {}), 404,
                                'rollout \\"none\\" does not exist')
        self.assert_refused(self.stack.call("POST", "/api/rollouts/none/jump", {}), 404)

    def test_a_strategy_with_faults_is_refused_with_each_of_them_before_anything_starts(self):
        self.stack.create_application()
        self.stack.create_release("1.0")
        steps = [{"jump": 1}, {"analysis": "unknown"}, {"weight": "101%"}, {"gate": "unknown"}]
        reply = self.stack.call("POST", "/api/rollouts", {"application": APP, "release": "1.0", "strategy": {
            "name": "canary", "settings": {"steps": steps}}})
        self.assert_refused(reply, 400)
        pointers = {error["pointer"] for error in reply.body["errors"]}
        self.assertIn("/strategy/settings/steps/0/jump", pointers)
        self.assertIn("/strategy/settings/steps/2/weight", pointers)
        reply = self.stack.call("POST", "/api/rollouts", {"application": APP, "release": "1.0", "strategy": {
            "name": "canary", "settings": {"steps": steps[1:2]}}})
        self.assert_refused(reply, 400, "is no analysis here; there are errors, smoke")
        reply = self.stack.call("POST", "/api/rollouts", {"application": APP, "release": "1.0",
                                                          "strategy": {"name": "teleport"}})
        self.assert_refused(reply, 400, "is no strategy of the profile", "strategies.teleport")
        self.assertEqual(self.stack.read("/api/rollouts")["items"], [])

    def test_a_release_never_changes(self):
        self.stack.create_application()
        self.stack.create_release("1.0")
        reply = self.stack.call("POST", f"{ADDRESS}/releases", {"release": self.stack.release_of("1.0", {"A": "b"})})
        self.assert_refused(reply, 409, "exists already; releases never change")

    def test_the_command_line_refuses_documents_that_are_none_with_status_2(self):
        for text, words in (('{"name":', "a key must be a text"), ("name: [", "1: end of sequence flow not found"),
                            ("a: 1\na: 2\n", '2: the key "a" occurs twice'), ("&a [*a]", "aliases are not allowed"),
                            ("kind: nonsense\n", 'kind "nonsense" is unknown; want application or release'),
                            ("- 1\n", "want an object"), ("", "holds no document"),
                            ('{"a": ' * 100 + "1" + "}" * 100, "deeper than 64 levels"),
                            ("a" * 5_000_000, "at most 4194304 are allowed"),
                            ("name: demo\nreplicas: many\n", '/replicas: want an integer from 1 to 10000 (was "many")')):
            with self.subTest(words):
                self.assert_exit(self.stack.cli("apply", "-f", "-", stdin=text), 2, words)
        file = self.stack.folder / "latin1.yaml"
        file.write_bytes(b"name: caf\xe9\n")
        self.assert_exit(self.stack.cli("apply", "-f", file), 2, "UTF-8")
        self.assert_exit(self.stack.cli("apply", "-f", "/none/here"), 2, "/none/here: can't be read")
        self.assert_exit(self.stack.cli("--token-file", "/none/here", "status"), 5, 'want "Authorization: Bearer <token>"',
                         "no token was sent: /none/here can't be read or is empty")
        self.assert_unharmed()

    def test_a_wrong_command_line_ends_with_status_2(self):
        for arguments in (("nonsense",), ("deploy", APP), ("-o", "xml", "status"), ("rollout",), ("app", "get", "../x"),
                          ("rollout", "watch", "x", "--timeout", "soon"), ("status", "--unknown")):
            with self.subTest(arguments):
                self.assert_exit(self.stack.cli(*arguments), 2)

    def test_of_two_conflicting_commands_at_once_one_wins(self):
        self.stack.create_application()
        self.stack.create_release("1.0", {"EXAMPLE_READY_AFTER": "60s"})
        start = {"application": APP, "release": "1.0"}
        replies = in_threads(*[lambda: self.stack.call("POST", "/api/rollouts", start)] * 4)
        self.assertEqual(sorted(reply.status for reply in replies), [201, 409, 409, 409])
        rollout = next(reply for reply in replies if reply.status == 201).body["id"]
        self.assertEqual(len(self.stack.read("/api/rollouts")["items"]), 1)
        statuses = wait_for("a pair of pauses of which one wins", lambda: self.pause_twice(rollout), 10)
        self.assertEqual(statuses[0], 200)
        self.assertIn(statuses[1], (409, 412))
        paused = [entry for entry in self.stack.journal(rollout) if entry["state"] == "paused"]
        self.assertEqual(len([entry for entry in paused if entry["kind"] == "command"]), 1)

    def pause_twice(self, rollout):
        """Two at once for the same version of it; None when it went on meanwhile, so that both came too late."""
        version = {"If-Match": self.stack.call("GET", f"/api/rollouts/{rollout}").headers["etag"]}
        replies = in_threads(*[lambda: self.stack.call("POST", f"/api/rollouts/{rollout}/pause", {}, version)] * 2)
        statuses = sorted(reply.status for reply in replies)
        return None if statuses == [412, 412] else statuses

    def test_a_request_repeated_under_its_key_is_carried_out_once(self):
        self.stack.create_application()
        body, key = {"release": self.stack.release_of("1.0")}, {"Idempotency-Key": "once"}
        first, second = (self.stack.call("POST", f"{ADDRESS}/releases", body, key) for _ in range(2))
        self.assertEqual((first.status, second.status, first.body["id"]), (201, 201, second.body["id"]))
        other = self.stack.call("POST", f"{ADDRESS}/releases", {"release": self.stack.release_of("1.1")}, key)
        self.assert_refused(other, 422)


if __name__ == "__main__":
    unittest.main()
