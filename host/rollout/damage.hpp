// Records and entries of the store that can't be read: reported by their key and left alone, so that they hold up
// nothing else.
#pragma once

#include <slipway/interfaces/storage.hpp>
#include <slipway/status.hpp>
#include <string>

#include "host/telemetry/log.hpp"

namespace slipway::rollout {

// Only for DATA_LOSS; the status names kind and id.
inline void report_damage(const telemetry::Log& log, const std::string& tenant, const Status& status) {
  if (status.code != Code::data_loss) return;
  log.error("a record of the store is damaged; it is left alone, the others go on",
            {{"tenant", tenant}, {"reason", to_string(status)}});
}

inline void report_damage(const telemetry::Log& log, const storage::StreamRef& stream, std::int64_t sequence,
                          const Status& status) {
  log.error(
      "an entry of the store is damaged; it is left out, the others go on",
      {{"tenant", stream.tenant}, {"stream", stream.name}, {"sequence", sequence}, {"reason", to_string(status)}});
}

}  // namespace slipway::rollout
