// secrets-file: slipway.secrets/1 over a directory of private files.
#include <slipway/interfaces/secrets.hpp>
#include <slipway/plugin.hpp>

#include "plugins/secrets/file/secret_files.hpp"

namespace slipway::secrets_file {
namespace {

struct Settings {
  std::string directory;
  static constexpr auto fields() {
    return slipway::fields(field("directory", &Settings::directory,
                                 "Directory with one file per secret; empty: there are none.", at_most(4096)));
  }
};

class FileSecrets final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<secrets::Interface>;
  using Plugin::Plugin;

  secrets::ResolveReply resolve(const secrets::ResolveRequest& request) {
    secrets::ResolveReply reply;
    std::string missing;
    for (const std::string& name : request.names) {
      if (auto value = value_or_throw(read_secret(settings().directory, name))) {
        reply.values[name] = std::move(*value);
      } else {
        missing += (missing.empty() ? "\"" : ", \"") + name + "\"";
      }
    }
    if (!missing.empty()) throw Error(Code::not_found, "no such secrets: " + missing + "; " + way_out());
    return reply;
  }
  secrets::ListReply list(const secrets::ListRequest&) { return {value_or_throw(list_secrets(settings().directory))}; }

  plugin::HealthReply health() {
    const Status status = list_secrets(settings().directory).status();
    const auto condition = status.ok() ? plugin::Condition::healthy : plugin::Condition::degraded;
    return {condition, {{"directory", condition, status.message}}};
  }

 private:
  [[nodiscard]] std::string way_out() const {
    if (settings().directory.empty()) return "set \"directory\" in the configuration of secrets-file";
    return "put each into a file of that name in \"" + settings().directory + "\", with mode 0600";
  }
};

}  // namespace
}  // namespace slipway::secrets_file

SLIPWAY_PLUGIN(slipway::secrets_file::FileSecrets)
