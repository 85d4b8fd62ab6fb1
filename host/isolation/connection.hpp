// One life of a worker, as bytes on its socket: frames out in batches, messages in, until either side ends it.
#pragma once

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string_view>

#include "host/isolation/assembler.hpp"
#include "host/isolation/frame.hpp"
#include "host/isolation/outbox.hpp"
#include "host/loader/descriptor.hpp"

namespace slipway::isolation {

struct ConnectionSettings {
  // What may wait to be sent; more is refused.
  std::uint64_t outbox_bytes = std::uint64_t{64} << 20;
  AssemblerLimits incoming;
  // Messages a second of a worker that talks by itself, a long one counting as one for each 4 KiB begun; a worker that
  // sends more is read more slowly.
  std::uint32_t messages_per_second = 20'000;
  // One that goes on with that for longer is ended.
  Duration flood = seconds(10);
};

// Who hears what comes in. Called from the executor, one call at a time; not after `ended`.
class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  enum class Weight { expected, unasked };
  // Whether the host had asked for it. A failure ends the connection, with its message as the reason.
  virtual Result<Weight> heard(const Frame& message) = 0;
  // Once. `why` is empty when the worker closed its end.
  virtual void ended(const std::string& why) = 0;
};

// Thread-safe. Held by shared_ptr.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // UNAVAILABLE when this process has no descriptors left for it.
  static Result<std::shared_ptr<Connection>> make(boost::asio::io_context& context, loader::Descriptor socket,
                                                  ConnectionSettings settings);

  // Hears from now on. The listener lives until it has heard `ended`.
  void listen(std::shared_ptr<Listener> listener);

  enum class Sent { taken, full, closed };
  // At once, or with what else is sent soon; `batch` is for messages of which many may follow.
  enum class Urgency { now, batch };
  Sent send(FrameKind kind, std::uint64_t id, std::string_view head = {}, std::string_view payload = {},
            Urgency urgency = Urgency::now);
  // Takes back a message that is not sent to its end.
  bool withdraw(FrameKind kind, std::uint64_t id);
  // The listener hears `ended` soon.
  void close();

 private:
  Connection(boost::asio::io_context& context, loader::Descriptor socket, ConnectionSettings settings);
  void read_some();
  void on_read(std::size_t count);
  void take_messages();
  void read_later();
  [[nodiscard]] bool floods(std::chrono::steady_clock::time_point now);
  void end(const std::string& why);
  void close_locked();
  void flush_locked();
  void flush_soon_locked();
  void wait_for_room_locked();

  const ConnectionSettings settings_;
  const loader::Descriptor socket_;
  using Stream = boost::asio::local::stream_protocol;
  using Socket = boost::asio::basic_stream_socket<Stream, boost::asio::io_context::executor_type>;
  Socket in_;  // the reader's own copy of the descriptor
  std::mutex mutex_;
  Socket
      out_;  // guarded, as what follows; a copy too, open only while there is no room: it is told of all that comes in
  Outbox outbox_;
  bool closed_ = false;
  bool flush_posted_ = false;
  bool waits_for_room_ = false;
  // The reader's:
  std::shared_ptr<Listener> listener_;
  FrameReader reader_;
  Assembler assembler_;
  boost::asio::steady_timer pause_;
  std::int64_t allowance_;
  std::chrono::steady_clock::time_point refilled_;
  std::optional<std::chrono::steady_clock::time_point> spent_since_;
};

}  // namespace slipway::isolation
