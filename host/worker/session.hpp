// One worker from its first message to its end: it maps the library, makes the instance, and passes the host's messages
// to it in the order that its threading asks for.
#pragma once

#include <slipway/abi/plugin.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "host/isolation/messages.hpp"
#include "host/loader/mapping.hpp"
#include "host/worker/channel.hpp"
#include "host/worker/open_calls.hpp"
#include "host/worker/plugin_host.hpp"
#include "host/worker/work_pool.hpp"

namespace slipway::worker {

// One thread, which reads the channel; the plugin's functions run on it unless calls may block.
class Session {
 public:
  // `library` is the descriptor of the library; it stays open.
  Session(Channel& channel, int library) : channel_(channel), library_(library) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Until the host has gone, or has asked for the end.
  void run();

  // Called before each message is acted upon, and afterwards. For tests that end a worker at a certain one.
  std::function<void()> before_message;
  std::function<void()> after_message;

 private:
  enum class Goes { on, to_the_end };
  using Clock = std::chrono::steady_clock;
  // By interface and method: whether the plugin's last turn at it was short.
  using Turn = std::pair<std::uint32_t, std::uint32_t>;

  Goes handle(const isolation::Frame& message);
  Goes handle_running(const isolation::Frame& message);
  void welcome(const isolation::Frame& message);
  void load(const isolation::Frame& message);
  Status map(const isolation::Setup& setup, isolation::Loaded& loaded);
  void create(const isolation::Frame& message);
  void start();
  void call(const isolation::Frame& message);
  void call_on_pool(const isolation::Call& call, std::uint64_t id);
  void invoke(const isolation::Call& call, std::uint64_t id);
  void cancel(std::uint64_t id);
  void on_strand(Turn turn, std::function<void()> work);
  template <class Work>
  void take_turn(Turn turn, Clock::time_point begun, const Work& work);
  void destroy();
  void tell(isolation::FrameKind kind, std::uint64_t id, slipway_status status, slipway_blob& error);

  Channel& channel_;
  const int library_;
  isolation::Setup setup_;
  OpenCalls calls_;
  std::optional<PluginHost> host_;
  std::optional<loader::Mapping> mapping_;
  const slipway_plugin* table_ = nullptr;
  slipway_instance* instance_ = nullptr;
  std::map<Turn, bool> short_;
  std::unique_ptr<WorkPool> strand_;  // of a plugin whose calls block
  std::unique_ptr<WorkPool> pool_;
};

}  // namespace slipway::worker
