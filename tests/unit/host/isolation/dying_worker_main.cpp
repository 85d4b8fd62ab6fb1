// slipway-worker that ends by SIGKILL: PARENT before|after N, at the Nth message that it gets.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string_view>

#include "host/worker/channel.hpp"
#include "host/worker/sandbox.hpp"
#include "host/worker/session.hpp"

int main(int count, char** arguments) {
  if (count != 4) return 2;
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
