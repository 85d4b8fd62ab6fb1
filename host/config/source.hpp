// One document that a person wrote, YAML or JSON, as a JSON value that remembers its lines.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <slipway/json.hpp>
#include <string>
#include <string_view>

#include "host/config/fault.hpp"

namespace slipway::config {

struct SourceLimits {
  std::size_t bytes = std::size_t{1} << 20;
  std::size_t depth = 32;
};

enum class Syntax { yaml, json };

struct Source {
  std::string file;
  Json value = Json::object();
  std::map<std::string, int> lines;  // JSON pointer to line, from 1
  Faults faults;                     // when there are any, `value` holds what could be read in spite of them
};

// YAML 1.2's core schema: `yes` is text, `012` is refused, and so are anchors, aliases, tags, a second document, keys
// that occur twice or are no scalars, numbers that JSON lacks, bytes that are not UTF-8. An empty text is an empty
// object.
Source parse_source(std::string file, std::string_view text, Syntax syntax, const SourceLimits& limits = {});

// Reads the file; ".json" is JSON, everything else YAML. Faults name the path as given.
Source read_source(const std::filesystem::path& path, const SourceLimits& limits = {});

}  // namespace slipway::config
