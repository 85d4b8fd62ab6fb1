"""Holds answers of the real daemon to the OpenAPI document: status, media type, and a body with no field that is not
there. The unit tests of the API hold requests and answers to it with fakes behind the server."""

import functools
import json
import pathlib
import re

import jsonschema

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/reference/openapi.json"


def close(schema):
    """Objects have the named fields alone."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            close(part)
    elif isinstance(schema, list):
        for part in schema:
            close(part)


@functools.cache
def document():
    whole = json.loads(DOCUMENT.read_text())
    close(whole["components"]["schemas"])
    return whole


@functools.cache
def operations():
    """(method, pattern of the path, operation), those without a parameter first."""
    found = [(method.upper(), path, operation) for path, methods in document()["paths"].items()
             for method, operation in methods.items()]
    found.sort(key=lambda entry: entry[1].count("{"))
    return [(method, re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path) + "$"), operation) for method, path, operation in found]


@functools.cache
def validator(name):
    return jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document()["components"]})


def faults(method, target, reply):
    """What is wrong with the answer, as texts. An unknown path or method has no contract."""
    path = target.split("?")[0]
    operation = next((one for verb, pattern, one in operations() if verb == method and pattern.match(path)), None)
    if operation is None:
        return []
    response = operation["responses"].get(str(reply.status))
    if response is None and reply.status < 400:
        return [f"the document knows no {reply.status}"]
    content = (response or operation["responses"]["default"]).get("content")
    if not content:
        return [f"the document says that {reply.status} has no body"] if reply.text else []
    kind = reply.headers.get("content-type", "").split(";")[0]
    if kind not in content:
        return [f"the document says {', '.join(content)}, not {kind!r}"]
    if not kind.endswith("json"):
        return []
    reference = content[kind]["schema"].get("$ref", "").removeprefix("#/components/schemas/")
    return [f"{error.json_path}: {error.message}" for error in validator(reference).iter_errors(reply.body)]
