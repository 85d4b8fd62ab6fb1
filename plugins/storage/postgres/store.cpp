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
  pool_.with([&](Connection& application) {
    if (settings.owner) {
      Connection owner(*settings.owner);
      migrate(owner, migrations(), application.query("SELECT current_user").text(0, 0));
    }
    check_application(application, migrations());
  });
}

}  // namespace slipway::postgres
