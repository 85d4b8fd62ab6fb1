// Cursors of pages: what is no cursor is refused, and what is read is written as a cursor of the same place.
#include "plugins/storage/common/pages.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  try {
    const store::Place place = store::from_cursor(fuzz::text_of(data, size));
    const store::Place again = store::from_cursor(store::to_cursor({place.tenant, "", place.id}));
    fuzz::require(again.tenant == place.tenant && again.id == place.id, "a cursor leads to its place");
  } catch (const Error& refused) {
    fuzz::require(refused.status().code == Code::invalid_argument, "a refusal says whose fault it is");
  }
  return 0;
}
