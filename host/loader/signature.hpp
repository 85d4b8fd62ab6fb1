// Who may publish a plugin: the place of that decision in the order of checks.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

namespace slipway::loader {

// What a signature covers, and what it is compared with.
struct SignedManifest {
  const std::filesystem::path& folder;  // for messages
  std::string_view id;                  // of the plugin, whose prefix names the publisher
  std::string_view version;
  std::string_view manifest;  // the bytes of plugin.json, which hold the digest of every other file
  const std::map<std::string, std::string>& files;  // path inside the package to SHA-256; compared already
  std::string_view library;                         // which of them is mapped
  std::optional<std::string_view> signature;        // the bytes of plugin.sig, if the package has one
};

// Who vouches for a package.
struct Signer {
  std::string key;   // the key's id
  std::string name;  // what the site calls it
  bool operator==(const Signer&) const = default;
};

// Asked after every file was compared with its digest in plugin.json and before any of them is read as a program. An
// implementation is safe from any thread.
class SignaturePolicy {
 public:
  SignaturePolicy() = default;
  SignaturePolicy(const SignaturePolicy&) = delete;
  SignaturePolicy& operator=(const SignaturePolicy&) = delete;
  virtual ~SignaturePolicy() = default;
  [[nodiscard]] virtual Result<Signer> check(const SignedManifest& package) const = 0;
};

}  // namespace slipway::loader
