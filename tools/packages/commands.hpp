// Keys and signatures of packages, from files alone. Each command prints what it did and throws Failure when it can't.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/exit.hpp"
#include "tools/cli/output.hpp"

namespace slipway::packages {

struct Output {
  cli::Format format = cli::Format::table;
  cli::Terminal terminal;
};

// An empty directory: the one of this person's keys.
cli::Exit make_key(const Output& output, const std::string& name, const std::string& directory);
// By a key's name or the path of its private half.
cli::Exit sign(const Output& output, const std::string& package, const std::string& key);
// `policy`: a site configuration; empty: the local key alone.
cli::Exit verify(const Output& output, const std::string& package, const std::string& policy);
// Everything known of a package without running it.
cli::Exit inspect(const Output& output, const std::string& package, const std::string& policy);

}  // namespace slipway::packages
