"""Bodies that are no documents, and what is said of them; values of a wrong type for each field of a schema."""

# What follows from no schema.
HOSTILE = ((b'{"name": "demo",', "not JSON at byte 17"),
           (b'{"name": "de\xff\xfemo"}', "ill-formed UTF-8 byte"),
           (b'{"name": "demo", "name": "demo"}', 'the name \\"name\\" occurs twice in one object'),
           (b"[" * 100_000, "nested deeper than 64 levels"),
           (b'{"name":"demo","strategy":{"settings":' + b'{"a":' * 200 + b"1" + b"}" * 202, "nested deeper than 64 levels"),
           (b"[]", "want an object"),
           (b"null", "want an object"))
# Only of requests: a file may hold the escape.
NUL = ((b'{"name": "de\x00mo"}', "not JSON at byte 13"),
       (b'{"reason": "a\\u0000b"}', "holds the character U+0000"),
       (b'{"a\\u0000b": 1}', "has a name that holds the character U+0000"))
TOO_LARGE = b'{"name":"' + b"a" * 2_000_000 + b'"}'


def of_another_type(schema):
    """A value that the schema does not allow, whatever it allows; None when it allows any."""
    allowed = types_of(schema)
    return next((value for kind, value in {"array": [7], "integer": 7, "object": {"x": 7}}.items()
                 if allowed and kind not in allowed), None)


def types_of(schema):
    if "anyOf" in schema:
        return {kind for part in schema["anyOf"] for kind in types_of(part)}
    if "enum" in schema:
        return {"string"}
    return {schema["type"]} if "type" in schema else set()
