#include "host/api/shown.hpp"

#include "host/base/sha256.hpp"

namespace slipway::api {
namespace {

// Of what never changes.
constexpr char kOnlyVersion[] = "1";
constexpr std::size_t kVersionDigits = 16;

// `own` keeps what it has already.
Json joined(Json own, const Json& more) {
  own.insert(more.begin(), more.end());
  return own;
}

Json identified(Json own, const Identity& identity) { return joined(std::move(own), encode(identity)); }

}  // namespace

Json shown(const Request& request, const rollout::JournalEntry& entry) {
  return identified(encode(entry), {.id = request.arguments[0] + "/" + std::to_string(entry.sequence),
                                    .tenant = request.principal.tenant,
                                    .version = kOnlyVersion,
                                    .created_at = entry.at,
                                    .updated_at = entry.at});
}

Json shown(const rollout::Event& event) {
  return identified(encode(event), {.version = kOnlyVersion, .created_at = event.at, .updated_at = event.at});
}

Json shown(const Request&, const rollout::HostInfo& host) {
  return identified(encode(host), {.id = host.name,
                                   .version = base::sha256_hex(encode_text(host)).substr(0, kVersionDigits),
                                   .created_at = host.joined_at,
                                   .updated_at = host.seen_at});
}

// Its version is the one that the profile had while it was in force.
Json shown(const Request&, const lifecycle::Revision& revision) {
  return identified(encode(revision), {.id = std::to_string(revision.number),
                                       .version = revision.digest,
                                       .created_at = revision.at,
                                       .updated_at = revision.at});
}

Schema identified(Schema own) {
  const Schema more = schema<Identity>("Identity");
  for (const Json& name : more.schema["required"])
    if (!own.schema["properties"].contains(name.get<std::string>())) own.schema["required"].push_back(name);
  own.schema["properties"] = joined(std::move(own.schema["properties"]), more.schema["properties"]);
  return own;
}

}  // namespace slipway::api
