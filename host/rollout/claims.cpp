#include "host/rollout/claims.hpp"

#include <set>

namespace slipway::rollout {
namespace {

storage::Key key_of(const std::string& host) { return {"slipway", "host", host}; }

Status taken(const Claimant& who, const std::string& host, const std::string& owner) {
  const std::string own = who.tenant + "/";
  const std::string whose = owner.starts_with(own) ? "application \"" + owner.substr(own.size()) + "\""
                                                   : std::string("an application of another tenant");
  return Status(Code::already_exists, "host \"" + host + "\" leads to " + whose +
                                          "; name other hosts in /hosts, or take it from there first");
}

}  // namespace

Later<storage::WriteRequest> claim(Store& store, Claimant who, std::vector<std::string> before,
                                   std::vector<std::string> after) {
  const std::set<std::string> wanted(after.begin(), after.end());
  std::set<std::string> all(before.begin(), before.end());
  all.insert(after.begin(), after.end());
  std::vector<storage::Key> asked;
  for (const std::string& host : all) asked.push_back(key_of(host));
  const auto found = co_await store.get(std::move(asked));
  if (!found.ok()) co_return found.status();
  const std::string own = who.tenant + "/" + who.application;
  storage::WriteRequest part;
  std::set<std::string> held;
  for (const storage::Record& record : found->records) {
    const bool ours = record.value == own;
    if (!ours && wanted.contains(record.key.id)) co_return taken(who, record.key.id, record.value);
    if (!ours) continue;
    held.insert(record.key.id);
    part.expect.push_back({record.key, record.version});
    if (!wanted.contains(record.key.id)) part.removes.push_back(record.key);
  }
  for (const std::string& host : wanted) {
    if (held.contains(host)) continue;
    part.expect.push_back({key_of(host), 0});
    part.puts.push_back({key_of(host), own});
  }
  co_return part;
}

void join(storage::WriteRequest& batch, storage::WriteRequest other) {
  const auto add = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  add(batch.expect, other.expect);
  add(batch.puts, other.puts);
  add(batch.removes, other.removes);
  batch.appends.insert(batch.appends.begin(), other.appends.begin(), other.appends.end());
}

}  // namespace slipway::rollout
