#include "host/lifecycle/revisions.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "host/base/files.hpp"

namespace slipway::lifecycle {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxMark = 1'000;
constexpr std::size_t kDigits = 8;
constexpr std::string_view kEnding = ".json";

std::optional<std::int64_t> number_of(const std::string& name) {
  if (name.size() != kDigits + kEnding.size() || !name.ends_with(kEnding)) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, number);
  return error == std::errc() && end == name.data() + kDigits ? std::optional(number) : std::nullopt;
}

}  // namespace

fs::path Revisions::path_of(std::int64_t number) const {
  std::string digits = std::to_string(number);
  digits.insert(0, kDigits - std::min(kDigits, digits.size()), '0');
  return folder_ / (digits + std::string(kEnding));
}

// Ascending.
std::vector<std::int64_t> Revisions::numbers() const {
  std::vector<std::int64_t> numbers;
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    if (const auto number = number_of(entry->path().filename().string())) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<Revision> Revisions::read(std::int64_t number) const {
  const auto text = base::read_file(path_of(number), {.max_bytes = kMaxBytes, .links = base::Links::refuse});
  if (!text.ok()) return text.status();
  auto revision = decode_text<Revision>(*text, path_of(number).string());
  if (revision.ok()) return revision;
  return Status(Code::data_loss, revision.status().message, revision.status().problems);
}

Result<std::optional<Revision>> Revisions::newest() const {
  const auto all = numbers();
  if (all.empty()) return std::optional<Revision>();
  auto revision = read(all.back());
  if (!revision.ok()) return revision.status();
  return std::optional<Revision>(std::move(*revision));
}

Result<Revision> Revisions::get(std::int64_t number) const {
  const auto all = numbers();
  if (std::ranges::binary_search(all, number)) return read(number);
  const std::string there =
      all.empty() ? "there are none" : "there are " + std::to_string(all.front()) + " to " + std::to_string(all.back());
  return Status(Code::not_found, "there is no revision " + std::to_string(number) + " of the profile; " + there);
}

Result<std::vector<Revision>> Revisions::list(std::int64_t before, std::size_t limit) const {
  auto all = numbers();
  std::vector<Revision> revisions;
  for (auto number = all.rbegin(); number != all.rend() && revisions.size() < limit; ++number) {
    if (before != 0 && *number >= before) continue;
    auto revision = read(*number);
    if (!revision.ok()) return revision.status();
    revisions.push_back(std::move(*revision));
  }
  return revisions;
}

Result<Revision> Revisions::to_go_back_to(std::int64_t now, const std::string& digest) const {
  const auto all = numbers();
  std::set<std::string> not_again{digest};
  std::set<std::int64_t> withdrawn;
  for (auto number = all.rbegin(); number != all.rend(); ++number) {
    if (now != 0 && *number > now) continue;
    auto revision = read(*number);
    if (!revision.ok()) return revision;
    withdrawn.insert(revision->returned_from);
    if (withdrawn.contains(*number)) not_again.insert(revision->digest);
    if (!not_again.contains(revision->digest)) return revision;
  }
  return Status(
      Code::not_found,
      "the history has no earlier profile that differs from the one in force and that the host did not go back "
      "from by itself; name a revision");
}

Result<Revision> Revisions::add(Revision revision) {
  const std::lock_guard lock(adding_);
  if (Status made = base::make_private_directories(folder_); !made.ok()) return made;
  const auto all = numbers();
  revision.number = all.empty() ? 1 : all.back() + 1;
  if (Status written = base::write_private_file(path_of(revision.number), encode_text(revision)); !written.ok())
    return written;
  std::error_code ignored;
  for (std::size_t i = 0; i + keep_ <= all.size(); ++i) fs::remove(path_of(all[i]), ignored);
  return revision;
}

Result<std::int64_t> Revisions::watch_next() {
  const std::lock_guard lock(adding_);
  if (Status made = base::make_private_directories(folder_); !made.ok()) return made;
  const auto all = numbers();
  const std::int64_t next = all.empty() ? 1 : all.back() + 1;
  std::set<std::int64_t> marked = watched();
  marked.insert(next);
  if (Status written = write_mark(marked); !written.ok()) return written;
  return next;
}

Status Revisions::end_watch(std::int64_t number) {
  const std::lock_guard lock(adding_);
  std::set<std::int64_t> marked = watched();
  return marked.erase(number) > 0 ? write_mark(marked) : Status();
}

Status Revisions::end_watches() {
  const std::lock_guard lock(adding_);
  return watched().empty() ? Status() : write_mark({});
}

std::set<std::int64_t> Revisions::watched() const {
  const auto text = base::read_file(mark(), {.max_bytes = kMaxMark, .links = base::Links::refuse});
  std::istringstream words(text.ok() ? *text : std::string());
  std::set<std::int64_t> marked;
  for (std::int64_t number = 0; words >> number;) {
    if (number > 0) marked.insert(number);
  }
  return marked;
}

Status Revisions::write_mark(const std::set<std::int64_t>& marked) const {
  std::string text = "0";
  for (const std::int64_t number : marked) text += " " + std::to_string(number);
  return base::write_private_file(mark(), text);
}

}  // namespace slipway::lifecycle
