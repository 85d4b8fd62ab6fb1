#include "plugins/storage/postgres/store.hpp"

#include <thread>

#include "plugins/storage/postgres/schema.hpp"

namespace slipway::postgres {
namespace {

WriterSettings complete(WriterSettings writer, const Target& target) {
  writer.target = target;
  if (!writer.pause)
    writer.pause = [](Duration time) { std::this_thread::sleep_for(std::chrono::nanoseconds(time.ns)); };
  return writer;
}

}  // namespace

Store::Store(const StoreSettings& settings)
    : pool_(settings.target, settings.connections), writer_(complete(settings.writer, settings.target)) {
  pool_.with([&](Connection& application) { bring_up_to_date(application, settings.owner); });
}

}  // namespace slipway::postgres
