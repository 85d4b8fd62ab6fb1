#include "host/config/templates.hpp"

#include "host/config/fault.hpp"

namespace slipway::config {
namespace {

constexpr std::size_t kLongest = std::size_t{64} << 10;

Status unknown(const TemplateNames& names) {
  std::string text = "want no template but ";
  for (const auto& [name, value] : names.names) text += "${" + name + "}, ";
  return {Code::invalid_argument, text + "${env:NAME}; a \"$\" of its own is written \"$$\""};
}

Result<std::string> value_of(std::string_view name, const TemplateNames& names) {
  constexpr std::string_view kVariable = "env:";
  if (!name.starts_with(kVariable)) {
    const auto found = names.names.find(std::string(name));
    return found == names.names.end() ? Result<std::string>(unknown(names)) : found->second;
  }
  name.remove_prefix(kVariable.size());
  const auto found = names.variables.find(std::string(name));
  if (found != names.variables.end()) return found->second;
  return Status(Code::invalid_argument, "the environment variable \"" + clip(std::string(name)) + "\" is not set");
}

void expand_into(Json& value, const std::string& path, const TemplateNames& names, Expanded& result) {
  if (value.is_object()) {
    for (auto& [name, field] : value.items()) expand_into(field, child_path(path, name), names, result);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      expand_into(value[i], child_path(path, std::to_string(i)), names, result);
  } else if (value.is_string()) {
    const std::string text = value.get<std::string>();
    if (text.find('$') == text.npos) return;
    auto expanded = expand(text, names);
    result.written[path] = text;
    if (!expanded.ok()) result.problems.push_back({path, clip(to_text(Json(text))), expanded.status().message});
    if (expanded.ok()) value = std::move(*expanded);
  }
}

}  // namespace

Result<std::string> expand(std::string_view text, const TemplateNames& names) {
  std::string result;
  while (!text.empty()) {
    const auto at = std::min(text.find('$'), text.size());
    result += text.substr(0, at);
    text.remove_prefix(at);
    if (text.starts_with("${")) {
      const auto end = text.find('}');
      if (end == text.npos) return Status(Code::invalid_argument, "want a \"}\" after \"${\"");
      auto value = value_of(text.substr(2, end - 2), names);
      if (!value.ok()) return value;
      result += *value;
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      result += '$';
      text.remove_prefix(text.starts_with("$$") ? 2 : 1);
    }
    if (result.size() > kLongest)
      return Status(Code::invalid_argument, "want a text of at most 65536 bytes once it is expanded");
  }
  return result;
}

Expanded expand_all(Json value, const TemplateNames& names) {
  Expanded result;
  expand_into(value, "", names, result);
  result.value = std::move(value);
  return result;
}

Problem as_written(Problem problem, const std::map<std::string, std::string>& written) {
  if (problem.value.empty()) return problem;
  if (const auto found = written.find(problem.path); found != written.end()) {
    problem.value = clip(to_text(Json(found->second)));
    return problem;
  }
  // A list or an object that holds such a text would show it.
  for (const auto& [path, text] : written) {
    if (path.starts_with(problem.path == "/" ? problem.path : problem.path + "/")) problem.value.clear();
  }
  return problem;
}

}  // namespace slipway::config
