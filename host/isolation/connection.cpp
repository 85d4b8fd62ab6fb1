#include "host/isolation/connection.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "host/runtime/resumptions.hpp"

namespace slipway::isolation {
namespace {

// With less than this waiting, a batch waits for its company.
constexpr std::size_t kBatch = std::size_t{48} << 10;
constexpr std::chrono::milliseconds kPause{5};
// So many bytes of a message count as one more.
constexpr std::size_t kCounted = std::size_t{4} << 10;

// Gives `end` a copy of the socket.
template <class Socket>
boost::system::error_code lead(Socket& end, const loader::Descriptor& socket) {
  const int copy = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return {errno, boost::system::system_category()};
  boost::system::error_code error;
  end.assign(boost::asio::local::stream_protocol(), copy, error);
  if (error) ::close(copy);
  return error;
}

}  // namespace

Result<std::shared_ptr<Connection>> Connection::make(boost::asio::io_context& context, loader::Descriptor socket,
                                                     ConnectionSettings settings) {
  std::shared_ptr<Connection> made(new Connection(context, std::move(socket), settings));
  auto error = lead(made->in_, made->socket_);
  if (!error) made->in_.non_blocking(true, error);
  if (error) return Status(Code::unavailable, "no descriptor for a worker: " + error.message());
  return made;
}

Connection::Connection(boost::asio::io_context& context, loader::Descriptor socket, ConnectionSettings settings)
    : settings_(settings),
      socket_(std::move(socket)),
      in_(context),
      out_(context),
      outbox_(settings.outbox_bytes),
      assembler_(settings.incoming),
      pause_(context),
      allowance_(settings.messages_per_second),
      refilled_(std::chrono::steady_clock::now()) {}

void Connection::listen(std::shared_ptr<Listener> listener) {
  listener_ = std::move(listener);
  read_some();
}

void Connection::read_some() {
  const std::span<char> room = reader_.room();
  in_.async_read_some(boost::asio::buffer(room.data(), room.size()),
                      [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
                        error ? self->end({}) : self->on_read(count);
                      });
}

void Connection::on_read(std::size_t count) {
  runtime::Resumptions answered(in_.get_executor().context());
  reader_.filled(count);
  take_messages();
  if (listener_) allowance_ > 0 ? read_some() : read_later();
  answered.run();
}

void Connection::take_messages() {
  Frame frame;
  Frame message;
  while (listener_) {
    const auto next = reader_.next(frame);
    if (next == FrameReader::Next::wait) return;
    if (next == FrameReader::Next::broken) return end("sent what is no frame");
    const auto whole = assembler_.add(frame, message);
    if (whole == Assembler::Result::too_much) return end("sent a message larger than allowed");
    if (whole == Assembler::Result::partial) {
      // A piece is full; one that is not was sent for its own sake.
      if (frame.body.size() < kMaxBody) --allowance_;
      continue;
    }
    const auto heard = listener_->heard(message);
    if (!heard.ok()) return end(heard.status().message);
    if (*heard == Listener::Weight::unasked)
      allowance_ -= 1 + static_cast<std::int64_t>(message.body.size() / kCounted);
  }
}

// A flood is answered by not listening for a while: the worker's socket fills, and the worker has to wait.
void Connection::read_later() {
  const auto now = std::chrono::steady_clock::now();
  const std::int64_t most = settings_.messages_per_second;
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - refilled_).count();
  allowance_ = std::min(most, allowance_ + std::min<std::int64_t>(passed, 1'000'000) * most / 1'000'000);
  refilled_ = now;
  if (floods(now)) return end("flooded the host for " + to_string(settings_.flood));
  if (allowance_ > 0) return read_some();
  pause_.expires_after(kPause);
  pause_.async_wait([self = shared_from_this()](const boost::system::error_code&) { self->read_later(); });
}

// Half a second's worth at once is what one that floods never has again.
bool Connection::floods(std::chrono::steady_clock::time_point now) {
  if (2 * allowance_ >= std::int64_t{settings_.messages_per_second}) {
    spent_since_.reset();
    return false;
  }
  if (!spent_since_) spent_since_ = now;
  return now - *spent_since_ > std::chrono::nanoseconds(settings_.flood.ns);
}

void Connection::end(const std::string& why) {
  close();
  if (const auto listener = std::exchange(listener_, nullptr)) listener->ended(why);
}

void Connection::close() {
  const std::lock_guard lock(mutex_);
  close_locked();
}

void Connection::close_locked() {
  closed_ = true;
  // Wakes the reader, on whichever thread it waits.
  ::shutdown(socket_.get(), SHUT_RDWR);
}

Connection::Sent Connection::send(FrameKind kind, std::uint64_t id, std::string_view head, std::string_view payload,
                                  Urgency urgency) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Sent::closed;
  if (!outbox_.push(kind, id, head, payload)) return Sent::full;
  if (waits_for_room_) return Sent::taken;
  if (urgency == Urgency::now || outbox_.bytes() >= kBatch) {
    flush_locked();
  } else {
    flush_soon_locked();
  }
  return Sent::taken;
}

bool Connection::withdraw(FrameKind kind, std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  return outbox_.withdraw(kind, id);
}

void Connection::flush_locked() {
  while (!closed_ && !outbox_.empty()) {
    const std::string_view bytes = outbox_.next();
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait_for_room_locked();
    // The reader sees the end too, and tells it.
    if (count < 0) return;
    outbox_.sent(static_cast<std::size_t>(count));
  }
}

void Connection::flush_soon_locked() {
  if (std::exchange(flush_posted_, true)) return;
  boost::asio::post(out_.get_executor(), [self = shared_from_this()] {
    const std::lock_guard lock(self->mutex_);
    self->flush_posted_ = false;
    if (!self->waits_for_room_) self->flush_locked();
  });
}

void Connection::wait_for_room_locked() {
  if (lead(out_, socket_)) return close_locked();
  waits_for_room_ = true;
  out_.async_wait(Socket::wait_write, [self = shared_from_this()](boost::system::error_code error) {
    const std::lock_guard lock(self->mutex_);
    self->waits_for_room_ = false;
    self->out_.close(error);
    self->flush_locked();
  });
}

}  // namespace slipway::isolation
