"""Every operation of the API that takes a body refuses each body that is no document, or not its own, and changes nothing.
The operations are those of the OpenAPI document, so none can be forgotten."""

import json
import re
import unittest

import contract
from harness import APP, StackTest, wait_for
from hostile import HOSTILE, NUL, TOO_LARGE, of_another_type

# What stands for the parameters of a path, after the word before them; {id} of rollouts is the test's own.
NAMES = {"applications": APP, "bindings": "strategies.rolling", "plugins": "strategy-rolling", "releases": "1.0", "history": "1"}
STREAM = "/api/events"


class DocumentsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.first_release()
        self.stack.create_release("1.1")
        self.rollout = self.stack.start_rollout("1.1", "canary", {"steps": [{"pause": {}}]})
        self.stack.wait_why(self.rollout, "promote")
        wait_for("its replica", lambda: (self.stack.group(self.rollout, "next") or {}).get("ready") == 1, 15)
        wait_for("nothing to change by itself", lambda: self.world() == self.world(), 15)

    def path(self, pattern):
        names = {**NAMES, "rollouts": self.rollout}
        return re.sub(r"(\w+)/\{\w+\}", lambda found: f"{found[1]}/{names[found[1]]}", pattern)

    def entries(self):
        """(method, path, schema of the body, whether it must be there) of each operation with a body."""
        schemas = contract.document()["components"]["schemas"]
        for pattern, methods in contract.document()["paths"].items():
            for method, operation in methods.items():
                if body := operation.get("requestBody"):
                    name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                    yield method.upper(), self.path(pattern), schemas[name], body["required"]

    def world(self):
        """What every operation that reads answers with, but for the moment of the host's last word to the store."""
        paths = [self.path(pattern) for pattern, methods in contract.document()["paths"].items()
                 if pattern.startswith("/api/") and "get" in methods and pattern != STREAM]
        seen = {path: self.stack.read(path) for path in paths}
        for host in seen["/api/hosts"]["items"]:
            del host["seen_at"]
        return seen

    def refused(self, method, path, body, status, *words, **headers):
        with self.subTest(f"{method} {path}", body=body[:40]):
            self.assert_refused(self.stack.call(method, path, body, headers), status, *words)

    def assert_unharmed(self, before):
        self.assertEqual(self.world(), before)
        self.assertIsNone(self.stack.daemon.poll())
        self.assertEqual(self.stack.call("GET", "/health/ready").status, 200)

    def test_there_are_operations_that_take_a_body_of_each_kind(self):
        """So that the tests below don't pass for want of any."""
        self.assertGreaterEqual({path.split("/")[2] for _, path, _, _ in self.entries()},
                                {"applications", "rollouts", "profile", "bindings"})
        self.assertGreaterEqual(len(list(self.entries())), 14)

    def test_what_is_no_document_is_refused_by_every_operation_and_changes_nothing(self):
        before = self.world()
        for method, path, _, must_be_there in self.entries():
            for body, words in (*HOSTILE, *NUL):
                self.refused(method, path, body, 400, words)
            self.refused(method, path, TOO_LARGE, 413, "longer than 1048576 bytes")
            self.refused(method, path, b"{}", 415, "want Content-Type: application/json", **{"Content-Type": "text/plain"})
            if must_be_there:
                self.refused(method, path, b"", 400, "is missing")
        self.assert_unharmed(before)

    def test_fields_that_are_unknown_or_of_a_wrong_type_are_named_by_every_operation_and_change_nothing(self):
        before = self.world()
        for method, path, schema, _ in self.entries():
            self.refused(method, path, b'{"unknown": 1}', 400, '"pointer":"/unknown"', "is no field here")
            wrong = {name: of_another_type(field) for name, field in schema["properties"].items()}
            for name, value in wrong.items():
                if value is not None:
                    self.refused(method, path, json.dumps({name: value}).encode(), 400, f'"pointer":"/{name}"')
            everything = {name: value for name, value in wrong.items() if value is not None}
            self.refused(method, path, json.dumps(everything).encode(), 400, *(f'"pointer":"/{name}"' for name in everything))
        for profile in (7, [], {}, {"profile": 7, "plugins": 7, "bindings": 7}):
            self.refused("PUT", "/api/profile", json.dumps({"profile": profile}).encode(), 400, "the profile is not valid")
        self.assert_unharmed(before)


if __name__ == "__main__":
    unittest.main()
