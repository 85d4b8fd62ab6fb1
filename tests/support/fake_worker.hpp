// The worker's end of a link without a process: frames in, frames out, as a test wants them.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "host/isolation/assembler.hpp"
#include "host/isolation/frame.hpp"
#include "host/isolation/launcher.hpp"

namespace slipway::isolation {

// One thread at a time.
class FakeEnd {
 public:
  explicit FakeEnd(loader::Descriptor socket) : socket_(std::move(socket)) {}

  // The next message of the host's; none once it is gone, or when it says nothing for so long (-1: for ever).
  std::optional<Frame> next(int milliseconds = -1) {
    Frame frame;
    Frame message;
    while (true) {
      const auto next = reader_.next(frame);
      if (next == FrameReader::Next::broken) return std::nullopt;
      if (next == FrameReader::Next::wait) {
        if (!fill(milliseconds)) return std::nullopt;
      } else if (assembler_.add(frame, message) == Assembler::Result::whole) {
        return message;
      }
    }
  }
  void send(const Frame& frame) {
    std::string bytes;
    append_frame(bytes, frame);
    send(bytes);
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

 private:
  bool fill(int milliseconds) {
    pollfd ready{socket_.get(), POLLIN, 0};
    if (::poll(&ready, 1, milliseconds) <= 0) return false;
    const auto room = reader_.room();
    const ssize_t count = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (count <= 0) return false;
    reader_.filled(static_cast<std::size_t>(count));
    return true;
  }

  const loader::Descriptor socket_;
  FrameReader reader_;
  Assembler assembler_{{}};
};

// Each life is a run of `live` on a thread of its own, which ends the life.
class FakeWorkers final : public Launcher {
 public:
  explicit FakeWorkers(std::function<void(FakeEnd&)> live) : live_(std::move(live)) {}
  // The host's end is closed by then.
  ~FakeWorkers() override { join(); }

  Result<Launched> launch() override {
    join();
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return Status(Code::unavailable, "no socket");
    thread_ = std::thread([this, its = ends[1]] {
      FakeEnd end{loader::Descriptor(its)};
      live_(end);
    });
    return Launched{loader::Descriptor(ends[0]), nullptr};
  }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  const std::function<void(FakeEnd&)> live_;
  std::thread thread_;
};

}  // namespace slipway::isolation
