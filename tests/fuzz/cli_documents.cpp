// Files that people hand to the command line: what is read is written as YAML that is read as the same.
#include "tests/fuzz/harness.hpp"
#include "tools/cli/documents.hpp"
#include "tools/cli/output.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto documents = cli::parse_documents(std::string(fuzz::text_of(data, size)), "file");
  if (!documents.ok()) return 0;
  for (const Json& document : *documents) {
    const auto again = cli::parse_documents(cli::to_yaml(document), "again");
    fuzz::require(again.ok() && again->size() == 1, "what is written is one document");
    fuzz::require(again->front() == document, "what is written is what was read");
  }
  return 0;
}
