// Keys on the disk: NAME holds the private half, NAME.pub the public one. Every function may block on the disk; safe
// from any thread and from several processes.
#pragma once

#include <filesystem>
#include <map>
#include <slipway/status.hpp>
#include <string>

#include "host/loader/ed25519.hpp"

namespace slipway::loader {

// The key that a developer's builds are signed with.
inline constexpr const char* kLocalKey = "local";

// Where a person's keys are: SLIPWAY_KEY_DIRECTORY, else ${XDG_CONFIG_HOME}/slipway/keys, else
// ${HOME}/.config/slipway/keys with the home of the user database when HOME is not set. Empty when nobody says.
std::filesystem::path key_directory(const std::map<std::string, std::string>& variables);

struct KeyFiles {
  std::filesystem::path private_half;
  std::filesystem::path public_half;
};
// "local" is the pair in the directory; what holds a "/" is the path of a private half.
KeyFiles key_files(const std::filesystem::path& directory, const std::string& name);

// INVALID_ARGUMENT unless 1 to 63 lower-case letters, digits, dashes and dots.
Status check_key_name(const std::string& name);

// Makes the pair: the private half readable by its owner only, the public one by everybody. The directory is made with
// mode 0700. ALREADY_EXISTS when the private half is there.
Result<PublicKey> make_key(const KeyFiles& files);

// FAILED_PRECONDITION when others may read the file.
Result<PrivateKey> read_private_key(const std::filesystem::path& path);
// FAILED_PRECONDITION when others may write to the file: whoever may decides what is trusted.
Result<PublicKey> read_public_key(const std::filesystem::path& path);

// The local key, made at the first use.
Result<PrivateKey> local_key(const std::filesystem::path& directory);

}  // namespace slipway::loader
