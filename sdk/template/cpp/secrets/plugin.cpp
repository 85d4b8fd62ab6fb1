// acme.greeter: secrets from a service that answers GET <url>/<tenant>/<name> with the value.
#include <algorithm>
#include <slipway/interfaces/secrets.hpp>
#include <slipway/plugin.hpp>

namespace acme_greeter {
namespace {

namespace secrets = slipway::secrets;
using slipway::Code;
using slipway::Error;
using slipway::task;

// What people write; `config` of plugin.json says the same as a schema.
struct Settings {
  std::string url;
  std::vector<std::string> names;
  static constexpr auto fields() {
    return slipway::fields(slipway::field("url", &Settings::url, "Address of the service.", slipway::at_most(8192)),
                           slipway::field("names", &Settings::names, "The secrets that there are; others are refused.",
                                          slipway::at_most(1000)));
  }
};

class Secrets final : public slipway::Plugin<Settings> {
 public:
  using Serves = slipway::Interfaces<secrets::Interface>;
  using Plugin::Plugin;

  task<secrets::ResolveReply> resolve(secrets::ResolveRequest request) {
    refuse_unknown(request.names);
    secrets::ResolveReply reply;
    for (const std::string& name : request.names) reply.values[name] = co_await fetch(request.tenant, name);
    co_return reply;
  }
  secrets::ListReply list(const secrets::ListRequest&) {
    secrets::ListReply reply{settings().names};
    std::sort(reply.names.begin(), reply.names.end());
    return reply;
  }

 private:
  // Every one that is missing is named; a name can't lead out of the tenant's folder, for it is one of a list.
  void refuse_unknown(const std::vector<std::string>& names) const {
    std::string missing;
    for (const std::string& name : names) {
      const auto& known = settings().names;
      if (std::find(known.begin(), known.end(), name) == known.end()) missing += (missing.empty() ? "" : ", ") + name;
    }
    if (!missing.empty()) throw Error(Code::not_found, "no such secrets: " + missing + "; add them to \"names\"");
  }
  task<std::string> fetch(const std::string& tenant, const std::string& name) {
    slipway::services::HttpRequest question;
    question.url = settings().url + "/" + tenant + "/" + name;
    auto answer = co_await host().http(std::move(question));
    // The body may be a secret: it stays out of the message.
    if (answer.status != 200)
      throw Error(Code::unavailable, "the service answered " + std::to_string(answer.status) + " for " + name);
    co_return std::move(answer.body);
  }
};

}  // namespace
}  // namespace acme_greeter

SLIPWAY_PLUGIN(acme_greeter::Secrets)
