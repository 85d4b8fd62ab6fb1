#include "host/loader/trust_settings.hpp"

#include "host/base/sha256.hpp"
#include "host/loader/key_files.hpp"

namespace slipway::loader {
namespace {

constexpr const char* kDevelopment = "development";

class Loading {
 public:
  Loading(const config::SiteConfig& site, const std::filesystem::path& keys) : site_(site), keys_(keys) {}

  LoadedTrust load() {
    add_local_key();
    for (std::size_t i = 0; i < trust().keys.size(); ++i) add_key(i);
    add_revocations();
    for (std::size_t i = 0; i < trust().rules.size(); ++i) add_rule(i);
    if (!problems_.empty()) return {nullptr, std::move(problems_)};
    return {std::make_shared<const TrustPolicy>(std::move(settings_)), {}};
  }

 private:
  [[nodiscard]] const config::TrustConfig& trust() const { return site_.trust; }

  void fault(std::string path, std::string value, std::string message) {
    problems_.push_back({"/trust/" + std::move(path), std::move(value), std::move(message)});
  }

  [[nodiscard]] bool trusts_local_key() const {
    return trust().local_key == config::LocalKey::trusted ||
           (trust().local_key == config::LocalKey::in_development && site_.environment == kDevelopment);
  }

  void add_local_key() {
    if (keys_.empty()) return;
    const auto key = read_public_key(key_files(keys_, kLocalKey).public_half);
    if (!key.ok() && key.status().code == Code::not_found) return;
    if (!trusts_local_key()) {
      if (key.ok()) settings_.untrusted_local_key = *key;
      return;
    }
    if (!key.ok()) return fault("local_key", "", key.status().message);
    settings_.keys.push_back({kLocalKey, *key, {"*"}});
  }

  void add_key(std::size_t index) {
    const config::TrustKey& written = trust().keys[index];
    const std::string path = "keys/" + std::to_string(index);
    if (written.public_key.empty() == written.file.empty())
      return fault(path, "", "want either public_key or file for key \"" + written.name + "\"");
    const auto key = written.file.empty() ? parse_public_key(written.public_key) : read_public_key(written.file);
    if (!key.ok()) return fault(path + (written.file.empty() ? "/public_key" : "/file"), "", key.status().message);
    check_prefixes(path + "/prefixes", written.prefixes);
    for (const TrustedKey& other : settings_.keys) {
      if (other.key == *key || other.name == written.name)
        return fault(path, "",
                     "has the name or the key of \"" + other.name + "\"; want each once, with all its prefixes");
    }
    settings_.keys.push_back({written.name, *key, written.prefixes});
  }

  void check_prefixes(const std::string& path, const std::vector<std::string>& prefixes) {
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
      const std::string& prefix = prefixes[i];
      const bool good = prefix == "*" || (!prefix.empty() && prefix.find('*') == prefix.npos);
      if (!good)
        fault(
            path + "/" + std::to_string(i), "\"" + prefix + "\"",
            "want a whole id, the beginning of ids that ends with \".\" or \"-\" such as \"acme.\", or \"*\" for all");
    }
  }

  void add_revocations() {
    for (std::size_t i = 0; i < trust().revoked_keys.size(); ++i) {
      const std::string& id = trust().revoked_keys[i];
      if (!is_key_id(id))
        fault("revoked_keys/" + std::to_string(i), "\"" + id + "\"",
              "want a key's id, 32 lower-case hexadecimal digits, as `slipway plugin inspect` shows it");
      settings_.revoked_keys.insert(id);
    }
    for (std::size_t i = 0; i < trust().revoked_digests.size(); ++i) {
      const std::string& digest = trust().revoked_digests[i];
      if (!base::is_sha256_hex(digest))
        fault("revoked_digests/" + std::to_string(i), "\"" + digest + "\"",
              "want a SHA-256 as 64 lower-case hexadecimal digits");
      settings_.revoked_digests.insert(digest);
    }
    settings_.on_revocation =
        trust().on_revocation == config::OnRevocation::retire ? OnRevocation::retire : OnRevocation::report;
  }

  void add_rule(std::size_t index) {
    const config::TrustRule& written = trust().rules[index];
    const std::string path = "rules/" + std::to_string(index);
    check_prefixes(path + "/plugins", written.plugins);
    TrustRule rule{written.plugins, {}, std::nullopt};
    for (const config::RulePlacement placement : written.placements)
      rule.placements.push_back(placement == config::RulePlacement::isolated ? manifest::Placement::isolated
                                                                             : manifest::Placement::in_process);
    if (!written.permissions.is_null()) {
      auto grants = manifest::permissions_of(written.permissions);
      for (Problem& problem : grants.status().problems)
        fault(path + "/permissions" + problem.path, problem.value, problem.message);
      if (grants.ok()) rule.at_most = std::move(*grants);
    }
    settings_.rules.push_back(std::move(rule));
  }

  const config::SiteConfig& site_;
  const std::filesystem::path& keys_;
  TrustSettings settings_;
  Problems problems_;
};

}  // namespace

LoadedTrust load_trust(const config::SiteConfig& site, const std::filesystem::path& keys) {
  return Loading(site, keys).load();
}

}  // namespace slipway::loader
