// Packages that a program of the command line runs itself, without a host: with the caller's rights, and without asking
// for a signature.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <slipway/testing/library.hpp>
#include <string>

#include "host/loader/catalog.hpp"

namespace slipway::offline {

class Packages {
 public:
  // Empty: the folder that belongs to the running program, as it is built or as it is installed.
  explicit Packages(const std::string& folder);

  // "analyzer" and "sequential": the newest analyzer-sequential; the whole id as the name is the same. It stays loaded.
  // Throws Error: NOT_FOUND names what is there.
  const test::Library& library(const std::string& kind, const std::string& name);

 private:
  const std::filesystem::path folder_;
  loader::Catalog catalog_;
  std::map<std::string, std::unique_ptr<test::Library>> libraries_;
};

}  // namespace slipway::offline
