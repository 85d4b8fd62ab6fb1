// Who may publish a plugin: the place of that decision in the order of checks.
#pragma once

#include <optional>
#include <slipway/status.hpp>
#include <string_view>

namespace slipway::loader {

// What a signature would cover.
struct SignedManifest {
  std::string_view id;                        // of the plugin, whose prefix names the publisher
  std::string_view manifest;                  // the bytes of plugin.json, which hold the digest of every other file
  std::optional<std::string_view> signature;  // the bytes of plugin.sig, if the package has one
};

// Asked after every file was compared with its digest in plugin.json and before any of them is read as a program. An
// implementation is safe from any thread.
class SignaturePolicy {
 public:
  SignaturePolicy() = default;
  SignaturePolicy(const SignaturePolicy&) = delete;
  SignaturePolicy& operator=(const SignaturePolicy&) = delete;
  virtual ~SignaturePolicy() = default;
  [[nodiscard]] virtual Status check(const SignedManifest& package) const = 0;
};

// Today's policy: a package is as trustworthy as the folder it lies in, which must not be writable by everybody. A
// plugin.sig may be there and is not looked at.
class TrustPluginRoots final : public SignaturePolicy {
 public:
  [[nodiscard]] Status check(const SignedManifest& package) const override;
};

}  // namespace slipway::loader
