// ${name} inside texts of the site configuration and of profiles.
#pragma once

#include <map>
#include <slipway/json.hpp>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

namespace slipway::config {

using Variables = std::map<std::string, std::string>;

// What may be named: `names` as ${state_directory}, `variables` as ${env:HOME}.
struct TemplateNames {
  std::map<std::string, std::string> names;
  Variables variables;
};

// "$$" becomes "$"; a "$" before anything else than "{" or "$" stands for itself. INVALID_ARGUMENT says what may be
// named, or which variable is not set. The result has at most 64 KiB. Nothing that was put in is expanded again.
Result<std::string> expand(std::string_view text, const TemplateNames& names);

struct Expanded {
  Json value;
  // How texts with a template were written, by path: for messages, so that what came from a variable is never shown.
  std::map<std::string, std::string> written;
  Problems problems;
};

// Every text in the value; keys are left alone. Where a text cannot be expanded it stays as it was.
Expanded expand_all(Json value, const TemplateNames& names);

// The problem with the value as it was written.
Problem as_written(Problem problem, const std::map<std::string, std::string>& written);

}  // namespace slipway::config
