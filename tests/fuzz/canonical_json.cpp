// The canonical bytes of a document: a document again, the same one, with the same bytes.
#include "host/loader/canonical_json.hpp"

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto document = parse_json(fuzz::text_of(data, size));
  if (!document.ok()) return 0;
  const std::string bytes = loader::canonical_json(*document);
  const auto again = parse_json(bytes);
  fuzz::require(again.ok(), "canonical bytes are a document");
  fuzz::require(*again == *document, "it is the same document");
  fuzz::require(loader::canonical_json(*again) == bytes, "it has the same bytes");
  return 0;
}
