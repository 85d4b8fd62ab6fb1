// slipway-worker PARENT: started by slipwayd alone, with the socket to it as descriptor 3 and the library as 4.
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>

#include "host/worker/channel.hpp"
#include "host/worker/sandbox.hpp"
#include "host/worker/session.hpp"

namespace {

constexpr int kSocket = 3;
constexpr int kLibrary = 4;
constexpr int kUsage = 2;

}  // namespace

int main(int count, char** arguments) {
  int parent = 0;
  if (count == 2) std::from_chars(arguments[1], arguments[1] + std::strlen(arguments[1]), parent);
  if (parent <= 0) {
    std::fputs("slipway-worker is started by slipwayd, for plugins with placement \"isolated\"\n", stderr);
    return kUsage;
  }
  if (!slipway::worker::die_with(parent)) return 0;
  slipway::worker::Channel channel(kSocket);
  slipway::worker::Session session(channel, kLibrary);
  session.run();
  // Without the destructors of the plugin's library: its threads may still run.
  _exit(0);
}
