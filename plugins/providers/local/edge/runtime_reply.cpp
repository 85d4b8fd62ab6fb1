#include "plugins/providers/local/edge/runtime_reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace slipway::local {
namespace {

struct Pattern {
  std::string_view text;
  Reply reply;
};
constexpr std::array kPatterns = {
    Pattern{"New server registered.", Reply::kDone},
    Pattern{"Server deleted.", Reply::kDone},
    Pattern{"no need to change", Reply::kDone},
    Pattern{"No such backend.", Reply::kNoSuchBackend},
    Pattern{"No such server.", Reply::kNoSuchServer},
    Pattern{"Already exists a server with the same name in backend.", Reply::kAlreadyExists},
    Pattern{"Server still has connections attached to it, cannot remove it.", Reply::kStillConnected},
    Pattern{"Only servers in maintenance mode can be deleted.", Reply::kNotInMaintenance},
    Pattern{"entry not found.", Reply::kNoEntry},
    Pattern{"Unknown map identifier", Reply::kUnknownMap},
};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

std::vector<std::string_view> columns_of(std::string_view line, char separator) {
  std::vector<std::string_view> columns;
  for (;;) {
    const auto end = line.find(separator);
    columns.push_back(line.substr(0, end));
    if (end == line.npos) return columns;
    line.remove_prefix(end + 1);
  }
}

template <class Number>
Number number_of(std::string_view text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const auto word : columns_of(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

}  // namespace

Reply classify(std::string_view text) {
  text = trim(text);
  if (text.empty()) return Reply::kDone;
  for (const Pattern& pattern : kPatterns) {
    if (text.find(pattern.text) != text.npos) return pattern.reply;
  }
  return Reply::kRefused;
}

std::vector<StatRow> parse_stat(std::string_view csv) {
  std::vector<StatRow> rows;
  auto header = next_line(csv);
  if (!header.starts_with("# ")) return rows;
  header.remove_prefix(2);
  std::map<std::string_view, std::size_t> index;
  for (const auto name : columns_of(header, ',')) index.emplace(name, index.size());

  while (!csv.empty()) {
    const auto columns = columns_of(next_line(csv), ',');
    const auto cell = [&](std::string_view name) {
      const auto found = index.find(name);
      return found != index.end() && found->second < columns.size() ? columns[found->second] : std::string_view();
    };
    if (cell("svname").empty()) continue;
    rows.push_back({std::string(cell("pxname")), std::string(cell("svname")), std::string(cell("status")),
                    std::string(cell("check_status")), std::string(cell("check_desc")), std::string(cell("addr")),
                    number_of<std::uint64_t>(cell("scur")), number_of<std::uint64_t>(cell("qcur"))});
  }
  return rows;
}

ProcessTable parse_processes(std::string_view text) {
  ProcessTable table;
  bool old = false;
  while (!text.empty()) {
    const auto line = next_line(text);
    if (line.starts_with("# old workers")) old = true;
    if (line.starts_with("# programs")) break;
    const auto words = words_of(line);
    if (words.size() < 2 || line.starts_with('#')) continue;
    const int pid = number_of<int>(words[0]);
    if (words[1] == "master") {
      table.master = pid;
      if (words.size() > 4) table.failed_reloads = number_of<int>(words[4]);
    } else if (words[1] == "worker") {
      if (old)
        table.old_workers.push_back(pid);
      else
        table.worker = pid;
    }
  }
  return table;
}

std::optional<std::string> parse_map_value(std::string_view text) {
  constexpr std::string_view kMark = "value=\"";
  const auto start = text.find(kMark);
  if (start == text.npos) return std::nullopt;
  const auto end = text.find('"', start + kMark.size());
  if (end == text.npos) return std::nullopt;
  return std::string(text.substr(start + kMark.size(), end - start - kMark.size()));
}

}  // namespace slipway::local
