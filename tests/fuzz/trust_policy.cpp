// The trust section of a site configuration: every fault has a path below /trust, and what is accepted lets in no
// package without a signature.
#include "host/config/site_fields.hpp"
#include "host/loader/trust_settings.hpp"
#include "tests/fuzz/harness.hpp"

namespace {

void check_policy(const slipway::loader::TrustPolicy& policy) {
  using namespace slipway;
  const std::filesystem::path folder = "/plugins/acme.greeter/1.0.0";
  const std::map<std::string, std::string> files{{"acme.greeter.so", std::string(64, 'a')}};
  const loader::SignedManifest package{folder, "acme.greeter",    "1.0.0",     R"({"id":"acme.greeter"})",
                                       files,  "acme.greeter.so", std::nullopt};
  fuzz::require(!policy.check(package).ok(), "no package without a signature is let in");
  const manifest::Permissions all{.network = {{"*"}}};
  const Status status = policy.check_use({"hello", "acme.greeter", manifest::Placement::in_process, all});
  fuzz::require(status.ok() || !status.message.empty(), "a refusal says why");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  auto trust = decode_text<config::TrustConfig>(fuzz::text_of(data, size), "trust", Unknown::refused);
  if (!trust.ok()) return 0;
  config::SiteConfig site;
  site.trust = std::move(*trust);
  // No file of this machine is a fuzzer's business.
  for (config::TrustKey& key : site.trust.keys) key.file.clear();
  const auto loaded = loader::load_trust(site, {});
  for (const Problem& problem : loaded.problems)
    fuzz::require(problem.path.starts_with("/trust/") && !problem.message.empty(), "a fault has its place");
  fuzz::require((loaded.policy == nullptr) != loaded.problems.empty(), "there is a policy or a fault");
  if (loaded.policy) check_policy(*loaded.policy);
  return 0;
}
