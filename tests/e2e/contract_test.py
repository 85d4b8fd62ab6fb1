"""That the check of answers against the OpenAPI document sees what is wrong."""

import json
import unittest

import contract
from harness import Reply

JSON = {"content-type": "application/json"}
STATUS = {"version": "1", "profile": "dev", "condition": "healthy", "started_at": "2026-01-01T00:00:00Z", "checks": []}


class Contract(unittest.TestCase):
    def faults(self, status, body, headers=None, target="/api/status"):
        return " ".join(contract.faults("GET", target, Reply(status, headers or JSON, json.dumps(body))))

    def test_an_answer_that_the_document_does_not_know_is_told(self):
        right = {name: STATUS[name] for name in contract.document()["components"]["schemas"]["Status"]["properties"]
                 if name in STATUS}
        self.assertEqual(self.faults(200, right), "")
        self.assertIn("'surprise' was unexpected", self.faults(200, {**right, "surprise": 1}))
        self.assertIn("$.version: 1 is not of type 'string'", self.faults(200, {**right, "version": 1}))
        self.assertIn("knows no 202", self.faults(202, right))
        self.assertIn("not 'text/plain'", self.faults(200, right, {"content-type": "text/plain"}))
        self.assertIn("'detail' is a required property",
                      self.faults(404, {"type": "x"}, {"content-type": "application/problem+json"}, "/api/rollouts/none?a=b"))


if __name__ == "__main__":
    unittest.main()
