// slipway-worker that ends by SIGKILL: PARENT before|after N, at the Nth message that it gets. Or one of another time:
// PARENT speaks N answers the first with that version of the protocol, and ends with the host.
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "host/isolation/messages.hpp"
#include "host/worker/channel.hpp"
#include "host/worker/sandbox.hpp"
#include "host/worker/session.hpp"

namespace {

int speak(std::uint32_t version) {
  slipway::worker::Channel channel(3);
  slipway::isolation::Frame message;
  if (!channel.next(message)) return 1;
  channel.send(slipway::isolation::FrameKind::welcome, 0,
               slipway::isolation::text_of(std::vector<std::uint32_t>{version}));
  while (channel.next(message)) {
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  if (std::string_view(arguments[2]) == "speaks") return speak(static_cast<std::uint32_t>(std::atoi(arguments[3])));
  int left = std::atoi(arguments[3]);
  slipway::worker::Channel channel(3);
  slipway::worker::Session session(channel, 4);
  const auto count_down = [&] {
    if (--left > 0) return;
    channel.flush();
    ::raise(SIGKILL);
  };
  if (std::string_view(arguments[2]) == "before") {
    session.before_message = count_down;
  } else {
    session.after_message = count_down;
  }
  session.run();
  ::_exit(0);
}
