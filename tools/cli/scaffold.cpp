#include "tools/cli/scaffold.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <regex>
#include <sstream>

#include "tools/cli/client.hpp"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCommon = "common";

// Folders inside, as names, sorted.
std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && entry.path().filename() != kCommon) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void check_one_of(const std::string& option, const std::string& value, const std::vector<std::string>& allowed,
                  const std::string& where) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
  throw Failure(400,
                option + " \"" + value + "\": there is no such template" + where + "; there are " + listed(allowed));
}

void check(const fs::path& templates, const NewPlugin& wanted) {
  static const std::regex form("[a-z][a-z0-9-]{0,62}\\.[a-z][a-z0-9-]{0,62}");
  if (!std::regex_match(wanted.id, form)) {
    throw Failure(400, "\"" + wanted.id +
                           "\" is no plugin id; want vendor.name in lower-case letters, digits and dashes, " +
                           "each part begun by a letter: acme.greeter");
  }
  if (!fs::is_directory(templates)) {
    throw Failure(0, "there are no templates in " + templates.string() +
                         "; they come with the SDK: install Slipway with its component sdk");
  }
  check_one_of("--lang", wanted.language, folders_in(templates), "");
  check_one_of("--interface", wanted.interface, folders_in(templates / wanted.language), " for " + wanted.language);
  if (fs::exists(fs::symlink_status(wanted.directory)))
    throw Failure(409, wanted.directory.string() + " exists already; name another folder with --directory");
}

std::string replaced(std::string text, std::string_view old, const std::string& with) {
  for (auto at = text.find(old); at != text.npos; at = text.find(old, at + with.size()))
    text.replace(at, old.size(), with);
  return text;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw Failure(0, "can't read " + file.string());
  return text.str();
}

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) throw Failure(0, "can't write " + file.string());
}

std::vector<fs::path> copy(const fs::path& from, const fs::path& to, const std::string& id) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    files.push_back(entry.path().lexically_relative(from));
    write(to / files.back(), renamed(content_of(entry.path()), id));
  }
  return files;
}

// Removes what was begun, unless it was taken.
class Begun {
 public:
  explicit Begun(fs::path folder) : folder_(std::move(folder)) {}
  Begun(const Begun&) = delete;
  Begun& operator=(const Begun&) = delete;
  ~Begun() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

}  // namespace

fs::path templates_of(const fs::path& executable) {
  return executable.parent_path().parent_path() / "share" / "slipway" / "template";
}

std::string renamed(std::string text, const std::string& id) {
  std::string identifier = id;
  std::replace_if(
      identifier.begin(), identifier.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  std::string macro = identifier;
  std::transform(macro.begin(), macro.end(), macro.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  text = replaced(std::move(text), "acme.greeter", id);
  text = replaced(std::move(text), "acme_greeter", identifier);
  return replaced(std::move(text), "ACME_GREETER", macro);
}

std::vector<fs::path> make_plugin(const fs::path& templates, const NewPlugin& wanted) {
  check(templates, wanted);
  const fs::path target = fs::absolute(wanted.directory).lexically_normal();
  const Begun begun(target.parent_path() / ("." + wanted.id + "." + std::to_string(getpid())));
  try {
    std::vector<fs::path> files = copy(templates / wanted.language / kCommon, begun.folder(), wanted.id);
    const auto own = copy(templates / wanted.language / wanted.interface, begun.folder(), wanted.id);
    files.insert(files.end(), own.begin(), own.end());
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    fs::rename(begun.folder(), target);
    return files;
  } catch (const fs::filesystem_error& error) {
    throw Failure(0, "can't make " + target.string() + ": " + error.code().message());
  }
}

}  // namespace slipway::cli
