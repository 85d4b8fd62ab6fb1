// For tests of what happens around signatures: accepts every package, signed or not. No part of the product does.
#pragma once

#include "host/loader/signature.hpp"

namespace slipway::test {

class UncheckedSignatures final : public loader::SignaturePolicy {
 public:
  [[nodiscard]] Result<loader::Signer> check(const loader::SignedManifest&) const override {
    return loader::Signer{"", "nobody"};
  }
};

}  // namespace slipway::test
