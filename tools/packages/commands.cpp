#include "tools/packages/commands.hpp"

#include <filesystem>
#include <slipway/document.hpp>

#include "host/config/variables.hpp"
#include "host/loader/inspect.hpp"
#include "host/loader/key_files.hpp"
#include "host/loader/loader.hpp"
#include "host/loader/sign_package.hpp"
#include "tools/packages/opened_package.hpp"

namespace slipway::packages {
namespace {

namespace fs = std::filesystem;
using cli::Colour;
using cli::Exit;
using cli::Failure;
using cli::Terminal;
using config::environment_variables;

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
  text += cli::table({"  FILE", "BYTES", "STATE", "SHA-256"}, rows);
  for (const std::string& fault : report.faults) text += terminal.paint(Colour::red, "refused: ") + fault + "\n";
  return text;
}

}  // namespace

Exit make_key(const Output& output, const std::string& name, const std::string& directory) {
  check(loader::check_key_name(name));
  const fs::path folder = directory.empty() ? loader::key_directory(environment_variables()) : fs::path(directory);
  const loader::KeyFiles files = loader::key_files(folder, name);
  const loader::PublicKey key = value_of(loader::make_key(files));
  const Json made{{"name", name},
                  {"id", id_of(key)},
                  {"public_key", to_string(key)},
                  {"private_file", files.private_half.string()},
                  {"public_file", files.public_half.string()}};
  print(output.format, made, [&] {
    return "key " + name + " (" + id_of(key) + ")\n  private half  " + files.private_half.string() +
           "  keep it; whoever has it signs as you\n  public half   " + files.public_half.string() +
           "\nA site that trusts it writes into its configuration:\n  trust:\n    keys:\n      - name: " + name +
           "\n        public_key: " + to_string(key) + "\n        prefixes: [" + name + ".]\n";
  });
  return Exit::done;
}

Exit sign(const Output& output, const std::string& path, const std::string& key_name) {
  const OpenedPackage package(path);
  if (package.is_archive()) throw Failure(400, path + ": is an archive; sign the folder, then pack it");
  check_signable(package.folder());
  const loader::PrivateKey key = key_named(key_name);
  const auto document = value_of(loader::sign_package(package.folder(), key));
  const std::string file = (package.folder() / "plugin.sig").string();
  print(output.format, Json{{"file", file}, {"key", document.key}},
        [&] { return file + ": signed by " + key_name + " (" + document.key + ")\n"; });
  return Exit::done;
}

Exit verify(const Output& output, const std::string& path, const std::string& policy_file) {
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
  print(output.format, result, [&] {
    return plugin.id + " " + version + " is what " + verified.signer.name + " (" + verified.signer.key +
           ") signed; this site would load it\n";
  });
  return Exit::done;
}

Exit inspect(const Output& output, const std::string& path, const std::string& policy_file) {
  const OpenedPackage package(path);
  const auto policy = policy_of(policy_file);
  const loader::PackageReport report = value_of(loader::inspect_package(package.folder(), *policy));
  print(output.format, encode(report), [&] { return report_text(output.terminal, report); });
  return Exit::done;
}

}  // namespace slipway::packages
