#include "host/api/server.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <mutex>

#include "host/api/connection.hpp"

namespace slipway::api {
namespace asio = boost::asio;
using asio::ip::tcp;

class Server::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::io_context& context, ServerSettings settings, Handler handler, ServerObserver observer)
      : context_(context),
        acceptor_(asio::make_strand(context)),
        rest_(acceptor_.get_executor()),
        shared_(std::make_shared<ConnectionShared>()) {
    shared_->settings = settings;
    shared_->handler = std::move(handler);
    shared_->observer = std::move(observer);
    settings_ = std::move(settings);
  }

  Status start() {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(settings_.address, error);
    if (error) return {Code::invalid_argument, "listen address \"" + settings_.address + "\" is no IP address"};
    const tcp::endpoint endpoint(address, settings_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return {Code::failed_precondition, "can't listen on " + settings_.address + ":" + std::to_string(settings_.port) +
                                             ": " + error.message() +
                                             "; end what uses the port, or set listen to another one"};
    }
    port_ = acceptor_.local_endpoint().port();
    shared_->on_rest = [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self != nullptr) asio::dispatch(self->rest_.get_executor(), [self] { self->rest_.cancel(); });
    };
    asio::co_spawn(
        acceptor_.get_executor(), [self = shared_from_this()] { return self->accept(); }, asio::detached);
    return {};
  }

  void close() {
    shared_->closing = true;
    asio::dispatch(acceptor_.get_executor(), [self = shared_from_this()] {
      boost::system::error_code ignored;
      self->acceptor_.close(ignored);
    });
    each([](Connection& connection) { connection.close_when_idle(); });
  }
  asio::awaitable<void> finish(Duration patience) {
    const auto wait = [self = shared_from_this(), patience] { return self->rest(patience); };
    co_await asio::co_spawn(acceptor_.get_executor(), wait, asio::use_awaitable);
  }
  void abort() {
    each([](Connection& connection) { connection.abort(); });
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t open_connections() const { return shared_->open; }
  void set_limits(const ServerSettings& settings) {
    const std::lock_guard lock(shared_->mutex);
    shared_->settings = settings;
  }

 private:
  asio::awaitable<void> accept() {
    while (!shared_->closing) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(asio::make_strand(context_),
                                                           asio::redirect_error(asio::use_awaitable, error));
      if (shared_->closing) co_return;
      if (error) {
        co_await pause_after(error);
        continue;
      }
      adopt(std::move(socket));
    }
  }

  // On the strand of `rest_`, so that the word of the last answer is not missed between the look and the wait.
  asio::awaitable<void> rest(Duration patience) {
    if (shared_->answering == 0) co_return;
    rest_.expires_after(std::chrono::nanoseconds(patience.ns));
    boost::system::error_code ignored;
    co_await rest_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  // Out of descriptors, most likely: let some connections end first.
  asio::awaitable<void> pause_after(boost::system::error_code) {
    shared_->observer.refused("accept");
    asio::steady_timer timer(acceptor_.get_executor(), std::chrono::milliseconds(100));
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  void adopt(tcp::socket socket) {
    if (shared_->open >= shared_->limits().connections) return shared_->observer.refused("connections");
    auto connection = std::make_shared<Connection>(std::move(socket), shared_);
    {
      const std::lock_guard lock(mutex_);
      connections_.remove_if([](const auto& weak) { return weak.expired(); });
      connections_.push_back(connection);
    }
    connection->run();
  }

  template <class F>
  void each(F&& visit) {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : connections_) {
      if (const auto connection = weak.lock()) visit(*connection);
    }
  }

  asio::io_context& context_;
  tcp::acceptor acceptor_;
  asio::steady_timer rest_;
  ServerSettings settings_;
  std::shared_ptr<ConnectionShared> shared_;
  std::atomic<std::uint16_t> port_{0};
  std::mutex mutex_;
  std::list<std::weak_ptr<Connection>> connections_;
};

Server::Server(asio::io_context& context, ServerSettings settings, Handler handler, ServerObserver observer)
    : core_(std::make_shared<Core>(context, std::move(settings), std::move(handler), std::move(observer))) {}
Server::~Server() {
  core_->close();
  core_->abort();
}
Status Server::start() { return core_->start(); }
std::uint16_t Server::port() const { return core_->port(); }
void Server::close() { core_->close(); }
asio::awaitable<void> Server::finish(Duration patience) { return core_->finish(patience); }
void Server::abort() { core_->abort(); }
std::size_t Server::open_connections() const { return core_->open_connections(); }
void Server::set_limits(const ServerSettings& settings) { core_->set_limits(settings); }

}  // namespace slipway::api
