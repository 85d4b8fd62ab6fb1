// acme.greeter: an app that counts how the rollouts of each tenant end. What it has counted goes with the instance.
#include <slipway/app.hpp>

namespace acme_greeter {
namespace {

namespace app = slipway::app;
using slipway::Code;
using slipway::Error;

// What people write; `config` of plugin.json says the same as a schema.
struct Settings {
  slipway::Duration keep = slipway::seconds(86'400);
  std::int64_t tenants = 1000;
  static constexpr auto fields() {
    return slipway::fields(
        slipway::field("keep", &Settings::keep, "A tenant of whom nothing was heard for so long is forgotten."),
        slipway::field("tenants", &Settings::tenants, "Most tenants to count for.", slipway::between(1, 100'000)));
  }
};

class Counter final : public slipway::App<Settings> {
 public:
  Counter(slipway::Host& host, Settings settings) : App(host, std::move(settings)) {
    serve({app::Verb::get, "/api/endings", app::Access::read, "How often the tenant's rollouts ended in which way."},
          [this](app::HandleRequest request) { return show(std::move(request)); });
    serve({app::Verb::remove, "/api/endings", app::Access::write, "Begins to count anew."},
          [this](app::HandleRequest request) { return forget(std::move(request)); });
    hear("rollout.");
  }

  slipway::Empty on_event(const app::Event& event) {
    if (!counts_.contains(event.tenant) && counts_.size() >= static_cast<std::size_t>(settings().tenants))
      throw Error(Code::resource_exhausted, "there are " + std::to_string(counts_.size()) + " tenants already");
    Count& count = counts_[event.tenant];
    count.last = event.at;
    // An event may come twice.
    if (count.last_event != event.id) ++count.endings[event.type];
    count.last_event = event.id;
    return {};
  }

  app::TickReply tick(const app::TickRequest& request) {
    std::erase_if(counts_, [&](const auto& entry) { return entry.second.last + settings().keep <= request.now; });
    return {.next = settings().keep};
  }

 private:
  struct Count {
    std::map<std::string, std::int64_t> endings;  // by the type of the event
    std::string last_event;
    slipway::Instant last;
  };

  slipway::task<app::HandleReply> show(app::HandleRequest request) {
    app::HandleReply reply;
    reply.body = slipway::Json::object();
    const auto found = counts_.find(request.tenant);
    if (found != counts_.end()) reply.body = found->second.endings;
    co_return reply;
  }
  slipway::task<app::HandleReply> forget(app::HandleRequest request) {
    if (counts_.erase(request.tenant) == 0) throw Error(Code::not_found, "nothing was counted for this tenant");
    app::HandleReply reply;
    reply.status = 204;
    co_return reply;
  }

  std::map<std::string, Count> counts_;
};

}  // namespace
}  // namespace acme_greeter

SLIPWAY_PLUGIN(acme_greeter::Counter)
