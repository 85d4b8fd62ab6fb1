// Files that people write: YAML or JSON, several documents in one.
#pragma once

#include <slipway/json.hpp>
#include <string>
#include <vector>

namespace slipway::cli {

// Every document of the file ("-": standard input) as JSON. Refused by name: larger than 4 MiB, deeper than 64, a key
// twice, an alias, text that is not UTF-8.
Result<std::vector<Json>> read_documents(const std::string& file);
Result<std::vector<Json>> parse_documents(const std::string& text, const std::string& name);

// The one document of an option's file, an object: settings by name.
Result<Json> read_settings(const std::string& option, const std::string& file);

// Whether the words, written without quotes in YAML, are read as a text again.
bool reads_as_text(const std::string& words);

}  // namespace slipway::cli
