// Settings of freeze windows: whatever is read is decided by, and says when it is worth asking again.
#include "plugins/gates/freeze-window/decide.hpp"
#include "plugins/gates/freeze-window/settings.hpp"
#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto settings = decode_text<freeze_window::Settings>(fuzz::text_of(data, size), "settings", Unknown::refused);
  if (!settings.ok()) return 0;
  const auto windows = freeze_window::read_windows(*settings);
  if (!windows.ok()) return 0;
  for (const std::int64_t second : {0LL, 1'700'000'000LL, 1'800'000'000LL, 4'000'000'000LL}) {
    const gate::CheckRequest request{.tenant = "acme", .application = "shop", .now = Instant{second * 1'000'000'000}};
    const auto reply = freeze_window::decide(*windows, request, strategy::GateState::pending);
    fuzz::require(reply.state != strategy::GateState::closed, "a freeze that waits is never closed");
    fuzz::require(reply.state == strategy::GateState::open || !reply.reason.empty(), "who is kept is told why");
    fuzz::require(!reply.retry_at || *reply.retry_at > request.now, "it is asked again later, not before");
  }
  return 0;
}
