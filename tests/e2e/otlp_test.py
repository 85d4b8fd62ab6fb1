"""What a collector of spans hears of a host, and what a host does without one."""

import socket
import unittest

from collector import Collector, attributes
from harness import StackTest, free_port, wait_for

SECRET = "Bearer not-for-any-log"  # noqa: S105
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SERVER, CLIENT, INTERNAL = 2, 3, 1


def traceparent(trace=TRACE, flags="01"):
    return {"traceparent": f"00-{trace}-{CALLER}-{flags}"}


def told(span):
    return attributes(span["attributes"])


class Otlp(StackTest):
    def collector(self, port=0):
        made = Collector(port)
        self.addCleanup(made.close)
        return made

    def stack_that_tells(self, url, site=None, **settings):
        otlp = {"endpoint": url, "interval": "100ms", "headers": {"Authorization": "${env:COLLECTOR_KEY}"}, **settings}
        return self.start_stack(site={"telemetry": {"otlp": otlp}, "log": {"level": "debug"}, **(site or {})},
                                environment={"COLLECTOR_KEY": SECRET})

    def await_span(self, collector, name, trace=TRACE):
        def found():
            return next((span for span in collector.of_trace(trace) if span["name"] == name), None)

        return wait_for(f"the span {name!r}", found, 20)

    def test_a_deploy_is_one_trace_of_its_request_its_decisions_and_its_calls(self):
        collector = self.collector()
        stack = self.stack_that_tells(collector.url)
        stack.first_release()
        stack.create_release("1.1")
        canary = {"name": "canary", "settings": {"steps": [{"weight": "40%"}, {"analysis": "smoke"}], "scale_down_delay": "1s"}}
        reply = stack.call("POST", "/api/rollouts", {"application": "demo", "release": "1.1", "strategy": canary}, traceparent())
        rollout = reply.body["id"]
        stack.wait_state(rollout, "succeeded")
        self.await_span(collector, "decision ended")
        self.assertEqual(collector.faults, [])

        spans = collector.of_trace(TRACE)
        by_id = {span["spanId"]: span for span in spans}
        self.assertEqual(len(by_id), len(spans), "a span twice")
        request, = [span for span in spans if span["kind"] == SERVER]
        self.assertEqual((request["name"], request["parentSpanId"]), ("POST /api/rollouts", CALLER))
        self.assertEqual(told(request), {
            "http.request.method": "POST", "http.route": "/api/rollouts", "url.path": "/api/rollouts",
            "http.response.status_code": str(reply.status), "slipway.request_id": reply.headers["x-request-id"]})
        self.assertEqual(reply.headers["traceparent"], f"00-{TRACE}-{request['spanId']}-01")

        decisions = sorted((span for span in spans if span["kind"] == INTERNAL), key=lambda span: int(span["startTimeUnixNano"]))
        self.assertEqual({span["parentSpanId"] for span in decisions}, {request["spanId"]})
        self.assertEqual(sorted((told(span)["slipway.kind"], told(span)["slipway.step"]) for span in decisions),
                         sorted((entry["kind"], str(entry.get("step", 0))) for entry in stack.journal(rollout)))
        self.assertEqual({(told(span)["slipway.rollout"], told(span)["slipway.application"], told(span)["slipway.tenant"])
                          for span in decisions}, {(rollout, "demo", "default")})

        calls = [span for span in spans if span["kind"] == CLIENT]
        orphans = [span["name"] for span in calls if span["parentSpanId"] not in by_id]
        self.assertEqual(orphans, [])
        parents = {by_id[span["parentSpanId"]]["name"] for span in calls if span["name"] == "slipway.provider/1 apply"}
        self.assertTrue(parents and all(name.startswith("decision ") for name in parents), parents)
        writes = [span for span in calls if span["name"] == "slipway.storage/1 write"]
        stored = {span["name"] for span in decisions for write in writes
                  if write["parentSpanId"] == span["spanId"] and int(write["endTimeUnixNano"]) <= int(span["endTimeUnixNano"])}
        self.assertLessEqual({"decision started", "decision ended"}, stored)
        names = {span["name"] for span in calls}
        self.assertLessEqual({"slipway.strategy/1 step", "slipway.provider/1 observe", "slipway.storage/1 write",
                              "slipway.metrics/1 query", "slipway.analyzer/1 judge"}, names)
        step = next(span for span in calls if span["name"] == "slipway.strategy/1 step")
        self.assertEqual({name: told(step)[name] for name in ("slipway.binding", "slipway.plugin", "slipway.status")},
                         {"slipway.binding": "strategies.canary", "slipway.plugin": "strategy-canary", "slipway.status": "OK"})
        self.assertRegex(told(step)["slipway.version"], r"^\d+\.\d+\.\d+$")
        self.assertEqual(request["resource"]["service.name"], "slipwayd")
        self.assertIn("/", request["resource"]["service.instance.id"])

    def test_a_trace_that_its_caller_does_not_sample_is_not_told(self):
        collector = self.collector()
        stack = self.stack_that_tells(collector.url)
        unsampled, sampled = "1" * 32, "2" * 32
        stack.call("GET", "/api/applications", headers=traceparent(unsampled, "00"))
        stack.call("GET", "/api/applications", headers=traceparent(sampled))
        self.await_span(collector, "GET /api/applications", sampled)
        self.assertEqual(collector.of_trace(unsampled), [])

    def test_the_key_of_the_collector_reaches_it_and_nothing_else(self):
        collector = self.collector()
        stack = self.stack_that_tells(collector.url)
        stack.call("GET", "/api/applications", headers=traceparent())
        self.await_span(collector, "GET /api/applications")
        self.assertEqual({headers["Authorization"] for headers in collector.headers}, {SECRET})
        stack.stop_daemon()
        self.assertNotIn(SECRET, stack.log())
        checked = stack.run_daemon("check", environment={"COLLECTOR_KEY": "in valid\n" + SECRET})
        self.assert_exit(checked, 1, "/telemetry/otlp/headers/Authorization")
        self.assertNotIn(SECRET, checked.stdout + checked.stderr)

    def test_without_its_collector_a_host_deploys_and_tells_it_once_until_it_is_back(self):
        port = free_port()
        stack = self.stack_that_tells(f"http://127.0.0.1:{port}", queue=20, batch=10)
        stack.first_release()
        wait_for("spans to be dropped", lambda: stack.metric("slipway_otlp_spans_total", outcome="dropped") > 0, 20)
        self.assertEqual(stack.log().count("spans can't be exported"), 1)
        collector = self.collector(port)
        wait_for("spans to arrive", lambda: stack.metric("slipway_otlp_spans_total", outcome="sent") > 0, 40)
        wait_for("the word of it", lambda: "spans are exported again" in stack.log(), 10)
        stack.call("GET", "/api/applications", headers=traceparent())
        self.await_span(collector, "GET /api/applications")
        self.assertEqual((stack.log().count("spans can't be exported"), collector.faults), (1, []))

    def test_the_last_spans_are_sent_when_it_ends(self):
        collector = self.collector()
        stack = self.stack_that_tells(collector.url, {"shutdown_grace": "40s"}, interval="1m")  # a quarter is for the last spans
        stack.call("GET", "/api/applications", headers=traceparent())
        self.assertEqual(collector.of_trace(TRACE), [])
        status, _ = stack.stop_daemon()
        self.assertEqual(status, 0)
        self.assertEqual([span["name"] for span in collector.of_trace(TRACE) if span["kind"] == SERVER], ["GET /api/applications"])

    def test_a_collector_that_never_answers_holds_neither_a_request_nor_the_end(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        stack = self.stack_that_tells(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout="30s")
        stack.first_release()
        status, seconds = stack.stop_daemon()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)


if __name__ == "__main__":
    unittest.main()
