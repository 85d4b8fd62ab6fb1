#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace slipway::example {

// The counters as they lie in memory and in a count file, in the byte order of the machine.
struct CountPage {
  char magic[8];
  char version[56];  // ends with a zero
  std::uint64_t pid;
  std::atomic<std::uint64_t> received;     // requests whose header has arrived
  std::atomic<std::uint64_t> by_class[6];  // answers by status class: [2] holds 200 to 299
  std::atomic<std::uint64_t> injected;     // of those, the failures that the options asked for
  std::atomic<std::uint64_t> unsent;       // of those, answers that the client no longer took
  std::atomic<std::int64_t> last_us;       // when the last request arrived, microseconds since 1970; 0: never
  std::atomic<std::uint64_t> slow;         // of those received, the ones that the options made slow
};

// What this process has been asked and has answered, probes aside. With a file, each count is in the kernel's hands at
// once, so that the file is exact even after SIGKILL. One thread writes; any process may read. Throws
// std::system_error.
class Counts {
 public:
  Counts(const std::string& file, const std::string& version);
  ~Counts();
  Counts(const Counts&) = delete;
  Counts& operator=(const Counts&) = delete;

  void received();
  void answered(unsigned status) { ++page_->by_class[status / 100 % 6]; }
  void injected() { ++page_->injected; }
  void unsent() { ++page_->unsent; }
  void slow() { ++page_->slow; }
  void took(std::chrono::duration<double> time);
  std::string to_json() const;
  // In the text format of Prometheus, by version: example_requests_total by class of the answer, and
  // example_request_duration_seconds.
  std::string to_metrics() const;

 private:
  static constexpr std::array kSeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0};

  CountPage* page_;
  std::array<std::uint64_t, kSeconds.size() + 1> up_to_{};  // answers that took so long; the last one: all
};

// The counts of another process from its file. Throws std::runtime_error when it is none.
std::string show_count_file(const std::string& file);

}  // namespace slipway::example
