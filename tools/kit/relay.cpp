#include "tools/kit/relay.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>
#include <utility>

#include "host/isolation/frame.hpp"

namespace slipway::kit {
namespace {

using isolation::FrameReader;
using loader::Descriptor;

bool send_all(const Descriptor& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// One worker: until either side is gone, or the boundary comes.
class Passage {
 public:
  Passage(Descriptor host, Descriptor worker, Descriptor process, pid_t id, Boundary* boundary)
      : host_(std::move(host)),
        worker_(std::move(worker)),
        process_(std::move(process)),
        id_(id),
        boundary_(boundary) {}

  void run() {
    pollfd ends[] = {{host_.get(), POLLIN, 0}, {worker_.get(), POLLIN, 0}};
    while (true) {
      if (::poll(ends, 2, -1) < 0 && errno != EINTR) return;
      if (ends[0].revents != 0 && !pass(host_, worker_, from_host_)) return;
      if (ends[1].revents != 0 && !pass(worker_, host_, from_worker_)) return;
    }
  }

 private:
  bool pass(const Descriptor& from, const Descriptor& to, FrameReader& frames) {
    const auto room = frames.room();
    const ssize_t count = ::recv(from.get(), room.data(), room.size(), 0);
    if (count <= 0) return count < 0 && errno == EINTR;
    frames.filled(static_cast<std::size_t>(count));
    isolation::Frame frame;
    auto next = frames.next(frame);
    for (; next == FrameReader::Next::frame; next = frames.next(frame)) {
      if (boundary_ != nullptr && ++passed_ == boundary_->before) return kill();
      std::string bytes;
      append_frame(bytes, frame);
      if (!send_all(to, bytes)) return false;
    }
    return next != FrameReader::Next::broken;
  }
  bool kill() {
    boundary_->killed = id_;
    ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
    return false;
  }

  const Descriptor host_;
  const Descriptor worker_;
  const Descriptor process_;
  const pid_t id_;
  Boundary* const boundary_;
  FrameReader from_host_;
  FrameReader from_worker_;
  std::size_t passed_ = 0;
};

}  // namespace

Relay::~Relay() {
  for (std::thread& one : threads_) one.join();
}

Result<isolation::Launched> Relay::launch() {
  auto launched = launcher_->launch();
  if (!launched.ok()) return launched;
  int ends[2] = {-1, -1};
  const pid_t id = launched->process->id();
  Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  if (!process.is_open() || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return Status(Code::unavailable, "no descriptor for what stands before a worker");
  auto passage = std::make_shared<Passage>(Descriptor(ends[1]), std::move(launched->socket), std::move(process), id,
                                           threads_.empty() ? &boundary_ : nullptr);
  threads_.emplace_back([passage = std::move(passage)] { passage->run(); });
  return isolation::Launched{Descriptor(ends[0]), std::move(launched->process)};
}

}  // namespace slipway::kit
