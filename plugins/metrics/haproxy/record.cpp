#include "plugins/metrics/haproxy/record.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace slipway::haproxy {
namespace {

constexpr std::size_t kFields = 11;
constexpr std::size_t kLongestTotal = 0x7fffffff;

// Fields between single blanks; how many there are, or kFields + 1 for too many.
std::size_t split(std::string_view line, std::array<std::string_view, kFields>& fields) {
  std::size_t count = 0;
  while (count < kFields) {
    const std::size_t blank = line.find(' ');
    fields[count++] = line.substr(0, blank);
    if (blank == line.npos) return count;
    line.remove_prefix(blank + 1);
  }
  return kFields + 1;
}

template <class T>
bool read(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read_total(std::string_view text, std::optional<std::uint32_t>& total) {
  if (text.empty() || text == "-") return true;
  std::int64_t us = 0;
  if (!read(text, us)) return false;
  // The clock may be set back under a request.
  if (us >= 0) total = static_cast<std::uint32_t>(std::min<std::int64_t>(us, kLongestTotal));
  return true;
}

bool read_end(std::string_view text, std::optional<Instant>& ended) {
  std::int64_t us = 0;
  if (!read(text, us) || us <= 0 || us > INT64_MAX / 1000) return false;
  ended = Instant{us * 1000};
  return true;
}

bool read_retries(std::string_view text, std::uint32_t& retries) {
  if (text.starts_with('+')) text.remove_prefix(1);  // the last try went to another server
  return read(text, retries);
}

}  // namespace

std::optional<Record> parse_record(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\0')) line.remove_suffix(1);
  std::array<std::string_view, kFields> fields;
  const std::size_t count = split(line, fields);
  if (count > kFields || count < kFields - 2) return std::nullopt;
  Record record{.backend = fields[0], .server = fields[1], .termination = fields[4]};
  const bool whole = read(fields[2], record.status) && read_total(fields[3], record.total_us) &&
                     record.termination.size() == 2 && read_retries(fields[7], record.retries) &&
                     read(fields[8], record.number) && (count < kFields - 1 || read_end(fields[9], record.ended)) &&
                     (count < kFields || read(fields[10], record.mark));
  if (!whole || record.backend.empty() || record.server.empty()) return std::nullopt;
  record.status = std::clamp(record.status, 0, 999);
  return record;
}

std::string_view release_of(std::string_view server) {
  const std::size_t dash = server.rfind('-');
  if (dash == server.npos || dash == 0 || dash + 1 == server.size()) return "";
  const bool numbered = server.substr(dash + 1).find_first_not_of("0123456789") == server.npos;
  return numbered ? server.substr(0, dash) : "";
}

std::string server_form(std::string release) {
  std::replace(release.begin(), release.end(), '+', '_');
  return release;
}

std::string_view application_of(std::string_view backend) {
  const bool slot =
      backend.size() > 2 && backend[backend.size() - 2] == '.' && kSlots.find(backend.back()) != kSlots.npos;
  return slot ? backend.substr(0, backend.size() - 2) : "";
}

std::string application_key(std::string_view tenant, std::string_view application) {
  return std::string(tenant) + "." + std::string(application);
}

}  // namespace slipway::haproxy
