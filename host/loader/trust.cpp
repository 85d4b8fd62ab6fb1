#include "host/loader/trust.hpp"

#include <algorithm>

#include "host/base/sha256.hpp"
#include "host/loader/signature_document.hpp"

namespace slipway::loader {
namespace {

Status refuse(std::string text) { return {Code::permission_denied, std::move(text)}; }

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

std::string label(const TrustedKey& key) { return key.name + " (" + id_of(key.key) + ")"; }

Status unsigned_package(const std::string& file, const std::filesystem::path& folder) {
  return refuse(file +
                ": is missing, so nobody vouches for this package; get a signed one from its publisher, or sign it "
                "with a key that this site trusts: slipway plugin sign " +
                folder.string() + " --key NAME");
}

Status outside_prefixes(const std::string& file, const TrustedKey& key, std::string_view id) {
  return refuse(file + ": key " + label(key) + " may sign " + joined(key.prefixes, ", ") + " and not " +
                std::string(id) +
                "; have it signed by the publisher of that id, or add the prefix to the key in trust.keys");
}

Status not_its_word(const std::string& file, const TrustedKey& key) {
  return refuse(
      file + ": is not key " + label(key) +
      "'s signature of this plugin.json: one of the two was changed after signing; install the package again, "
      "or have it signed anew");
}

std::string_view name_of(manifest::Placement placement) {
  return placement == manifest::Placement::isolated ? "isolated" : "in-process";
}

std::string names_of(const std::vector<manifest::Placement>& placements) {
  std::vector<std::string> names;
  for (const auto placement : placements) names.emplace_back(name_of(placement));
  return joined(names, " or ");
}

bool holds(const std::vector<std::string>& prefixes, std::string_view id) {
  return std::ranges::any_of(prefixes, [&](const auto& prefix) { return is_under(id, prefix); });
}

}  // namespace

bool is_under(std::string_view id, std::string_view prefix) {
  if (prefix == "*" || prefix == id) return true;
  return (prefix.ends_with('.') || prefix.ends_with('-')) && id.starts_with(prefix);
}

Result<Signer> TrustPolicy::check(const SignedManifest& package) const {
  const std::string file = (package.folder / "plugin.sig").string();
  if (Status status = check_digests(package); !status.ok()) return status;
  if (!package.signature) return unsigned_package(file, package.folder);
  const auto document = parse_signature(*package.signature, file);
  if (!document.ok()) return document.status();
  const TrustedKey* key = find(document->key);
  if (settings_.revoked_keys.contains(document->key))
    return refuse(file + ": is signed by key " + (key != nullptr ? label(*key) : document->key) +
                  ", which this site has revoked (trust.revoked_keys); install a version that another key has signed");
  if (key == nullptr) return not_trusted(file, document->key, package.folder);
  if (!holds(key->prefixes, package.id)) return outside_prefixes(file, *key, package.id);
  if (!covers(*document, key->key, package.manifest)) return not_its_word(file, *key);
  return Signer{document->key, key->name};
}

Status TrustPolicy::check_digests(const SignedManifest& package) const {
  if (settings_.revoked_digests.empty()) return {};
  const auto refusal = [&](const std::string& path, const std::string& digest) {
    return refuse((package.folder / path).string() + ": has the SHA-256 " + digest +
                  ", which this site has revoked (trust.revoked_digests); install another version of the plugin");
  };
  const std::string manifest = base::sha256_hex(package.manifest);
  if (settings_.revoked_digests.contains(manifest)) return refusal("plugin.json", manifest);
  for (const auto& [path, digest] : package.files) {
    if (settings_.revoked_digests.contains(digest)) return refusal(path, digest);
  }
  return {};
}

const TrustedKey* TrustPolicy::find(const std::string& id) const {
  const auto found = std::ranges::find_if(settings_.keys, [&](const TrustedKey& key) { return id_of(key.key) == id; });
  return found == settings_.keys.end() ? nullptr : &*found;
}

Status TrustPolicy::not_trusted(const std::string& file, const std::string& key,
                                const std::filesystem::path& folder) const {
  if (settings_.untrusted_local_key && id_of(*settings_.untrusted_local_key) == key)
    return refuse(file + ": is signed by this machine's local key " + key +
                  ", which is trusted in development only (trust.local_key); have the package signed by a publisher "
                  "whose key is in trust.keys");
  return refuse(
      file + ": is signed by key " + key + ", which this site does not trust; it trusts " + names() +
      ". Add the publisher's key to trust.keys, or sign the package with a key that is trusted: slipway plugin "
      "sign " +
      folder.string() + " --key NAME");
}

std::string TrustPolicy::names() const {
  std::vector<std::string> words;
  for (const TrustedKey& key : settings_.keys) words.push_back(label(key));
  return words.empty() ? "no key" : joined(words, ", ");
}

Status TrustPolicy::check_use(const PluginUse& use) const {
  const auto rule =
      std::ranges::find_if(settings_.rules, [&](const TrustRule& one) { return holds(one.plugins, use.id); });
  if (rule == settings_.rules.end()) return {};
  const std::string begin = "instance \"" + std::string(use.instance) + "\": " + std::string(use.id) + " may not ";
  const std::string by = "trust.rules/" + std::to_string(rule - settings_.rules.begin()) + " of the site";
  if (!rule->placements.empty() && std::ranges::find(rule->placements, use.placement) == rule->placements.end())
    return refuse(begin + "run " + std::string(name_of(use.placement)) + ": " + by + " allows " +
                  names_of(rule->placements) + "; set its placement in the profile, or change the rule");
  const std::string beyond = rule->at_most ? manifest::missing(use.permissions, *rule->at_most) : "";
  if (beyond.empty()) return {};
  return refuse(begin + "have " + beyond + ": " + by +
                " does not allow it; grant it less, by its permissions in the profile, or change the rule");
}

SignedManifest CurrentTrust::Admitted::package() const {
  return {folder, id, version, manifest, files, library, signature};
}

std::string CurrentTrust::Admitted::digest() const {
  const auto found = files.find(library);
  return found == files.end() ? "" : found->second;
}

Result<Signer> CurrentTrust::check(const SignedManifest& package) const {
  const std::lock_guard lock(mutex_);
  auto signer = policy_->check(package);
  if (!signer.ok()) return signer;
  admitted_.insert_or_assign(
      base::sha256_hex(package.manifest),
      Admitted{package.folder, std::string(package.id), std::string(package.version), std::string(package.manifest),
               package.files, std::string(package.library), std::string(*package.signature), *signer});
  return signer;
}

std::shared_ptr<const TrustPolicy> CurrentTrust::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

void CurrentTrust::replace(std::shared_ptr<const TrustPolicy> policy) {
  const std::lock_guard lock(mutex_);
  policy_ = std::move(policy);
  revocations_.clear();
  for (const auto& [manifest, one] : admitted_) {
    const auto verdict = policy_->check(one.package());
    if (!verdict.ok())
      revocations_.push_back({one.id, one.version, one.digest(), one.signer, verdict.status().message});
  }
  std::ranges::sort(revocations_, {}, [](const Revocation& one) { return std::tie(one.id, one.version, one.digest); });
}

std::vector<Revocation> CurrentTrust::revocations() const {
  const std::lock_guard lock(mutex_);
  return revocations_;
}

std::optional<std::string> CurrentTrust::revoked(const std::string& library_digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(revocations_, library_digest, &Revocation::digest);
  if (found == revocations_.end()) return std::nullopt;
  return found->reason;
}

}  // namespace slipway::loader
