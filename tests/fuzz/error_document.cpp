// What plugins say went wrong: a number and any bytes. Whatever they are, it becomes a failure that says something, is
// text, and is the same once written and read again.
#include "host/runtime/error_document.hpp"

#include <slipway/json.hpp>

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const std::string_view text = fuzz::text_of(data, size);
  const slipway_status code = text.empty() ? 0 : static_cast<signed char>(text.front());
  const Status status = runtime::status_of(code, text.substr(text.empty() ? 0 : 1), "it gave no reason");
  fuzz::require(!status.ok(), "a refusal is none that is OK");
  fuzz::require(!status.message.empty(), "a refusal says why");
  fuzz::require(status.problems.size() <= 100, "a refusal names so many problems");
  const std::string written = runtime::error_document(status);
  fuzz::require(parse_json(written).ok(), "what is handed on is a document");
  const Status again = runtime::status_of(static_cast<slipway_status>(status.code), written, "it gave no reason");
  fuzz::require(again == status, "what is handed on says the same");
  return 0;
}
