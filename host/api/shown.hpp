// What the API shows of an object: its own document and, where that has them not, the fields that every object of the
// API has. Which object has which, and why, is in docs/decisions/0050-what-every-object-of-the-api-has.md.
#pragma once

#include <optional>
#include <slipway/document.hpp>
#include <string>

#include "host/api/message.hpp"
#include "host/api/operation.hpp"
#include "host/lifecycle/revisions.hpp"
#include "host/rollout/host_model.hpp"
#include "host/rollout/model.hpp"

namespace slipway::api {

struct Identity {
  std::string id;
  std::optional<std::string> tenant;
  std::string version;
  Instant created_at;
  Instant updated_at;
  static constexpr auto fields() {
    return slipway::fields(
        required("id", &Identity::id, "Unique id among its kind."),
        field("tenant", &Identity::tenant, "Whose it is; absent for what belongs to a host and no tenant."),
        required("version", &Identity::version, "Opaque; changes with every write."),
        required("created_at", &Identity::created_at, "When it was made."),
        required("updated_at", &Identity::updated_at,
                 "When it was last written; of what never changes when it was made."));
  }
};

template <class T>
Json shown(const Request&, const T& object) {
  return encode(object);
}
Json shown(const Request& request, const rollout::JournalEntry& entry);
Json shown(const rollout::Event& event);
Json shown(const Request& request, const rollout::HostInfo& host);
Json shown(const Request& request, const lifecycle::Revision& revision);

// The schema of such an object: that of its own document, which wins, with the fields of Identity.
Schema identified(Schema own);

}  // namespace slipway::api
