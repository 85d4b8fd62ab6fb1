// One access record, as HAProxy writes it with
//   log-format "%b %s %ST %[date(0,us),sub(txn.t0)] %ts %Tc %Tr %rc %lc %[date(0,us)] %rt"
// The last two fields may be missing: then the record has the time of its arrival, and nothing tells it from another
// of its number.
#pragma once

#include <cstdint>
#include <optional>
#include <slipway/values.hpp>
#include <string>
#include <string_view>

namespace slipway::haproxy {

struct Record {
  std::string_view backend;
  std::string_view server;  // "<NOSRV>" when there was none to take the request
  std::int32_t status = 0;  // 0: there was no answer
  std::optional<std::uint32_t> total_us;
  std::string_view termination;
  std::uint32_t retries = 0;
  std::uint64_t number = 0;
  std::optional<Instant> ended;
  std::uint64_t mark = 0;  // unique among the records of one process
};

// Nothing for a line that is no record, such as "5 events dropped". Views lead into the line.
std::optional<Record> parse_record(std::string_view line);

// The release of a server named "<release>-<number>"; empty for any other name. A release's "+" is written "_".
std::string_view release_of(std::string_view server);
std::string server_form(std::string release);
// An application's backends end in "." and one of these letters.
inline constexpr std::string_view kSlots = "abc";
// The application's part of a backend named "<tenant>.<application>.a"; empty for any other name.
std::string_view application_of(std::string_view backend);
std::string application_key(std::string_view tenant, std::string_view application);

}  // namespace slipway::haproxy
