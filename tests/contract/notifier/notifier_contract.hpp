// What every notifier must do. A new one adds itself to plugins.cpp.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <slipway/interfaces/notifier.hpp>
#include <string>
#include <vector>

#include "tests/contract/driver.hpp"

namespace slipway::test {

// How whoever is notified behaves: takes the message, fails that many times before, or never answers well.
struct Receiver {
  static constexpr int kForEver = 1'000'000;
  int failures = 0;
  // Everything that reached it, as text.
  std::vector<std::string> received;
};

struct NotifierPlugin {
  std::string name;
  // Starts an instance that sends to the receiver, which outlives it.
  std::function<std::unique_ptr<Driver>(Receiver&)> start;
};
inline void PrintTo(const NotifierPlugin& plugin, std::ostream* out) { *out << plugin.name; }
std::vector<NotifierPlugin> notifier_plugins();

class NotifierContract : public testing::TestWithParam<NotifierPlugin> {
 protected:
  void SetUp() override { driver_ = GetParam().start(receiver_); }
  Status send(const std::string& id = "event-1", const std::string& summary = "1.2 went back") {
    const notifier::SendRequest event{id,      "rollout.rolled_back", "acme", {seconds(1'800'000'000).ns},
                                      summary, {{"release", "1.2"}}};
    return call<notifier::Interface, notifier::Send>(*driver_, event).status();
  }
  Driver& driver() { return *driver_; }
  Receiver receiver_;

 private:
  std::unique_ptr<Driver> driver_;
};

}  // namespace slipway::test
