#include "plugins/metrics/haproxy/listener.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <list>
#include <slipway/status.hpp>

#include "plugins/metrics/haproxy/frames.hpp"

namespace slipway::haproxy {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using Socket = asio::local::stream_protocol::socket;
using Failure = boost::system::error_code;

constexpr std::size_t kMostStreams = 64;
// Records that come meanwhile are read at once: woken for each of them, this thread takes a quarter of what a busy
// machine has for requests.
constexpr std::chrono::milliseconds kRest{10};
constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

Error cannot_listen(const std::string& path, const std::string& why) {
  return {Code::failed_precondition, "cannot listen for access records on \"" + path + "\": " + why};
}

std::int32_t peer_of(Socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

ino_t inode_of(const std::string& path) {
  struct stat file {};
  return ::lstat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

}  // namespace

struct Listener::State {
  State(const asio::any_io_executor& executor, std::string where, ListenerEvents then)
      : path(std::move(where)), events(std::move(then)), acceptor(executor) {}

  std::string path;
  ListenerEvents events;
  asio::local::stream_protocol::acceptor acceptor;
  std::list<Socket> sockets;
  ino_t inode = 0;
  bool closed = false;

  // Bound aside and moved over the path: at no moment is there nobody to connect to, nor somebody that others may
  // reach.
  void listen() {
    const std::string aside = path + "." + std::to_string(::getpid());
    if (aside.size() > kLongestPath)
      throw cannot_listen(path, "its name has " + std::to_string(path.size()) + " bytes, want at most 95");
    ::unlink(aside.c_str());
    Failure failure;
    acceptor.open(asio::local::stream_protocol(), failure);
    if (!failure) acceptor.bind(aside, failure);
    if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
    if (failure) throw cannot_listen(path, failure.message());
    inode = inode_of(aside);
    if (::chmod(aside.c_str(), 0600) == 0 && ::rename(aside.c_str(), path.c_str()) == 0) return;
    const std::string why = std::strerror(errno);
    ::unlink(aside.c_str());
    throw cannot_listen(path, why);
  }
  void close() {
    if (std::exchange(closed, true)) return;
    Failure ignored;
    acceptor.close(ignored);
    // What is in them already is read to its end.
    for (Socket& socket : sockets) socket.shutdown(Socket::shutdown_receive, ignored);
    if (inode != 0 && inode_of(path) == inode) ::unlink(path.c_str());
  }
};

namespace {

// Everything that is whole in the buffer; false when the stream is broken.
template <class State>
bool hand_over(State& state, Frames& frames, std::int32_t pid) {
  while (const auto message = frames.next()) state.events.message(pid, *message);
  if (!frames.broken()) return true;
  state.events.problem("a stream of access records is not octet-counted (log-proto octet-count); it was closed");
  return false;
}

template <class State>
asio::awaitable<void> read(std::shared_ptr<State> state, std::list<Socket>::iterator socket) {
  const std::int32_t pid = peer_of(*socket);
  Frames frames;
  std::array<char, 32'768> bytes;
  asio::steady_timer rest(socket->get_executor());
  Failure failure;
  state->events.connected(pid);
  while (true) {
    const std::size_t count =
        co_await socket->async_read_some(asio::buffer(bytes), asio::redirect_error(use_awaitable, failure));
    if (failure) break;
    frames.feed({bytes.data(), count});
    if (!hand_over(*state, frames, pid)) break;
    state->events.caught_up();
    if (count == bytes.size() || state->closed) continue;
    rest.expires_after(kRest);
    co_await rest.async_wait(asio::redirect_error(use_awaitable, failure));
  }
  state->events.disconnected(pid);
  state->sockets.erase(socket);
}

template <class State>
asio::awaitable<void> accept(std::shared_ptr<State> state) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer pause(executor);
  while (!state->closed) {
    Failure failure;
    Socket socket(executor);
    co_await state->acceptor.async_accept(socket, asio::redirect_error(use_awaitable, failure));
    if (state->closed) co_return;
    if (failure || state->sockets.size() >= kMostStreams) {
      // Out of descriptors, most likely: not at once again.
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(use_awaitable, failure));
      continue;
    }
    const auto place = state->sockets.insert(state->sockets.end(), std::move(socket));
    asio::co_spawn(executor, read(state, place), asio::detached);
  }
}

}  // namespace

Listener::Listener(asio::any_io_executor executor, std::string path, ListenerEvents events)
    : state_(std::make_shared<State>(executor, std::move(path), std::move(events))) {
  state_->listen();
  asio::co_spawn(executor, accept(state_), asio::detached);
}

Listener::~Listener() { state_->close(); }

void Listener::close() { state_->close(); }

}  // namespace slipway::haproxy
