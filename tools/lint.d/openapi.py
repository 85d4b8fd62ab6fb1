"""Checks an OpenAPI 3.1 document: references resolve, operations are named once and say what they answer, examples fit.

usage: openapi.py FILE
"""

import json
import pathlib
import re
import sys

import jsonschema

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


def refuse_duplicates(pairs):
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"duplicate key {name!r}")
    return dict(pairs)


def walk(node, pointer=""):
    """Yields (pointer, value) of every object in the document."""
    if isinstance(node, dict):
        yield pointer, node
        for key, value in node.items():
            yield from walk(value, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{pointer}/{index}")


def resolve(document, reference):
    if not reference.startswith("#/"):
        raise LookupError("only references into this document are allowed")
    node = document
    for part in reference[2:].split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def target_of(document, node):
    return resolve(document, node["$ref"]) if "$ref" in node else node


def check_references(document):
    for pointer, node in walk(document):
        reference = node.get("$ref")
        if isinstance(reference, str):
            try:
                resolve(document, reference)
            except (LookupError, TypeError) as error:
                yield f"{pointer}: $ref {reference!r} does not resolve ({error})"


def operations_of(document):
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield path, method, item, item[method]


def check_operations(document):
    seen = {}
    for path, method, item, operation in operations_of(document):
        where = f"{method.upper()} {path}"
        name = operation.get("operationId")
        if not name:
            yield f"{where}: no operationId"
        elif name in seen:
            yield f"{where}: operationId {name!r} is taken by {seen[name]}"
        seen.setdefault(name, where)
        if not operation.get("summary"):
            yield f"{where}: no summary"
        yield from check_responses(where, operation)
        yield from check_path_parameters(document, where, path, item, operation)


def check_responses(where, operation):
    responses = operation.get("responses") or {}
    if not any(re.fullmatch(r"[123]\d\d|[123]XX", status) for status in responses):
        yield f"{where}: no response for success"
    for status, response in responses.items():
        if not re.fullmatch(r"[1-5](\d\d|XX)|default", status):
            yield f"{where}: {status!r} is no status"
        if "$ref" not in response and not response.get("description"):
            yield f"{where}: response {status} has no description"


def check_path_parameters(document, where, path, item, operation):
    parameters = [target_of(document, p) for p in item.get("parameters", []) + operation.get("parameters", [])]
    declared = {p["name"] for p in parameters if p.get("in") == "path"}
    wanted = set(re.findall(r"\{([^}]+)\}", path))
    if declared != wanted:
        yield f"{where}: path parameters {sorted(declared)}, but the path names {sorted(wanted)}"


def schema_examples(node):
    yield from node.get("examples", []) if isinstance(node.get("examples"), list) else []
    if "example" in node and "schema" not in node:
        yield node["example"]


def media_examples(document, node):
    if "example" in node:
        yield node["example"]
    for example in node.get("examples", {}).values() if isinstance(node.get("examples"), dict) else []:
        yield target_of(document, example).get("value")


def in_example(pointer):
    return re.search(r"/(examples?|default|const|enum)(/|$)", pointer)


def check_examples(document):
    for pointer, node in walk(document):
        if in_example(pointer):
            continue
        if isinstance(node.get("schema"), dict):
            yield from mismatches(document, pointer, node["schema"], media_examples(document, node))
        elif is_schema(pointer):
            yield from mismatches(document, pointer, node, schema_examples(node))


def is_schema(pointer):
    return bool(re.match(r"/components/schemas/", pointer)) or "/schema/" in pointer or pointer.endswith("/schema")


def mismatches(document, pointer, schema, examples):
    validator = jsonschema.Draft202012Validator({**schema, "components": document.get("components", {})})
    for example in examples:
        for error in validator.iter_errors(example):
            yield f"{pointer}: example does not fit at {error.json_path}: {error.message}"


def check_schemas(document):
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            yield f"/components/schemas/{name}: {error.message}"


def main():
    path = pathlib.Path(sys.argv[1])
    try:
        document = json.loads(path.read_text(), object_pairs_hook=refuse_duplicates)
    except ValueError as error:
        print(f"{path}: {error}")
        return 1
    if not str(document.get("openapi", "")).startswith("3.1"):
        print(f"{path}: openapi is {document.get('openapi')!r}, wanted 3.1.x")
        return 1
    findings = list(check_references(document))
    # Examples are validated through the references, so those come first.
    findings = findings or [f for check in (check_operations, check_schemas, check_examples) for f in check(document)]
    print("\n".join(f"{path}: {finding}" for finding in findings) or f"{len(list(operations_of(document)))} operations")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
