// Small files, whole: bounded reads, durable private writes. Every function may block on the disk; safe from any
// thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::base {

// What to do when the last part of a path is a symbolic link.
enum class Links { follow, refuse };

struct ReadOptions {
  std::size_t max_bytes = std::size_t{1} << 20;
  Links links = Links::follow;
};

// The whole of a regular file. NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT (too large, no regular file, a link that
// is refused), or UNAVAILABLE for anything else; the message begins with the path.
Result<std::string> read_file(const std::filesystem::path& path, const ReadOptions& options = {});

// While it lives the file stays as it is: who opens it for writing waits, or is refused where that may not wait. Held
// where the system allows it (fcntl(2), leases): a file of this process's user, for root any, on a local file system.
class ReadLease {
 public:
  // UNAVAILABLE while another program has the file open for writing. Of a file that can't be opened it holds nothing.
  static Result<ReadLease> take(const std::filesystem::path& path);
  ReadLease(ReadLease&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  ReadLease& operator=(ReadLease&&) = delete;
  ~ReadLease();

 private:
  explicit ReadLease(int file) : file_(file) {}
  int file_;
};

// Replaces or makes the file in one step, readable by its owner only, and returns when it is on the disk. A reader sees
// the old bytes or the new ones, never a mixture; on failure the old file is untouched.
Status write_private_file(const std::filesystem::path& path, std::string_view bytes);

// Whether others may pass through a directory that is made; nobody else lists it.
enum class Passage { none, others };

// Makes what is missing of the path, each new directory with mode 0700, or 0711. FAILED_PRECONDITION when the last
// directory exists and others may write to it.
Status make_private_directories(const std::filesystem::path& path, Passage passage = Passage::none);

// The status for a failed system call: "<path>: <doing>: <reason>".
Status file_fault(const std::filesystem::path& path, std::string_view doing, int error);

}  // namespace slipway::base
