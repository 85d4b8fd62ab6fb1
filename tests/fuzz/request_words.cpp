// What a client says beside the body: cursors, limits, ETags, ids of events. Refused with a reason, or read as what was
// written.
#include "host/api/conventions.hpp"
#include "tests/fuzz/harness.hpp"

namespace {

using namespace slipway;

template <class Read>
void check(Read read) {
  try {
    read();
  } catch (const api::Refusal& refusal) {
    fuzz::require(refusal.status().code == Code::invalid_argument, "what is not understood is the client's fault");
    fuzz::require(!refusal.status().message.empty(), "a refusal says why");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  fuzz::require(api::position_of({.cursor = api::cursor_of(text)}) == text, "a cursor gives its position");
  check([&] { static_cast<void>(api::position_of({.cursor = text})); });
  api::Request request;
  request.headers["if-match"] = text;
  request.headers["last-event-id"] = text;
  request.query["limit"] = text;
  request.query["dry_run"] = text;
  check([&] {
    const auto version = api::if_match(request);
    const bool is_all = version && "\"" + *version + "\"" == text;
    fuzz::require(!version || is_all || text.starts_with("\"" + *version + "."),
                  "a version is what stands in the quotes, up to what an ETag has beside it");
  });
  check([&] { fuzz::require(api::last_event_id(request) >= 0, "an id of an event is a count"); });
  check([&] {
    const auto limit = api::page_of(request).limit;
    fuzz::require(limit >= 1 && limit <= 500, "a page is bounded");
  });
  check([&] { static_cast<void>(api::mode_of(request)); });
  return 0;
}
