#include "tools/cli/documents.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>

namespace slipway::cli {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxDepth = 64;

struct Fault {
  YAML::Mark mark;
  std::string message;
};

// A plain scalar by the JSON schema of YAML 1.2 (section 10.2); quoted ones are texts.
Json scalar_of(const std::string& text, bool plain) {
  if (!plain) return text;
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  std::int64_t integer = 0;
  const char* const end = text.data() + text.size();
  if (const auto [stop, error] = std::from_chars(text.data(), end, integer); error == std::errc{} && stop == end)
    return integer;
  double number = 0;
  const bool digit = text.front() == '-' || (text.front() >= '0' && text.front() <= '9');
  if (const auto [stop, error] = std::from_chars(text.data(), end, number);
      digit && error == std::errc{} && stop == end)
    return number;
  return text;
}

// Builds JSON from the parser's events, so that nothing is built that would be refused.
class Builder final : public YAML::EventHandler {
 public:
  std::vector<Json> documents;

  // The parser answers a stray bracket with empty documents without end, all at its place.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!documents.empty() && mark.pos == start_) throw Fault{mark, "want a value, or the end of the document"};
    start_ = mark.pos;
    documents.emplace_back(nullptr);
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { put(mark, nullptr, ""); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { throw Fault{mark, "aliases are not allowed"}; }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    put(mark, scalar_of(value, tag == "?"), value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, Json::array());
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, Json::object());
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Level {
    Json* container;
    Json* slot;  // where the next value of a map goes; null while a key is awaited
  };

  void put(const YAML::Mark& mark, Json value, const std::string& as_key) {
    if (!open_.empty() && open_.back().container->is_object() && open_.back().slot == nullptr) return key(mark, as_key);
    *place() = std::move(value);
  }
  void key(const YAML::Mark& mark, const std::string& name) {
    Level& level = open_.back();
    if (level.container->contains(name)) throw Fault{mark, "the key \"" + name + "\" occurs twice"};
    level.slot = &(*level.container)[name];
  }
  void open(const YAML::Mark& mark, Json container) {
    if (open_.size() == kMaxDepth) throw Fault{mark, "nested deeper than " + std::to_string(kMaxDepth) + " levels"};
    if (!open_.empty() && open_.back().container->is_object() && open_.back().slot == nullptr)
      throw Fault{mark, "a key must be a text"};
    Json* at = place();
    *at = std::move(container);
    open_.push_back({at, nullptr});
  }
  Json* place() {
    if (open_.empty()) return &documents.back();
    Level& level = open_.back();
    if (level.container->is_object()) return std::exchange(level.slot, nullptr);
    level.container->push_back(nullptr);
    return &level.container->back();
  }

  std::vector<Level> open_;
  int start_ = 0;
};

Status fault_at(const std::string& name, const YAML::Mark& mark, const std::string& message) {
  return {Code::invalid_argument, name + ":" + std::to_string(mark.line + 1) + ": " + message};
}

// While it lives nobody begins to write to the file, where the system allows that (fcntl(2), leases).
class Held {
 public:
  explicit Held(const std::string& file) : file_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (file_ < 0) return;
    // Somebody who waits is told by a signal; the one that would be sent otherwise ends the process.
    const bool leases = ::fcntl(file_, F_SETSIG, SIGURG) == 0;
    is_being_written_ = leases && ::fcntl(file_, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN && is_local();
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] bool is_being_written() const { return is_being_written_; }

 private:
  // A file system of another machine says the same where it can't promise anything.
  [[nodiscard]] bool is_local() const {
    struct statfs place {};
    if (::fstatfs(file_, &place) != 0) return false;
    const auto kind = static_cast<unsigned long>(place.f_type);
    return kind == EXT4_SUPER_MAGIC || kind == XFS_SUPER_MAGIC || kind == BTRFS_SUPER_MAGIC || kind == TMPFS_MAGIC ||
           kind == OVERLAYFS_SUPER_MAGIC;
  }

  const int file_;
  bool is_being_written_ = false;
};

}  // namespace

bool reads_as_text(const std::string& words) { return scalar_of(words, true).is_string(); }

Result<std::vector<Json>> parse_documents(const std::string& text, const std::string& name) {
  if (text.size() > kMaxBytes)
    return Status(Code::invalid_argument, name + ": has " + std::to_string(text.size()) + " bytes, at most " +
                                              std::to_string(kMaxBytes) + " are allowed");
  Builder builder;
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Fault& fault) {
    return fault_at(name, fault.mark, fault.message);
  } catch (const YAML::Exception& error) {
    return fault_at(name, error.mark, error.msg);
  }
  if (builder.documents.empty()) return Status(Code::invalid_argument, name + ": holds no document");
  try {
    for (const Json& document : builder.documents) static_cast<void>(document.dump());
  } catch (const Json::exception&) {
    return Status(Code::invalid_argument, name + ": is not UTF-8 text");
  }
  return std::move(builder.documents);
}

Result<std::vector<Json>> read_documents(const std::string& file) {
  std::ifstream opened;
  const Held held(file);
  if (held.is_being_written())
    return Status(Code::unavailable, file + ": another program has it open for writing; try again once it is whole");
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened)
      return Status(Code::not_found, file + ": can't be read; name a file that exists, or - for standard input");
  }
  std::istream& in = file == "-" ? std::cin : opened;
  std::string text(kMaxBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_documents(text, file == "-" ? "standard input" : file);
}

Result<Json> read_settings(const std::string& option, const std::string& file) {
  auto documents = read_documents(file);
  if (!documents.ok()) return documents.status();
  if (documents->size() != 1 || !documents->front().is_object())
    return Status(Code::invalid_argument, option + " " + file + ": want one document with settings by name");
  return std::move(documents->front());
}

}  // namespace slipway::cli
