// Replies of plugins, of any bytes, read as each method's reply: refused with a reason, or written as a document that
// is read as the same.
#include <slipway/interfaces/analyzer.hpp>
#include <slipway/interfaces/app.hpp>
#include <slipway/interfaces/backup.hpp>
#include <slipway/interfaces/gate.hpp>
#include <slipway/interfaces/metrics.hpp>
#include <slipway/interfaces/notifier.hpp>
#include <slipway/interfaces/plugin.hpp>
#include <slipway/interfaces/provider.hpp>
#include <slipway/interfaces/secrets.hpp>
#include <slipway/interfaces/storage.hpp>
#include <slipway/interfaces/strategy.hpp>

#include "tests/fuzz/harness.hpp"
#include "tests/support/documents.hpp"

namespace {

using namespace slipway;

template <class Interface>
void check(std::string_view text) {
  Interface::each([text]<class Method>() {
    const auto as = test::read_as<typename Method::Reply>(text, Unknown::ignored);
    fuzz::require(as != test::ReadAs::differently, "a tree gives the same reply");
    const auto reply = decode_text<typename Method::Reply>(text, "reply");
    if (!reply.ok()) return fuzz::require(!reply.status().message.empty(), "a refusal says why");
    const std::string written = encode_text(*reply);
    const auto again = decode_text<typename Method::Reply>(written, "reply");
    fuzz::require(again.ok() && encode_text(*again) == written, "the text of a reply gives the reply");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  check<analyzer::Interface>(text);
  check<app::Interface>(text);
  check<backup::Interface>(text);
  check<gate::Interface>(text);
  check<metrics::Interface>(text);
  check<notifier::Interface>(text);
  check<plugin::Interface>(text);
  check<provider::Interface>(text);
  check<secrets::Interface>(text);
  check<storage::Interface>(text);
  check<strategy::Interface>(text);
  return 0;
}
