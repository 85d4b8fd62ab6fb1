#include "tools/cli/packages/trust_commands.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <slipway/document.hpp>

#include "host/loader/inspect.hpp"
#include "host/loader/key_files.hpp"
#include "host/loader/loader.hpp"
#include "host/loader/sign_package.hpp"
#include "tools/cli/client.hpp"
#include "tools/cli/packages/environment.hpp"
#include "tools/cli/packages/opened_package.hpp"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

// Ends the command with exit code "refused" for what the package or the site is to blame for.
template <class T>
T value_of(Result<T> result) {
  if (result.ok()) return *std::move(result);
  const Code code = result.status().code;
  const bool mistake = code == Code::invalid_argument || code == Code::failed_precondition ||
                       code == Code::permission_denied || code == Code::already_exists || code == Code::not_found ||
                       code == Code::resource_exhausted;
  throw Failure(mistake ? 403 : 0, result.status().message);
}

void check(const Status& status) {
  if (!status.ok()) throw Failure(400, status.message);
}

Exit make_key(const Session& session, const std::string& name, const std::string& directory) {
  check(loader::check_key_name(name));
  const fs::path folder = directory.empty() ? loader::key_directory(environment_variables()) : fs::path(directory);
  const loader::KeyFiles files = loader::key_files(folder, name);
  const loader::PublicKey key = value_of(loader::make_key(files));
  const Json made{{"name", name},
                  {"id", id_of(key)},
                  {"public_key", to_string(key)},
                  {"private_file", files.private_half.string()},
                  {"public_file", files.public_half.string()}};
  session.print(made, [&] {
    return "key " + name + " (" + id_of(key) + ")\n  private half  " + files.private_half.string() +
           "  keep it; whoever has it signs as you\n  public half   " + files.public_half.string() +
           "\nA site that trusts it writes into its configuration:\n  trust:\n    keys:\n      - name: " + name +
           "\n        public_key: " + to_string(key) + "\n        prefixes: [" + name + ".]\n";
  });
  return Exit::done;
}

loader::PrivateKey key_named(const std::string& name) {
  const fs::path directory = loader::key_directory(environment_variables());
  if (name == loader::kLocalKey) return value_of(loader::local_key(directory));
  return value_of(loader::read_private_key(loader::key_files(directory, name).private_half));
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

// What a signature can't vouch for is not signed: files that plugin.json does not list as they are.
void check_signable(const fs::path& folder) {
  const auto policy = loader::TrustPolicy({});
  const auto report = value_of(loader::inspect_package(folder, policy));
  std::vector<std::string> faults = report.faults;
  std::erase_if(faults, [&](const std::string& fault) { return fault.find("/plugin.sig: ") != fault.npos; });
  if (!faults.empty()) throw Failure(403, text_of(faults));
}

Exit sign(const Session& session, const std::string& path, const std::string& key_name) {
  const OpenedPackage package(path);
  if (package.is_archive()) throw Failure(400, path + ": is an archive; sign the folder, then pack it");
  check_signable(package.folder());
  const loader::PrivateKey key = key_named(key_name);
  const auto document = value_of(loader::sign_package(package.folder(), key));
  const std::string file = (package.folder() / "plugin.sig").string();
  session.print(Json{{"file", file}, {"key", document.key}},
                [&] { return file + ": signed by " + key_name + " (" + document.key + ")\n"; });
  return Exit::done;
}

// Removed with everything in it.
class Store {
 public:
  Store() : folder_(make_temporary_folder()) {}
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

Exit verify(const Session& session, const std::string& path, const std::string& policy_file) {
  const OpenedPackage package(path);
  const auto policy = policy_of(policy_file);
  const Store store;
  const loader::Loader loader({.store = store.folder()}, *policy);
  const auto verified = value_of(loader.verify(value_of(loader::installed_at(package.folder()))));
  const manifest::PluginManifest& plugin = verified.package.manifest;
  const std::string version = base::to_string(plugin.version);
  const Json result{{"id", plugin.id},
                    {"version", version},
                    {"library_digest", verified.library.sha256},
                    {"manifest_digest", verified.package.manifest_digest},
                    {"key", verified.signer.key},
                    {"signer", verified.signer.name}};
  session.print(result, [&] {
    return plugin.id + " " + version + " is what " + verified.signer.name + " (" + verified.signer.key +
           ") signed; this site would load it\n";
  });
  return Exit::done;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

std::string report_text(const Terminal& terminal, const loader::PackageReport& report) {
  const loader::InspectedSignature& signature = report.signature;
  const std::string signer =
      signature.key.empty() ? ""
                            : " " + signature.name + (signature.name.empty() ? "" : " ") + "(" + signature.key + ")";
  const Colour colour = signature.state == "trusted" ? Colour::green : Colour::red;
  std::string text = report.id + " " + report.version + (report.description.empty() ? "" : ": " + report.description) +
                     "\n" + "  folder       " + report.folder + "\n  abi          " + report.abi + "\n  interfaces   " +
                     joined(report.interfaces) + "\n  threading    " + report.threading + "\n  permissions  " +
                     to_text(report.permissions) + "\n  signature    " + terminal.paint(colour, signature.state) +
                     signer + "\n  exports      " + joined(report.library.exports) + "\n  unique       " +
                     joined(report.library.unique) + "\n  needs        " + joined(report.library.needed) + "\n";
  std::vector<std::vector<std::string>> rows;
  for (const loader::InspectedFile& file : report.files)
    rows.push_back({"  " + file.path, std::to_string(file.size), file.state, file.sha256});
  text += table({"  FILE", "BYTES", "STATE", "SHA-256"}, rows);
  for (const std::string& fault : report.faults) text += terminal.paint(Colour::red, "refused: ") + fault + "\n";
  return text;
}

}  // namespace

bool names_package(const std::string& word) {
  constexpr std::array<std::string_view, 4> kEnds{".tar", ".tar.gz", ".tar.xz", ".tar.zst"};
  return word == "." || word.find('/') != word.npos ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return word.ends_with(end); });
}

