// The HAProxy process: found again or started, checked, reloaded. One thread: that of the executor.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/providers/local/edge/runtime_api.hpp"
#include "plugins/providers/local/edge/runtime_reply.hpp"
#include "plugins/providers/local/process/processes.hpp"

namespace slipway::local {

struct HaproxyProcessSettings {
  std::string binary = "haproxy";
  std::string config;  // the file it reads
  std::string runtime_socket, master_socket;
  std::string log_file;       // its own output
  std::string identity_file;  // where its pid is remembered
  std::uint32_t maxconn = 4000;
  Span start_limit{10'000};
};

class HaproxyProcess {
 public:
  HaproxyProcess(HaproxyProcessSettings settings, Processes& processes);

  // The one that runs already, by its master socket, or by what was remembered of it when only its worker answers; one
  // of which neither does is killed. False when there is none.
  awaitable<bool> adopt();
  // Starts it from the file and waits until it answers. It outlives us. Throws slipway::Error with HAProxy's own words.
  awaitable<void> start();
  // Throws slipway::Error when the program is not there, not HAProxy or too old. Blocks.
  void check_program() const;
  // Empty when HAProxy takes the file; else its words.
  awaitable<std::string> check(const std::string& config);
  // Loads the file anew without refusing a connection; what the master says once the new worker answers. Throws when it
  // did not come up. A master that answers nobody does it too, and answers again.
  awaitable<ProcessTable> reload();
  // SIGKILL to master and workers.
  void kill();
  // Returns when the master has ended.
  awaitable<Exit> ended();

  awaitable<ProcessTable> table();

 private:
  awaitable<bool> adopt_by_master();
  // What the master says; nothing when it does not answer.
  awaitable<std::optional<ProcessTable>> heard();
  // The worker that answers on the runtime socket; 0 when none does.
  awaitable<int> worker();
  awaitable<ProcessTable> await_worker(int before, int failed_before);
  [[nodiscard]] Command command(std::vector<std::string> arguments, std::string log) const;
  [[nodiscard]] std::string last_words(const std::string& log) const;
  void remember() const;
  [[nodiscard]] std::shared_ptr<Process> remembered() const;

  HaproxyProcessSettings settings_;
  Processes& processes_;
  RuntimeApi runtime_, master_;
  std::shared_ptr<Process> process_;
  int failed_reloads_ = 0;  // as the master said last
};

}  // namespace slipway::local
