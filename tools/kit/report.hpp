// What came of a run: for people, for programs, and for continuous integration.
#pragma once

#include <string>
#include <vector>

#include "tools/kit/runner.hpp"

namespace slipway::kit {

struct Run {
  std::string id;  // of the plugin; its folder when plugin.json can't be read
  std::string version;
  std::string digest;  // SHA-256 of its library
  std::string package;
  std::string config = {};  // as --config named it, and
  std::string key = {};     // --key
  std::uint64_t seed = 0;
  Level level = Level::isolated;
  std::string date;  // RFC 3339
  std::vector<Ran> tests;
};

// fail, crash and hang; at level pedantic warn too.
bool has_failed(const Run& run);

std::string as_text(const Run& run);
std::string as_json(const Run& run);
std::string as_junit(const Run& run);

}  // namespace slipway::kit
