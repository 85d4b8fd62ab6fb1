#include "plugins/providers/local/world/world.hpp"

#include <algorithm>

namespace slipway::local {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr const char* kRemoved = "removed";  // without the suffix: it is no application

std::string older(const std::string& application, const char* what, std::int64_t fresh, std::int64_t seen) {
  return "application \"" + application + "\": the " + what + " " + std::to_string(fresh) + " is older than " +
         std::to_string(seen) + ", which was applied already; somebody else has taken over";
}

}  // namespace

World::World(std::filesystem::path folder) : folder_(std::move(folder)) { make_private_folder(folder_); }

std::vector<ApplicationRecord> World::load(std::vector<std::string>& problems) const {
  std::vector<ApplicationRecord> records;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (!entry.path().string().ends_with(kSuffix)) continue;
    const auto text = read_file(entry.path(), std::size_t{64} << 20);
    auto record = decode_text<ApplicationRecord>(text.value_or(""), "\"" + entry.path().string() + "\"",
                                                 Unknown::ignored, {.bytes = std::size_t{64} << 20});
    if (record.ok())
      records.push_back(std::move(record).value());
    else
      problems.push_back(to_string(record.status()));
  }
  if (const auto gone = removed(); !gone.ok()) problems.push_back(to_string(gone.status()));
  return records;
}

void World::save(const ApplicationRecord& record, Durability durability) const {
  write_file(file_of(record.desired.tenant, record.desired.application), encode_text(record), durability);
}

void World::erase(const provider::Desired& last) const {
  if (last.token > 0) fence_off(last.tenant, last.application, last.token);
  std::filesystem::remove(file_of(last.tenant, last.application));
}

void World::fence_off(const std::string& tenant, const std::string& application, std::int64_t token) const {
  auto known = removed();
  RemovedRecords records = known.ok() ? std::move(*known) : RemovedRecords{};
  std::erase_if(records.removed, [&](const RemovedRecord& record) {
    return record.tenant == tenant && record.application == application;
  });
  records.removed.push_back({tenant, application, token});
  if (records.removed.size() > kMostRemoved) records.removed.erase(records.removed.begin());
  write_file(folder_ / kRemoved, encode_text(records), Durability::kMachine);
}

std::int64_t World::fence_of_removed(const std::string& tenant, const std::string& application) const {
  const auto records = removed();
  if (!records.ok()) return 0;
  const auto found = std::ranges::find_if(records->removed, [&](const RemovedRecord& record) {
    return record.tenant == tenant && record.application == application;
  });
  return found == records->removed.end() ? 0 : found->token;
}

Result<RemovedRecords> World::removed() const {
  const std::filesystem::path path = folder_ / kRemoved;
  const auto text = read_file(path);
  if (!text) return RemovedRecords{};
  return decode_text<RemovedRecords>(*text, "\"" + path.string() + "\"", Unknown::ignored,
                                     {.bytes = std::size_t{8} << 20});
}

std::filesystem::path World::file_of(const std::string& tenant, const std::string& application) const {
  return folder_ / (tenant + "." + application + std::string(kSuffix));
}

Status check_token(const provider::Desired& seen, std::int64_t token) {
  if (token >= seen.token) return {};
  return {Code::aborted, older(seen.application, "fencing token", token, seen.token)};
}

Status check_fence(const provider::Desired& seen, const provider::Desired& fresh) {
  if (Status fence = check_token(seen, fresh.token); !fence.ok()) return fence;
  if (fresh.token > seen.token || fresh.generation >= seen.generation) return {};
  return {Code::aborted, older(fresh.application, "generation", fresh.generation, seen.generation)};
}

}  // namespace slipway::local
