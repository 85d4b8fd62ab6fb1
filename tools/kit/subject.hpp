// One instance of the plugin under test, driven step by step by the test's thread, which is its strand.
#pragma once

#include <slipway/abi/plugin.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tools/kit/host.hpp"
#include "tools/kit/methods.hpp"

namespace slipway::kit {

// What the kit gives a call before it cancels it, and what it then waits for the answer.
inline constexpr std::chrono::milliseconds kBudget{400};
inline constexpr std::chrono::milliseconds kPatience{10'000};

// Which thread calls into the plugin: the test's, or another one each time, as plugin.h allows.
enum class Strand : std::uint8_t { one_thread, another_thread_each_time };

// Belongs to the test's thread; begin and cancel may be used from others for a plugin that is not serial. Goes without
// destroying the instance.
class Subject {
 public:
  Subject(Context& context, const slipway_plugin& table, std::string name = "", Strand strand = Strand::one_thread);
  // Instances are made by this function instead of the table's create.
  using Make = std::function<slipway_status(const slipway_host*, slipway_span, slipway_instance**, slipway_blob*)>;
  void made_by(Make make) { make_ = std::move(make); }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  // Each of them ends the test with fail when the plugin refuses.
  void create();
  void start();
  // The same for those who expect a refusal: what the plugin says.
  Completion try_to_create();
  Completion try_to_start();
  void run() {
    create();
    start();
  }
  void quiesce();
  // Gives payloads back first.
  void destroy();

  // Begins a call; the answer comes while the test waits.
  std::uint64_t begin(const Method& method, std::string_view payload, std::chrono::nanoseconds budget = kBudget);
  void cancel(std::uint64_t id);
  // Waits for the answer; past the budget the call is cancelled. Fail when it never comes.
  Completion await(std::uint64_t id);
  Completion call(const Method& method, std::string_view payload) { return await(begin(method, payload)); }
  // The same for several calls that are open at the same time.
  void await_all(const std::vector<std::uint64_t>& ids);
  // Delivers answers and wakes until the predicate holds; false when it does not within the time.
  bool deliver_until(const std::function<bool()>& done, std::chrono::milliseconds limit);
  void deliver_for(std::chrono::milliseconds time);

  [[nodiscard]] TestHost& host() { return host_; }
  // The longest time that the strand stood still inside the plugin, and where.
  struct Blocked {
    std::chrono::nanoseconds time{};
    std::string where;
  };
  [[nodiscard]] const Blocked& longest() const { return longest_; }  // once no other thread is inside

 private:
  // Runs one function of the plugin's table on the strand.
  void enter(const std::string& phase, const std::function<void()>& function);
  void measured(const std::string& phase, const std::function<void()>& function);
  void hand_over(const Delivery& delivery);
  [[nodiscard]] std::string named(const std::string& phase) const;

  Context& context_;
  const slipway_plugin& table_;
  const Strand strand_;
  Make make_;
  TestHost& host_;
  slipway_instance* instance_ = nullptr;
  std::uint64_t entered_ = 0;
  std::mutex mutex_;  // guards what follows
  Blocked longest_;
};

}  // namespace slipway::kit
