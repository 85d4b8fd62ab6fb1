#include "plugins/providers/local/world/world.hpp"

namespace slipway::local {
namespace {

constexpr std::string_view kSuffix = ".json";

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
  return records;
}

void World::save(const ApplicationRecord& record, Durability durability) const {
  write_file(file_of(record.desired.tenant, record.desired.application), encode_text(record), durability);
}

void World::erase(const std::string& tenant, const std::string& application) const {
  std::filesystem::remove(file_of(tenant, application));
}

std::filesystem::path World::file_of(const std::string& tenant, const std::string& application) const {
  return folder_ / (tenant + "." + application + std::string(kSuffix));
}

Status check_fence(const provider::Desired& seen, const provider::Desired& fresh) {
  if (fresh.token < seen.token) {
    return {Code::aborted, older(fresh.application, "fencing token", fresh.token, seen.token)};
  }
  if (fresh.generation < seen.generation) {
    return {Code::aborted, older(fresh.application, "generation", fresh.generation, seen.generation)};
  }
  return {};
}

}  // namespace slipway::local
