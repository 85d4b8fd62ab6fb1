"""A collector of spans: takes OTLP/HTTP with JSON, holds each request to its schema, and keeps the spans.

The schema is written by hand from opentelemetry/proto/{collector/trace,trace,common,resource}/v1 in their JSON encoding, as far
as Slipway uses them, and strict: another field, another type or another spelling is a fault.
"""

import http.server
import json
import re
import threading


def attributes(pairs):
    return {pair["key"]: pair["value"].get("stringValue", pair["value"].get("intValue")) for pair in pairs}


def _fields(value, where, required, optional=()):
    if not isinstance(value, dict):
        raise AssertionError(f"{where}: want an object, not {value!r}")
    missing, foreign = set(required) - set(value), set(value) - set(required) - set(optional)
    if missing or foreign:
        raise AssertionError(f"{where}: missing {sorted(missing)}, unknown {sorted(foreign)}")


def _text(value, where, pattern=r"(?s).*"):
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise AssertionError(f"{where}: want a text like {pattern}, not {value!r}")


def _number(value, where, allowed):
    if type(value) is not int or value not in allowed:
        raise AssertionError(f"{where}: want one of {list(allowed)}, not {value!r}")


def _attributes(pairs, where):
    for pair in pairs:
        _fields(pair, where, ["key", "value"])
        _text(pair["key"], where, r"[a-z][a-z0-9._]*")
        (kind, value), = pair["value"].items()
        _text(value, f"{where}.{pair['key']}", {"stringValue": r"(?s).{1,1024}", "intValue": r"-?[0-9]+"}[kind])
    if len(attributes(pairs)) != len(pairs):
        raise AssertionError(f"{where}: a key twice: {pairs}")


def _span(span):
    where = f"span {span.get('name')}"
    _fields(span, where, ["traceId", "spanId", "flags", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes",
                          "status"], ["parentSpanId", "links"])
    for holder in [span, *span.get("links", [])]:
        _text(holder["traceId"], where, r"(?!0{32})[0-9a-f]{32}")
        _text(holder["spanId"], where, r"(?!0{16})[0-9a-f]{16}")
    if "parentSpanId" in span:
        _text(span["parentSpanId"], where, r"(?!0{16})[0-9a-f]{16}")
    _number(span["flags"], where, range(256))
    _number(span["kind"], where, (1, 2, 3))
    _text(span["name"], where, r".+")
    for name in ("startTimeUnixNano", "endTimeUnixNano"):
        _text(span[name], where, r"[1-9][0-9]{18}")
    if int(span["endTimeUnixNano"]) < int(span["startTimeUnixNano"]):
        raise AssertionError(f"{where} ends before it begins: {span}")
    _attributes(span["attributes"], where)
    _fields(span["status"], where, [], ["code", "message"])
    if span["status"]:
        _number(span["status"]["code"], where, (2,))


def check(document):
    """The spans in it; AssertionError says what is wrong."""
    spans = []
    _fields(document, "request", ["resourceSpans"])
    for resource in document["resourceSpans"]:
        _fields(resource, "resourceSpans", ["resource", "scopeSpans"])
        _fields(resource["resource"], "resource", ["attributes"])
        _attributes(resource["resource"]["attributes"], "resource")
        for scope in resource["scopeSpans"]:
            _fields(scope, "scopeSpans", ["scope", "spans"])
            _fields(scope["scope"], "scope", ["name", "version"])
            for span in scope["spans"]:
                _span(span)
                spans.append({**span, "resource": attributes(resource["resource"]["attributes"])})
    return spans


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.collector.take(self.path, self.headers, body)
        answer = b'{"partialSuccess": {}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Collector:
    """`port`: 0 for any. `spans`, `headers` and `faults` of what came; `bodies` as they came."""

    def __init__(self, port=0):
        self.spans, self.headers, self.faults, self.bodies = [], [], [], []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Handler)
        self._server.collector = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, path, headers, body):
        try:
            if (path, headers["Content-Type"]) != ("/v1/traces", "application/json"):
                raise AssertionError(f"{path} with {headers['Content-Type']}")
            spans = check(json.loads(body))
        except (AssertionError, KeyError, ValueError) as fault:
            self.faults.append(repr(fault))
            return
        self.bodies.append(body)
        self.headers.append(dict(headers))
        self.spans.extend(spans)

    def of_trace(self, trace_id):
        return [span for span in list(self.spans) if span["traceId"] == trace_id]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
