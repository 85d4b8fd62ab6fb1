// The site's word on plugins: whose signature counts for which ids, what has been revoked, and which plugin may run
// where with what. There is no setting that leaves a signature unchecked.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/loader/ed25519.hpp"
#include "host/loader/signature.hpp"
#include "host/manifest/permissions.hpp"
#include "host/manifest/profile.hpp"

namespace slipway::loader {

// A key and the ids that it may sign. A prefix is a whole id, the beginning of ids that ends with "." or "-", or "*".
struct TrustedKey {
  std::string name;
  PublicKey key;
  std::vector<std::string> prefixes;
};

// The first rule whose plugins hold an id decides for it; an id that none holds may run as the profile says.
struct TrustRule {
  std::vector<std::string> plugins;              // prefixes, as of keys
  std::vector<manifest::Placement> placements;   // empty: all
  std::optional<manifest::Permissions> at_most;  // absent: whatever the profile grants
};

enum class OnRevocation { report, retire };

struct TrustSettings {
  std::vector<TrustedKey> keys;
  // This machine's own key where it is not trusted, so that a refusal can say what it is.
  std::optional<PublicKey> untrusted_local_key;
  std::set<std::string> revoked_keys;     // ids
  std::set<std::string> revoked_digests;  // SHA-256 of a library, of another file, or of plugin.json
  OnRevocation on_revocation = OnRevocation::report;
  std::vector<TrustRule> rules;
};

// What a profile makes of a plugin.
struct PluginUse {
  std::string_view instance;
  std::string_view id;
  manifest::Placement placement;
  const manifest::Permissions& permissions;
};

// Whether an id is one of those that a prefix stands for.
bool is_under(std::string_view id, std::string_view prefix);

// Immutable; safe from any thread.
class TrustPolicy final : public SignaturePolicy {
 public:
  explicit TrustPolicy(TrustSettings settings) : settings_(std::move(settings)) {}

  // PERMISSION_DENIED names the package, the key, what was expected and the way out; INVALID_ARGUMENT for a plugin.sig
  // that is none.
  [[nodiscard]] Result<Signer> check(const SignedManifest& package) const override;
  // PERMISSION_DENIED names the instance, the rule, and what it allows.
  [[nodiscard]] Status check_use(const PluginUse& use) const;

  [[nodiscard]] const TrustSettings& settings() const { return settings_; }

 private:
  [[nodiscard]] Status check_digests(const SignedManifest& package) const;
  [[nodiscard]] const TrustedKey* find(const std::string& id) const;
  [[nodiscard]] Status not_trusted(const std::string& file, const std::string& key,
                                   const std::filesystem::path& folder) const;
  [[nodiscard]] std::string names() const;

  TrustSettings settings_;
};

// A package that was let in and is not welcome any more.
struct Revocation {
  std::string id;
  std::string version;
  std::string digest;  // of its library, as in the status of plugins
  Signer signer;
  std::string reason;
  bool operator==(const Revocation&) const = default;
};

// The policy in force, which a reload replaces, and a memory of what was let in. Safe from any thread.
class CurrentTrust final : public SignaturePolicy {
 public:
  explicit CurrentTrust(std::shared_ptr<const TrustPolicy> policy) : policy_(std::move(policy)) {}

  [[nodiscard]] Result<Signer> check(const SignedManifest& package) const override;
  [[nodiscard]] std::shared_ptr<const TrustPolicy> policy() const;
  void replace(std::shared_ptr<const TrustPolicy> policy);

  // Everything that was let in since the start and that the policy in force refuses, sorted by id and version, as of
  // the last replace. Whether it still runs is lifecycle's to say.
  [[nodiscard]] std::vector<Revocation> revocations() const;
  // Why the library with this digest would be refused now; nothing while it is welcome or was never seen.
  [[nodiscard]] std::optional<std::string> revoked(const std::string& library_digest) const;

 private:
  // What check was given, kept.
  struct Admitted {
    std::filesystem::path folder;
    std::string id;
    std::string version;
    std::string manifest;
    std::map<std::string, std::string> files;
    std::string library;
    std::string signature;
    Signer signer;

    [[nodiscard]] SignedManifest package() const;
    [[nodiscard]] std::string digest() const;
  };

  mutable std::mutex mutex_;
  std::shared_ptr<const TrustPolicy> policy_;
  mutable std::map<std::string, Admitted> admitted_;  // by the SHA-256 of plugin.json
  std::vector<Revocation> revocations_;
};

}  // namespace slipway::loader
