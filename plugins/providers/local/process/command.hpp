// What to start: plain values, complete before the fork.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::local {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// The account by name, with its groups. Throws INVALID_ARGUMENT when there is none.
User find_user(const std::string& name);

struct ResourceLimit {
  int resource = 0;  // RLIMIT_…
  std::uint64_t value = 0;
};

struct Command {
  std::vector<std::string> arguments;    // the first is the program: a path, or a name looked up in PATH
  std::vector<std::string> environment;  // "NAME=value", the whole of it
  std::string folder;                    // working directory
  std::string log_file;                  // standard output and error are appended; empty: thrown away
  std::optional<User> user;
  std::vector<ResourceLimit> limits;
};

}  // namespace slipway::local
