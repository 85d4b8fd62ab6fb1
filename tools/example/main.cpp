#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "tools/example/counts.hpp"
#include "tools/example/options.hpp"
#include "tools/example/server.hpp"

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using slipway::example::Counts;
using slipway::example::Options;
using slipway::example::Server;

void wait_before_listening(asio::io_context& context, const Options& options) {
  if (options.startup_delay.count() == 0) return;
  asio::steady_timer(context, options.startup_delay).wait();
}

std::string count_file(const Options& options, std::uint16_t port) {
  if (options.count_dir.empty()) return {};
  return options.count_dir + "/" + options.version + "-" + std::to_string(port) + "-" + std::to_string(getpid());
}

// Ends the server at SIGTERM or SIGINT, and the process when open requests outlast the limit.
class Stopper {
 public:
  Stopper(asio::io_context& context, Server& server, const Options& options)
      : context_(context), server_(server), options_(options), signals_(context, SIGTERM, SIGINT), limit_(context) {
    wait();
  }

 private:
  void wait() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (signal == SIGTERM && options_.ignore_sigterm) return wait();
      server_.stop();
      limit_.expires_after(options_.drain_limit);
      limit_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) context_.stop();
      });
    });
  }

  asio::io_context& context_;
  Server& server_;
  const Options& options_;
  asio::signal_set signals_;
  asio::steady_timer limit_;
};

int serve(const Options& options) {
  asio::io_context context(1);
  wait_before_listening(context, options);
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::make_address(options.address), options.port));
  const std::uint16_t port = acceptor.local_endpoint().port();
  Counts counts(count_file(options, port), options.version);
  Server server(std::move(acceptor), options, counts);
  const Stopper stopper(context, server, options);
  asio::steady_timer exit_timer(context);
  if (options.exit_after) {
    exit_timer.expires_after(*options.exit_after);
    exit_timer.async_wait([](const boost::system::error_code& error) {
      if (!error) std::_Exit(EXIT_FAILURE);
    });
  }
  std::cout << "version " << options.version << " listens on " << options.address << ":" << port << std::endl;
  asio::co_spawn(context, server.run(), [&context](const std::exception_ptr&) { context.stop(); });
  context.run();
  std::cout << counts.to_json() << std::endl;
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = slipway::example::read_options(argc, argv);
    if (!options.show_counts.empty()) {
      std::cout << slipway::example::show_count_file(options.show_counts) << std::endl;
      return EXIT_SUCCESS;
    }
    if (options.crash_on_start) throw std::runtime_error("crashes on start, as told");
    return serve(options);
  } catch (const std::exception& error) {
    std::cerr << "slipway-example: " << error.what() << std::endl;
    return EXIT_FAILURE;
  }
}
