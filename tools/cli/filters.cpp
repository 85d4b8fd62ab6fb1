#include <algorithm>
#include <cctype>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

std::string option_of(std::string field) {
  std::ranges::replace(field, '_', '-');
  return "--" + field;
}

// RFC 3986, section 2: everything but unreserved characters in percent codes.
std::string escaped(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kUnreserved = "-._~";
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x80 && std::isalnum(byte) != 0) || kUnreserved.find(c) != kUnreserved.npos) {
      text += c;
    } else {
      text += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return text;
}

}  // namespace

void Filters::add(CLI::App& list, const std::string& field, const std::string& doc) {
  list.add_option_function<std::string>(
      option_of(field), [this, field](const std::string& value) { given_[field] = value; }, doc);
}

void Filters::add_flag(CLI::App& list, const std::string& field, const std::string& doc) {
  list.add_flag_callback(
      option_of(field), [this, field] { given_[field] = "true"; }, doc);
}

std::string Filters::on(const std::string& path) const {
  std::string query;
  for (const auto& [field, value] : given_) query += (query.empty() ? "?" : "&") + field + "=" + escaped(value);
  return path + query;
}

}  // namespace slipway::cli
