// Answers that hold many records: how large they get, and the cursors between them.
#pragma once

#include <cstdint>
#include <slipway/interfaces/storage.hpp>
#include <string>
#include <string_view>

namespace slipway::store {

// Replies stop growing here, so that none is larger than a host takes: get refuses, scan and read end the page early.
inline constexpr std::int64_t kReplyBytes = std::int64_t{2} << 20;

// The last record of a page: "<bytes of the tenant>:<tenant><id>".
struct Place {
  std::string tenant;
  std::string id;
};
std::string to_cursor(const storage::Key& key);
// The empty cursor is the begin. Throws Error INVALID_ARGUMENT for one that to_cursor has not made.
Place from_cursor(std::string_view cursor);

// What get says of `records` that are larger than kReplyBytes together.
Error too_much_at_once(std::size_t records);

}  // namespace slipway::store
