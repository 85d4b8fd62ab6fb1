// secrets-env: slipway.secrets/1 over the host's environment as it was when the instance started.
#include <unistd.h>

#include <slipway/interfaces/secrets.hpp>
#include <slipway/plugin.hpp>

#include "plugins/secrets/env/variables.hpp"

namespace slipway::secrets_env {
namespace {

struct Settings {
  std::string prefix = "SLIPWAY_SECRET_";
  std::vector<std::string> names;
  static constexpr auto fields() {
    return slipway::fields(
        field("prefix", &Settings::prefix, "Begin of the variables' names.", between(1, 128)),
        field("names", &Settings::names, "The secrets that may be resolved; empty for all.", at_most(1000)));
  }
};

std::vector<std::string_view> environment() {
  std::vector<std::string_view> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

class EnvSecrets final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<secrets::Interface>;
  using Plugin::Plugin;

  void start() { secrets_ = visible({settings().prefix, settings().names}, environment()); }

  secrets::ResolveReply resolve(const secrets::ResolveRequest& request) {
    secrets::ResolveReply reply;
    std::string missing;
    for (const std::string& name : request.names) {
      const auto found = secrets_.find(name);
      if (found != secrets_.end()) {
        reply.values[name] = found->second;
      } else {
        missing += (missing.empty() ? "\"" : ", \"") + name + "\" (" + settings().prefix + name + ")";
      }
    }
    if (!missing.empty()) throw Error(Code::not_found, "no such secrets in the environment: " + missing + way_out());
    return reply;
  }
  secrets::ListReply list(const secrets::ListRequest&) {
    secrets::ListReply reply;
    for (const auto& entry : secrets_) reply.names.push_back(entry.first);
    return reply;
  }

 private:
  [[nodiscard]] std::string way_out() const {
    return settings().names.empty() ? "; set the variable and start the host again"
                                    : "; set the variable, add the name to \"names\" and start the host again";
  }

  std::map<std::string, std::string> secrets_;
};

}  // namespace
}  // namespace slipway::secrets_env

SLIPWAY_PLUGIN(slipway::secrets_env::EnvSecrets)
