#include "tools/storage/commands.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "host/app/storage_only.hpp"
#include "tools/storage/stream.hpp"

namespace slipway::storage_tool {
namespace {

namespace fs = std::filesystem;
using app::StorageOnly;
using backup::Purpose;
using cli::Exit;
using cli::Failure;

constexpr std::size_t kPageRows = 500;
constexpr std::size_t kPageBytes = std::size_t{1} << 20;

[[noreturn]] void fail(const Status& status) {
  const bool mistake = status.code == Code::invalid_argument || status.code == Code::failed_precondition ||
                       status.code == Code::not_found || status.code == Code::unimplemented;
  throw Failure(mistake ? 403 : 0, status.message);
}

template <class T>
T value_of(Result<T> result) {
  if (!result.ok()) fail(result.status());
  return *std::move(result);
}

std::unique_ptr<StorageOnly> open(const app::Configuration& configuration, Purpose purpose) {
  static const base::SystemClock clock;
  return value_of(StorageOnly::open(configuration, purpose, clock));
}

Json with_plugin(const std::string& plugin, const backup::DescribeReply& state) {
  Json json = encode(state);
  json["plugin"] = plugin;
  return json;
}

std::string steps_text(const std::vector<backup::Step>& steps, const std::string& before) {
  std::string text;
  for (const backup::Step& step : steps) text += before + std::to_string(step.number) + " " + step.name + "\n";
  return text;
}

Json outcome(const std::string& place, const std::string& file, const Trailer& trailer) {
  return {{"place", place}, {"file", file}, {"rows", trailer.rows}, {"sha256", trailer.sha256}};
}

// A file of its own, readable by its owner only, with its name once it is whole.
class NewFile {
 public:
  explicit NewFile(std::string name) : name_(std::move(name)), part_(name_ + ".part") {
    if (fs::exists(name_)) throw Failure(403, "\"" + name_ + "\" exists already; give another name");
    const int made = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made < 0) throw Failure(0, "cannot write \"" + part_ + "\"");
    ::close(made);
    out_.open(part_, std::ios::binary);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    std::error_code ignored;
    fs::remove(part_, ignored);
  }
  std::ostream& out() { return out_; }
  void keep() {
    out_.close();
    if (!out_) throw Failure(0, "cannot write \"" + part_ + "\"; is there room?");
    fs::rename(part_, name_);
  }

 private:
  const std::string name_;
  const std::string part_;
  std::ofstream out_;
};

Trailer write_rows(StorageOnly& store, std::ostream& out) {
  const auto state = value_of(store.describe());
  auto page = value_of(store.export_page(0));
  StreamWriter writer(
      out, {.plugin = store.plugin(), .schema = state.schema, .rows = page.total, .at = base::SystemClock().now()});
  for (std::int64_t number = 1;; ++number) {
    for (const backup::Row& row : page.rows) writer.add(row);
    if (!page.more) break;
    page = value_of(store.export_page(number));
  }
  const Trailer trailer = writer.end();
  if (trailer.rows != page.total)
    fail({Code::data_loss,
          "the store announced " + std::to_string(page.total) + " rows and gave " + std::to_string(trailer.rows)});
  return trailer;
}

// The page with `last` goes when the stream has proved whole; what came before it is forgotten when it does not.
void read_rows(StorageOnly& store, StreamReader& reader) {
  backup::ImportRequest page;
  std::size_t bytes = 0;
  const auto send = [&] {
    const std::int64_t number = page.page;
    value_of(store.import_page(std::move(page)));
    page = {.page = number + 1};
    bytes = 0;
  };
  for (auto row = reader.next(); row; row = reader.next()) {
    const std::size_t size = encode_text(*row).size();
    if (page.rows.size() == kPageRows || (bytes + size > kPageBytes && !page.rows.empty())) send();
    bytes += size;
    page.rows.push_back(std::move(*row));
  }
  page.last = true;
  send();
}

}  // namespace

Exit status(cli::Format format, const app::Configuration& configuration) {
  const auto store = open(configuration, Purpose::look);
  const auto state = value_of(store->describe());
  cli::print(format, with_plugin(store->plugin(), state), [&] {
    return store->plugin() + ": " + state.place + "\n" + "schema " + std::to_string(state.schema) + " of " +
           std::to_string(state.known) + ", " + std::to_string(state.rows) + " rows\n" +
           steps_text(state.pending, "pending: ");
  });
  return Exit::done;
}

Exit migrate(cli::Format format, const app::Configuration& configuration, Migration migration) {
  const auto before = value_of(open(configuration, Purpose::look)->describe());
  if (migration == Migration::done && !before.pending.empty()) {
    // Starting it is what brings it up to date.
    const auto store = open(configuration, Purpose::serve);
    value_of(store->describe());
  }
  cli::print(format, Json{{"place", before.place}, {"steps", encode(before)["pending"]}}, [&] {
    if (before.pending.empty()) return before.place + " is up to date\n";
    return steps_text(before.pending, migration == Migration::done ? "applied: " : "would apply: ");
  });
  return Exit::done;
}

Exit export_to(cli::Format format, const app::Configuration& configuration, const std::string& file) {
  const auto store = open(configuration, Purpose::look);
  if (file == "-") {
    write_rows(*store, std::cout);
    return Exit::done;
  }
  NewFile target(file);
  const Trailer trailer = write_rows(*store, target.out());
  target.keep();
  const auto place = value_of(store->describe()).place;
  cli::print(format, outcome(place, file, trailer), [&] {
    return std::to_string(trailer.rows) + " rows of " + place + " are in \"" + file + "\"\nSHA-256 " + trailer.sha256 +
           "\n";
  });
  return Exit::done;
}

Exit import_from(cli::Format format, const app::Configuration& configuration, const std::string& file) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  if (file != "-" && !opened) throw Failure(403, "cannot read \"" + file + "\"");
  StreamReader reader(file == "-" ? std::cin : opened, file == "-" ? "standard input" : file);
  const auto store = open(configuration, Purpose::fill);
  read_rows(*store, reader);
  const auto place = value_of(store->describe()).place;
  cli::print(format, outcome(place, file, reader.trailer()), [&] {
    return std::to_string(reader.trailer().rows) + " rows are in " + place + "\nSHA-256 " + reader.trailer().sha256 +
           "\n";
  });
  return Exit::done;
}

}  // namespace slipway::storage_tool
