// Signals as values that main waits for.
#pragma once

#include <signal.h>

namespace slipway::app {

// Blocks SIGTERM, SIGINT and SIGHUP for this thread and those it starts; ignores SIGPIPE. Make one before any thread.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }
  // The next one.
  [[nodiscard]] int wait() const {
    int number = 0;
    while (sigwait(&set_, &number) != 0) {
    }
    return number;
  }

 private:
  sigset_t set_{};
};

}  // namespace slipway::app
