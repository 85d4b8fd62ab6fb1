#include "host/app/preflight.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <filesystem>

#include "host/app/configuration.hpp"
#include "host/app/machine.hpp"
#include "host/base/files.hpp"

namespace slipway::app {
namespace {

using Lacks = std::vector<std::string>;

void check_open_files(Lacks& lacks, std::uint64_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted) return;
  lacks.push_back("limits: only " + std::to_string(limit.rlim_cur) + " files may be open, " + std::to_string(wanted) +
                  " are needed; raise LimitNOFILE or ulimit -n");
}

void check_directory(Lacks& lacks, const std::string& name, const std::string& directory, std::uint64_t free_bytes,
                     base::Passage passage) {
  if (const Status made = base::make_private_directories(directory, passage); !made.ok()) {
    lacks.push_back(name + ": " + made.message);
    return;
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    lacks.push_back(name + ": " + directory + " can't be written; give it to the user that slipwayd runs as");
    return;
  }
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  if (error || space.available >= free_bytes) return;
  lacks.push_back(name + ": " + directory + " has " + std::to_string(space.available >> 20U) + " MiB free, " +
                  std::to_string(free_bytes >> 20U) + " are needed; make room or name another directory");
}

void check_port(Lacks& lacks, const std::string& listen) {
  namespace asio = boost::asio;
  const auto endpoint = config::parse_listen(listen);
  if (!endpoint.ok()) return;  // told by the configuration's own check
  asio::io_context context(1);
  asio::ip::tcp::acceptor acceptor(context);
  boost::system::error_code error;
  const asio::ip::tcp::endpoint address(asio::ip::make_address(endpoint->address), endpoint->port);
  acceptor.open(address.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(address, error);
  if (!error) acceptor.listen(1, error);
  if (error)
    lacks.push_back("listen: " + listen + ": " + error.message() +
                    "; end what uses the port, or set listen to another one");
}

}  // namespace

std::vector<std::string> preflight(const config::SiteConfig& site, const lifecycle::Plan& plan,
                                   const PreflightLimits& limits) {
  Lacks lacks;
  check_open_files(lacks, limits.open_files);
  // Replicas under users of their own have their folders below it.
  check_directory(lacks, "state_directory", site.state_directory, limits.free_bytes, base::Passage::others);
  check_directory(lacks, "run_directory", site.run_directory, limits.free_bytes, base::Passage::none);
  check_port(lacks, site.listen);
  for (std::string& lack : machine_lacks(plan)) lacks.push_back(std::move(lack));
  return lacks;
}

}  // namespace slipway::app