Exit inspect_package_file(Session& session, const std::string& path, const std::string& policy_file) {
  const OpenedPackage package(path);
  const auto policy = policy_of(policy_file);
  const loader::PackageReport report = value_of(loader::inspect_package(package.folder(), *policy));
  session.print(encode(report), [&] { return report_text(session.terminal, report); });
  return Exit::done;
}

void add_trust_commands(CLI::App& app, Session& session) {
  struct Options {
    std::string package, key = loader::kLocalKey, policy, name, directory;
  };
  auto options = std::make_shared<Options>();

  CLI::App* keys = app.add_subcommand("key", "Keys that sign packages")->require_subcommand(1);
  CLI::App* make = keys->add_subcommand("new", "Make a key: a private half for its owner, a public one for others");
  make->add_option("name", options->name, "What to call it, the vendor's name for instance")->required();
  make->add_option("--directory", options->directory,
                   "Where to put it; by default SLIPWAY_KEY_DIRECTORY or ~/.config/slipway/keys");
  make->callback([&session, options] {
    session.run = [&session, options] { return make_key(session, options->name, options->directory); };
  });

  CLI::App* plugin = app.get_subcommand("plugin");
  CLI::App* signing = plugin->add_subcommand("sign", "Sign a package's plugin.json, and with it every file");
  signing->add_option("package", options->package, "The package's folder")->required();
  signing->add_option("--key", options->key, "Name of a key, or the path of its private half")->capture_default_str();
  signing->callback([&session, options] {
    session.run = [&session, options] { return sign(session, options->package, options->key); };
  });

  CLI::App* verifying = plugin->add_subcommand("verify", "Check a package as a host would, without running any of it");
  verifying->add_option("package", options->package, "The package's folder or tar archive")->required();
  verifying->add_option("--policy", options->policy,
                        "Site configuration whose trust decides; by default the local key alone is trusted");
  verifying->callback([&session, options] {
    session.run = [&session, options] { return verify(session, options->package, options->policy); };
  });
}

}  // namespace slipway::cli
