// What the frames carry, as plain values. Every read_… is total: false for bytes that are not what they should be.
#pragma once

#include <slipway/abi/plugin.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::isolation {

// How the calls of the instance may overlap, as in plugin.json.
enum class WorkerThreading : std::uint32_t { serial = 0, concurrent = 1, blocking = 2 };

// What a worker needs to know before any code of the plugin runs.
struct Setup {
  std::uint32_t abi_major = SLIPWAY_ABI_MAJOR;
  std::uint32_t abi_minor = SLIPWAY_ABI_MINOR;
  WorkerThreading threading = WorkerThreading::serial;
  std::uint32_t blocking_threads = 4;
  std::uint32_t open_calls = 1024;
  std::uint64_t call_bytes = 0;     // of a call's message, and of one that answers a request
  std::uint64_t reply_bytes = 0;    // of a reply to a call
  std::uint64_t request_bytes = 0;  // of a request's payload
  std::uint64_t memory_bytes = 0;   // 0: no limit
  std::uint32_t open_files = 0;     // 0: no limit
  std::uint32_t own_network = 1;
  std::uint32_t own_user = 0;  // the id to become, of a worker that root has started; 0: the host's
  // Programs for the kernel's filter of system calls: while the library is mapped, and from then on. Empty: none.
  std::string filter_while_loading;
  std::string filter;
  // Beneath these the plugin may open files; in force where the kernel knows Landlock. "*" leaves them all open.
  std::vector<std::string> paths;
};

// One protection: in force when the reason is empty, otherwise why not.
struct Protection {
  std::string name;
  std::string lacking;
  bool operator==(const Protection&) const = default;
};

struct Loaded {
  std::int32_t status = SLIPWAY_OK;
  std::string message;  // of a refusal
  std::vector<std::string> interfaces;
  std::vector<Protection> protections;
};

// Views into the bytes read, or of the sender's.
struct Call {
  std::uint32_t interface_index = 0;
  std::uint32_t method = 0;
  std::int64_t budget_ns = 0;
  std::string_view traceparent{};
  std::string_view tenant{};
  std::string_view subject{};
  std::string_view roles{};
  std::string_view payload{};
};

struct Outcome {
  std::int32_t status = SLIPWAY_OK;
  std::uint64_t size = 0;  // of the payload; above the payload's own when that was too large to be sent
  std::string_view payload{};
};

struct Request {
  std::int64_t budget_ns = 0;
  std::uint64_t size = 0;  // of the payload, as in Outcome
  std::string_view service{};
  std::string_view method{};
  std::string_view payload{};
};

struct LogRecord {
  std::uint32_t level = 0;
  std::string_view message{};
  std::string_view fields{};
};

struct Sample {
  std::uint32_t kind = 0;
  double value = 0;
  std::string_view name{};
  std::string_view labels{};
};

// Each payload stands last, so that a message is its head and the payload's own bytes.
std::string head_of(const Call& call);
std::string head_of(const Outcome& outcome);
std::string head_of(const Request& request);
std::string text_of(const std::vector<std::uint32_t>& versions);
std::string text_of(const Setup& setup);
std::string text_of(const Loaded& loaded);
std::string text_of(const LogRecord& record);
std::string text_of(const Sample& sample);

bool read(std::string_view bytes, Call& call);
bool read(std::string_view bytes, Outcome& outcome);
bool read(std::string_view bytes, Request& request);
bool read(std::string_view bytes, std::vector<std::uint32_t>& versions);
bool read(std::string_view bytes, Setup& setup);
bool read(std::string_view bytes, Loaded& loaded);
bool read(std::string_view bytes, LogRecord& record);
bool read(std::string_view bytes, Sample& sample);

}  // namespace slipway::isolation
