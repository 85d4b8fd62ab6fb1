"""Somebody who never saw this tree: makes a strategy from the installed template and renews it once. Each version passes its own
tests and the conformance kit, and is signed with the stranger's key."""

import json
import shutil

import workshop

NAME = "acme.pace"
PLACE = workshop.PLACE / "stranger"
KEY = PLACE / "keys/acme"
MIGRATE = """  [[nodiscard]] State migrate(const slipway::Json& state, std::int64_t from_version) const {
    if (from_version != 1) throw slipway::Error(slipway::Code::failed_precondition, "only version 1 can be carried over");
    State now = slipway::value_or_throw(slipway::decode<State>(state, "the state"));
    now.carried = true;
    return now;
  }
"""
# 0.2.0 keeps another state, reads the old one, and uses other words.
RENEWED = {
    "plugin.json": (('"version": "0.1.0"', '"version": "0.2.0"'), ('"reads": [1], "writes": 1', '"reads": [1, 2], "writes": 2')),
    "plugin.cpp": (("kVersion = 1", "kVersion = 2"), ("  bool moved = false;\n", "  bool moved = false;\n  bool carried = false;\n"),
                   ('slipway::field("progress",', 'slipway::field("carried", &State::carried, "Whether version 1 began it."),\n'
                    '                           slipway::field("progress",'),
                   ("  [[nodiscard]] Step step(", MIGRATE + "  [[nodiscard]] Step step("), ('"new replica"', '"fresh replica"')),
    "plugin_test.cpp": (("of 3 new replicas", "of 3 fresh replicas"),)}


def package_of(version):
    return PLACE / version / "lib/slipway/plugins" / NAME / version


def make():
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    workshop.run("slipway", "plugin", "new", NAME, "--interface", "strategy", cwd=PLACE)
    workshop.run("slipway", "key", "new", KEY.name, "--directory", KEY.parent)
    publish("0.1.0")
    for file, changes in RENEWED.items():
        rewrite(PLACE / NAME / file, changes)
    publish("0.2.0")


def rewrite(file, changes):
    text = file.read_text()
    for old, new in changes:
        if old not in text:
            raise AssertionError(f"the template's {file.name} has no {old!r} to replace")
        text = text.replace(old, new)
    file.write_text(text)


def publish(version):
    folder = PLACE / NAME
    workshop.build(folder)
    workshop.run("ctest", "--test-dir", folder / "build", "--output-on-failure")
    workshop.run("cmake", "--install", folder / "build", "--prefix", PLACE / version)
    package = package_of(version)
    workshop.run("slipway", "plugin", "test", package, "--level", "isolated", "--seed", "1")
    workshop.run("slipway", "plugin", "sign", package, "--key", KEY)
    assert json.loads((package / "plugin.json").read_text())["version"] == version
