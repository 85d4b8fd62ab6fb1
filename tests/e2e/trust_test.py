"""Whose plugins a host runs: what is not signed by a key that the site trusts for it is refused before any of it runs, and a
revocation reaches what runs."""

import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import unittest

import yaml

from harness import BUILD, ROOT, Fixture, StackTest, wait_for

sys.path.insert(0, str(ROOT / "tests/e2e/guides"))

from run_guide import blocks_of  # noqa: E402

GATE = Fixture("gate-good", "sound")
DONE, REFUSED = 0, 5
GUIDE = ROOT / "docs/guides/plugins/trust.md"


class TrustTest(StackTest):
    def prepare(self, fixture=GATE, **site):
        self.stack = self.new_stack(fixtures=[fixture], site=site)
        self.package = self.stack.folder / "fixtures" / fixture.name / "1.0.0"
        self.library = self.package / f"{fixture.name}.so"
        self.signature = self.package / "plugin.sig"
        return self.stack

    def write_site(self, **changes):
        file = self.stack.folder / "site.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    def reload(self, **trust):
        self.write_site(trust=trust)
        self.stack.daemon.send_signal(signal.SIGHUP)

    def new_key(self, name="acme"):
        """Its document; the key lies in the stack's folder."""
        run = self.stack.cli("key", "new", name, "--directory", self.stack.folder / "keys", "-o", "json")
        self.assert_exit(run, DONE)
        return json.loads(run.stdout)

    def assert_refused(self, *words):
        for more in (["check"], []):
            run = self.stack.run_daemon(*more)
            self.assert_exit(run, 1, *words)
            self.assertNotIn("INFO  ready", run.stderr)

    def told(self, words):
        """How many events say so."""
        lines = self.stack.cli("events", "--after", "0", "--timeout", "1s").stdout.splitlines()
        return sum("plugin.revoked" in line and words in line for line in lines)

    def plugin(self, name="gate-good"):
        return next((item for item in self.stack.read("/api/plugins")["items"] if item.get("instance") == name), None)

    def test_a_file_that_was_changed_after_signing_is_refused(self):
        self.prepare()
        with self.library.open("ab") as file:
            file.write(b"x")
        self.assert_refused(f"/plugins/gate-good: plugin gate-good 1.0.0: {self.library}: has the SHA-256 ")

    def test_a_manifest_that_was_changed_after_signing_is_refused(self):
        self.prepare()
        manifest = self.package / "plugin.json"
        document = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**document, "permissions": {"network": True}}))
        self.assert_refused(f"{self.signature}: is not key local (", "'s signature of this plugin.json: one of the two was "
                            "changed after signing; install the package again, or have it signed anew")

    def test_a_manifest_that_was_only_formatted_anew_is_welcome(self):
        self.prepare()
        manifest = self.package / "plugin.json"
        manifest.write_text(json.dumps(json.loads(manifest.read_text()), indent=8, sort_keys=True))
        self.stack.start_daemon()
        self.assertEqual(self.plugin()["state"], "active")

    def test_a_package_without_a_signature_is_refused(self):
        self.prepare()
        self.signature.unlink()
        self.assert_refused(f"{self.signature}: is missing, so nobody vouches for this package; get a signed one from its "
                            f"publisher, or sign it with a key that this site trusts: slipway plugin sign {self.package}")

    def test_a_key_that_the_site_does_not_know_is_refused(self):
        self.prepare()
        key = self.new_key()
        self.assert_exit(self.stack.cli("plugin", "sign", self.package, "--key", key["private_file"]), DONE)
        self.assert_refused(f"is signed by key {key['id']}, which this site does not trust; it trusts local (")

    def test_a_key_signs_only_ids_under_its_own_prefix(self):
        self.prepare()
        key = self.new_key()
        self.write_site(trust={"keys": [{"name": "acme", "public_key": key["public_key"], "prefixes": ["acme."]}]})
        self.assert_exit(self.stack.cli("plugin", "sign", self.package, "--key", key["private_file"]), DONE)
        self.assert_refused(f"{self.signature}: key acme ({key['id']}) may sign acme. and not gate-good; have it signed by "
                            "the publisher of that id, or add the prefix to the key in trust.keys")

    def test_a_third_party_whose_key_is_trusted_is_run(self):
        self.prepare(Fixture("acme.gate", "sound"))
        key = self.new_key()
        self.write_site(trust={"keys": [{"name": "acme", "file": key["public_file"], "prefixes": ["acme."]}]})
        self.assert_exit(self.stack.cli("plugin", "sign", self.package, "--key", key["private_file"]), DONE)
        profile = self.stack.folder / "profile.yaml"
        profile.write_text(profile.read_text().replace("  acme.gate: {", "  gate: {").replace("gates.acme.gate: acme.gate", "gates.acme: gate"))
        self.stack.start_daemon()
        self.assertEqual(self.plugin("gate")["state"], "active")

    def test_the_local_key_counts_in_development_only(self):
        self.prepare(environment="production")
        self.assert_refused("is signed by this machine's local key ", ", which is trusted in development only (trust.local_key)")
        self.write_site(environment="production", trust={"local_key": "trusted"})
        self.stack.start_daemon()

    def test_a_rule_of_the_site_bounds_what_a_profile_may_grant(self):
        self.prepare(trust={"rules": [{"plugins": ["provider-local"], "permissions": {"network": True}},
                                      {"plugins": ["gate-"], "placements": ["isolated"]}]})
        run = self.stack.run_daemon("check")
        self.assert_exit(run, 1, "/plugins/gate-good: instance \"gate-good\": gate-good may not run in-process: trust.rules/1 of "
                         "the site allows isolated", "provider-local may not have ", "trust.rules/0 of the site does not allow it")

    def test_a_profile_that_grants_less_meets_a_rule_that_is_narrower_than_the_package(self):
        """The rule of the guide, and what it says of the profile."""
        shown = [yaml.safe_load(content) for language, _, _, content in blocks_of(GUIDE.read_text()) if language == "yaml"]
        rules = next(block["trust"]["rules"] for block in shown if "rules" in block.get("trust", ()))
        granted = next(block["plugins"]["gate-webhook"]["permissions"] for block in shown if "plugins" in block)
        self.prepare(trust={"rules": rules})
        self.assert_refused('instance "gate-webhook": gate-webhook may not have network (*): trust.rules/0 of the site does not '
                            "allow it; grant it less, by its permissions in the profile, or change the rule")
        self.grant(granted)
        self.stack.start_daemon()
        plugin = self.plugin("gate-webhook")
        self.assertEqual((plugin["state"], plugin["permissions"]["network"]), ("active", granted["network"]))
        profile = self.stack.read("/api/profile")["profile"]
        profile["plugins"]["gate-webhook"]["permissions"]["network"].append("hooks.example.com")
        reply = self.stack.call("PUT", "/api/profile?dry_run=true", {"profile": profile})
        self.assertEqual(reply.status, 403, reply.text)
        self.assertIn("may not have network (hooks.example.com)", reply.text)

    def grant(self, permissions):
        """To the webhook's gate, in the profile's file."""
        self.stack.change_profile(("    plugin: gate-webhook\n", "    plugin: gate-webhook\n"
                                   f"    permissions: {json.dumps(permissions)}\n"))

    def test_what_a_profile_grants_beyond_what_a_package_asks_for_is_a_warning_and_not_in_force(self):
        self.prepare()
        self.grant({"network": True, "files": ["/etc"]})
        warning = ("/plugins/gate-webhook/permissions: gate-webhook 0.1.0 does not ask for files (/etc) in its plugin.json; only "
                   "what both say is granted")
        self.assert_exit(self.stack.run_daemon("check"), 0, warning)
        self.stack.start_daemon()
        self.assertIn(warning, self.stack.log())
        permissions = self.plugin("gate-webhook")["permissions"]
        self.assertEqual((permissions["network"], permissions["files"]), (["*"], []))
        self.assertIn(warning, "\n".join(self.put(dry_run=True).body["warnings"]))

    def test_faults_of_the_trust_policy_are_all_told_at_once(self):
        self.prepare(trust={"keys": [{"name": "a", "public_key": "ed25519:x", "prefixes": ["a."]},
                                     {"name": "b", "file": "/nowhere.pub", "prefixes": ["b*"]}], "revoked_keys": ["b"]})
        run = self.stack.run_daemon("check")
        self.assert_exit(run, 1, "/trust/keys/0/public_key: want a public key: ", "/trust/keys/1/file: /nowhere.pub: ",
                         "/trust/revoked_keys/0: is \"b\"; want a key's id")

    def put(self, **query):
        """The profile in force, once more."""
        words = "?dry_run=true" if query else ""
        return self.stack.call("PUT", f"/api/profile{words}", {"profile": self.stack.read("/api/profile")["profile"]})

    def test_a_revocation_is_reported_at_once_and_taken_back(self):
        self.prepare().start_daemon()
        digest = hashlib.sha256(self.library.read_bytes()).hexdigest()
        self.reload(revoked_digests=[digest])
        wait_for("the revocation to be told", lambda: "this site does not trust it any more" in self.stack.log(), 10)
        self.assertEqual(self.plugin()["state"], "active")
        self.assertEqual(self.plugin()["reason"], f"revoked: {self.library}: has the SHA-256 {digest}, which this site has "
                         "revoked (trust.revoked_digests); install another version of the plugin")
        self.assertEqual(self.stack.metric("slipway_plugins_revoked"), 1)
        wait_for("the event", lambda: self.told("gate-good 1.0.0 runs as \"gate-good\" although") == 1, 15)
        self.stack.daemon.send_signal(signal.SIGHUP)
        wait_for("the second look", lambda: self.stack.log().count("this site does not trust it any more") == 2, 10)
        self.reload()
        wait_for("the pardon", lambda: self.stack.metric("slipway_plugins_revoked") == 0, 10)
        self.assertEqual(self.plugin().get("reason", ""), "")
        self.assertEqual(self.told("plugin.revoked"), 1)

    def retire_at_once(self, placement):
        self.prepare()
        self.stack.change_profile(("{plugin: gate-good}", f"{{plugin: gate-good, placement: {placement}}}"))
        self.stack.start_daemon()
        self.assertEqual((self.plugin()["state"], self.plugin()["placement"]), ("active", placement))
        worker = self.plugin().get("worker", {}).get("process", 0)
        self.reload(revoked_digests=[hashlib.sha256(self.library.read_bytes()).hexdigest()], on_revocation="retire")
        wait_for("the end of the plugin", lambda: (self.plugin() or {}).get("state") in (None, "unloaded"), 15)
        self.assertIn("revoked plugins were retired", self.stack.log())
        self.assertNotIn("gates.gate-good", [item["name"] for item in self.stack.read("/api/bindings")["items"]])
        self.stack.first_release(replicas=1)
        return worker

    def test_a_revoked_plugin_is_retired_at_once_where_the_policy_says_so(self):
        self.assertEqual(self.retire_at_once("in-process"), 0)

    def test_a_revoked_plugin_in_a_worker_is_retired_at_once_with_its_process(self):
        worker = self.retire_at_once("isolated")
        self.assertGreater(worker, 0)
        self.assertFalse(os.path.exists(f"/proc/{worker}"))

    def test_the_next_apply_retires_what_is_revoked_and_none_brings_it_back(self):
        self.prepare().start_daemon()
        self.reload(revoked_digests=[hashlib.sha256(self.library.read_bytes()).hexdigest()])
        wait_for("the revocation to be told", lambda: "this site does not trust it any more" in self.stack.log(), 10)
        for reply in (self.put(dry_run=True), self.put()):
            self.assertEqual(reply.status, 200, reply.text)
            self.assertIn('"gate-good" is retired, and its bindings lead nowhere: ', reply.body["warnings"][0])
            self.assertEqual([(one["instance"], one["what"]) for one in reply.body["changes"]["instances"]],
                             [("gate-good", ["remove"])])
        wait_for("the end of the plugin", lambda: (self.plugin() or {}).get("state") in (None, "unloaded"), 15)
        self.assertNotIn("gates.gate-good", [item["name"] for item in self.stack.read("/api/bindings")["items"]])
        reply = self.put()
        self.assertEqual(reply.status, 403, reply.text)
        self.assertIn("/plugins/gate-good", reply.text)
        self.stack.first_release(replicas=1)

    def test_a_revoked_key_ends_what_it_signed_where_the_policy_says_so(self):
        self.prepare(Fixture("acme.gate", "sound"))
        key = self.new_key()
        trusted = [{"name": "acme", "file": key["public_file"], "prefixes": ["acme."]}]
        self.write_site(trust={"keys": trusted})
        self.assert_exit(self.stack.cli("plugin", "sign", self.package, "--key", key["private_file"]), DONE)
        profile = self.stack.folder / "profile.yaml"
        profile.write_text(profile.read_text().replace("  acme.gate: {", "  gate: {").replace("gates.acme.gate: acme.gate", "gates.acme: gate"))
        self.stack.start_daemon()
        self.reload(keys=trusted, revoked_keys=[key["id"]], on_revocation="retire")
        wait_for("the end of the plugin", lambda: (self.plugin("gate") or {}).get("state") in (None, "unloaded"), 15)
        self.assertIn("revoked plugins were retired", self.stack.log())
        self.assertNotIn("gates.acme", [item["name"] for item in self.stack.read("/api/bindings")["items"]])
        self.assertIn(key["id"], self.stack.log())

    def test_a_policy_with_a_fault_changes_nothing(self):
        self.prepare().start_daemon()
        self.reload(revoked_keys=["nonsense"])
        wait_for("the fault to be told", lambda: "the trust policy is not taken over" in self.stack.log(), 10)
        self.assertEqual(self.stack.metric("slipway_plugins_revoked"), 0)

    def test_a_package_is_inspected_and_verified_without_a_host(self):
        self.prepare()
        verified = self.stack.cli("plugin", "verify", self.package)
        self.assert_exit(verified, DONE, "gate-good 1.0.0 is what local (", "this site would load it")
        report = json.loads(self.stack.cli("plugin", "inspect", self.package, "-o", "json").stdout)
        self.assertEqual((report["id"], report["signature"]["state"], report["faults"]), ("gate-good", "trusted", []))
        self.assertEqual(report["library"]["exports"], ["slipway_plugin_entry"])
        (self.package / "extra").write_text("x")
        self.assert_exit(self.stack.cli("plugin", "verify", self.package), REFUSED, "extra: is not listed in plugin.json")
        self.assert_exit(self.stack.cli("plugin", "sign", self.package), REFUSED, "extra: is not listed in plugin.json")
        self.assert_exit(self.stack.cli("plugin", "inspect", self.package), DONE, "extra", "not listed", "refused: ")

    def test_inspecting_and_verifying_run_no_code_of_a_package(self):
        for library in ("constructor_ends_the_process", "constructor_never_returns"):
            self.prepare(Fixture("gate-good", library))
            for command in ("inspect", "verify"):
                with self.subTest(library, command=command):
                    self.assert_exit(self.stack.cli("plugin", command, self.package), DONE, "gate-good 1.0.0")

    def test_an_archive_is_a_package_and_a_hostile_one_is_refused_by_name(self):
        self.prepare()
        good, bad = self.stack.folder / "good.tar.gz", self.stack.folder / "bad.tar"
        with tarfile.open(good, "w:gz") as archive:
            archive.add(self.package, "gate-good/1.0.0")
        self.assert_exit(self.stack.cli("plugin", "verify", good), DONE, "gate-good 1.0.0 is what local (")
        hostile = {
            "leads out of the package": [("../plugin.json", tarfile.REGTYPE, "")],
            "is a link": [("lib.so", tarfile.SYMTYPE, "/etc/passwd")],
            "is no regular file": [("lib.so", tarfile.CHRTYPE, "")],
            "occurs twice": [("plugin.json", tarfile.REGTYPE, ""), ("./plugin.json", tarfile.REGTYPE, "")],
        }
        for words, entries in hostile.items():
            self.write_archive(bad, entries)
            for command in ("inspect", "verify"):
                with self.subTest(words, command=command):
                    run = self.stack.cli("plugin", command, bad)
                    self.assert_exit(run, run.returncode, f"{bad}: entry \"{entries[-1][0]}\" ", words)
                    self.assertNotEqual(run.returncode, DONE)
        self.assertFalse((self.stack.folder.parent / "plugin.json").exists())

    @staticmethod
    def write_archive(file, entries):
        """(name, type, target of a link)"""
        with tarfile.open(file, "w") as archive:
            for name, kind, target in entries:
                entry = tarfile.TarInfo(name)
                entry.type, entry.linkname = kind, target
                archive.addfile(entry)

    def test_another_site_decides_by_its_own_policy(self):
        self.prepare()
        other = self.stack.folder / "other.yaml"
        other.write_text("environment: production\n")
        self.assert_exit(self.stack.cli("plugin", "verify", self.package, "--policy", other), REFUSED,
                         "which is trusted in development only")

    def test_no_site_takes_what_nobody_signed_or_changed_whatever_it_says(self):
        """Every value of every word of the site's that chooses among several, and a rule that allows all."""
        self.prepare()
        site = json.loads((ROOT / "config/site.schema.json").read_text())["properties"]
        trust = site["trust"]["properties"]
        chosen = {name: field["enum"] for name, field in trust.items() if "enum" in field}
        self.assertEqual({name for name, field in trust.items() if name not in chosen and field["type"] != "array"}, set())
        self.assertNotIn("boolean", [field["type"] for field in trust.values()])
        document = json.loads((self.package / "plugin.json").read_text())
        unsigned, changed = self.stack.folder / "unsigned", self.stack.folder / "changed"
        shutil.copytree(self.package, unsigned, ignore=shutil.ignore_patterns("plugin.sig"))
        shutil.copytree(self.package, changed)
        (changed / "plugin.json").write_text(json.dumps({**document, "description": "changed"}))
        policy = self.stack.folder / "policy.json"
        rules = [{"plugins": ["*"], "placements": ["in-process", "isolated"], "permissions": None}]
        taken = 0
        for environment in ("development", "staging", "production"):
            for values in itertools.product(*chosen.values()):
                words = dict(zip(chosen, values))
                policy.write_text(json.dumps({"environment": environment, "trust": {**words, "rules": rules}}))
                with self.subTest(environment=environment, **words):
                    for package in (unsigned, changed):
                        self.assert_exit(self.stack.cli("plugin", "verify", package, "--policy", policy), REFUSED)
                    taken += self.stack.cli("plugin", "verify", self.package, "--policy", policy).returncode == DONE
        self.assertGreater(taken, 0)

    def test_a_build_of_somebody_else_makes_a_key_of_its_own(self):
        self.prepare()
        keys = self.stack.folder / "elsewhere"
        subprocess.run([BUILD / "bin/slipway-sign", self.package], check=True,
                       env={**os.environ, "SLIPWAY_KEY_DIRECTORY": str(keys)})
        self.assertEqual(oct((keys / "local").stat().st_mode & 0o777), "0o600")
        self.assert_refused("which this site does not trust; it trusts local (")


if __name__ == "__main__":
    unittest.main()
