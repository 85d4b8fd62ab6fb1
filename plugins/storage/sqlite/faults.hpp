// What SQLite's result codes mean to a caller of the store.
#pragma once

#include <slipway/status.hpp>
#include <string>

namespace slipway::sqlite {

// `code` is an extended result code, `system_error` the errno behind it or 0, `said` SQLite's own text.
Status to_status(const std::string& path, int code, int system_error, const std::string& said);

// DATA_LOSS with the way out.
Status damaged(const std::string& path, const std::string& said);

// Whether the file's surroundings failed, so that every write under way fails with it.
bool concerns_everyone(const Status& status);

}  // namespace slipway::sqlite
