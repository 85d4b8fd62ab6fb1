// What a plugin that a program of the command line runs may reach: HTTP as the host does it, and secrets by the
// packages of their bindings.
#pragma once

#include <map>
#include <memory>
#include <slipway/testing/fake_host.hpp>

#include "host/runtime/runtime.hpp"
#include "host/services/http_client.hpp"
#include "tools/offline/packages.hpp"

namespace slipway::offline {

// Blocks the caller; a request takes at most a minute.
class Web {
 public:
  Web();
  Web(const Web&) = delete;
  Web& operator=(const Web&) = delete;
  ~Web();
  Result<services::HttpReply> send(const services::HttpRequest& request);

 private:
  runtime::Runtime runtime_;
  services::HttpClient client_;
};

// Answers an instance's secrets.resolve: "env:NAME" by a secrets-env without settings. `packages` outlives the host.
void serve_secrets(test::FakeHost& host, Packages& packages);

}  // namespace slipway::offline
