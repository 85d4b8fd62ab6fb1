// SHA-256, as 64 lower-case hexadecimal digits.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

namespace slipway::base {

// Bytes in pieces. One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  // The digest of all that was given; once, as the last call.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);

// Streams a regular file of any size up to max_bytes; errors as read_file.
Result<std::string> sha256_hex_of_file(const std::filesystem::path& path,
                                       std::uint64_t max_bytes = std::uint64_t{1} << 40);

// Whether the text has the form of a digest: 64 lower-case hexadecimal digits.
bool is_sha256_hex(std::string_view text);

}  // namespace slipway::base
