// The worker's end of the socket. Reading waits; so does writing, which is how a host that reads slowly slows the
// plugin down.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "host/isolation/assembler.hpp"
#include "host/isolation/frame.hpp"

namespace slipway::worker {

// `next` and `flush` on the thread that made it; `send` on any.
class Channel {
 public:
  explicit Channel(int socket) : socket_(socket) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Before the first message longer than a frame.
  void limit(isolation::AssemblerLimits limits) { assembler_.limit(limits); }

  // Waits for the next whole message, after sending what the reading thread has left unsent. False when the host has
  // gone or sends what can't be read: then the worker has nothing to live for.
  bool next(isolation::Frame& message);

  // Other threads send at once; what the reading thread says goes out with its company: when it reads again, when much
  // has gathered, or by flush.
  void send(isolation::FrameKind kind, std::uint64_t id, std::string_view head = {}, std::string_view payload = {});
  void flush();

  [[nodiscard]] int socket() const { return socket_; }

 private:
  bool fill();
  void write_locked();

  const int socket_;
  const std::thread::id reader_ = std::this_thread::get_id();
  isolation::FrameReader frames_;
  isolation::Assembler assembler_{isolation::AssemblerLimits{}};
  std::mutex mutex_;  // guards what follows
  std::string out_;
};

}  // namespace slipway::worker
