// From a plugin's request to the service that answers it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/runtime/host_sink.hpp"
#include "host/services/service.hpp"

namespace slipway::services {

// Thread-safe. Answers each request once, by a coroutine on the executor; how many may be open is the instance's limit.
class Broker {
 public:
  // The services outlive the executor's work.
  Broker(boost::asio::any_io_executor executor, std::vector<Service*> services);

  void request(std::shared_ptr<const Requester> requester, runtime::HostRequest request, runtime::Answerer answer);

 private:
  [[nodiscard]] std::string names() const;

  boost::asio::any_io_executor executor_;
  std::map<std::string, Service*, std::less<>> services_;
};

}  // namespace slipway::services
