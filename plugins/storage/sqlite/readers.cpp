#include "plugins/storage/sqlite/readers.hpp"

#include <exception>

namespace slipway::sqlite {
namespace {

constexpr auto kIdle = std::chrono::milliseconds(60'000);

Status answer(Database& database, Job& job) {
  if (job.abandoned()) return {Code::cancelled, "the caller gave up before it was read"};
  try {
    database.query("BEGIN").run();
    job.run(database, {});
    database.query("COMMIT").run();
    return {};
  } catch (const Error& error) {
    database.roll_back();
    return error.status();
  } catch (const std::exception& error) {
    database.roll_back();
    return {Code::internal, std::string("the read failed: ") + error.what()};
  }
}

}  // namespace

Readers::Readers(const DatabaseSettings& settings, std::size_t count, QueueLimits limits) : queue_("reads", limits) {
  for (std::size_t i = 0; i < count; ++i) databases_.push_back(std::make_unique<Database>(settings, Access::read));
  for (const auto& database : databases_) threads_.emplace_back([this, &database = *database] { work(database); });
}

Readers::~Readers() { stop(); }

void Readers::stop() {
  queue_.close();
  threads_.clear();
}

void Readers::work(Database& database) {
  while (!queue_.ended()) {
    for (const auto& job : queue_.take(1, kIdle)) job->finish(answer(database, *job));
  }
}

}  // namespace slipway::sqlite
