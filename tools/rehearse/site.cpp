#include "tools/rehearse/site.hpp"

#include <algorithm>
#include <slipway/interfaces/gate.hpp>

#include "tools/rehearse/serve.hpp"

namespace slipway::simulate {
namespace {

constexpr Duration kPatience = seconds(60);

// Every gate of the site.
struct OpenGate {
  gate::CheckReply check(const gate::CheckRequest&) {
    return {.state = strategy::GateState::open, .reason = "gates are open in a simulation", .retry_at = {}};
  }
};

// "strategies.canary": strategy, canary. Others have no package here.
std::pair<std::string, std::string> package_of(const std::string& binding) {
  if (binding.starts_with("strategies.")) return {"strategy", binding.substr(std::string_view("strategies.").size())};
  if (binding.starts_with("analyzers.")) return {"analyzer", binding.substr(std::string_view("analyzers.").size())};
  return {};
}

}  // namespace

Site::Site(SiteSettings settings, Instant begin, offline::Packages& packages)
    : settings_(std::move(settings)),
      packages_(packages),
      time_(begin),
      random_(settings_.seed),
      ids_(time_, random_),
      store_(time_),
      provider_(time_, settings_.start,
                [this] {
                  if (engine_) engine_->provider_changed("default", settings_.traffic.application);
                }),
      traffic_(settings_.traffic, provider_) {}

Site::~Site() { crash(); }

void Site::start() {
  context_ = std::make_unique<boost::asio::io_context>(1);
  rollout::EngineSettings settings;
  settings.environment = "simulation";
  settings.wiring.gates = settings_.gates;
  engine_ = std::make_unique<rollout::Engine>(rollout::EngineParts{context_->get_executor(), *this, time_, time_, ids_,
                                                                   random_, telemetry::Log::none(), metrics_},
                                              std::move(settings));
  auto box = std::make_shared<std::optional<Status>>();
  auto resume = [](rollout::Engine* engine,
                   std::shared_ptr<std::optional<Status>> into) -> boost::asio::awaitable<void> {
    *into = co_await engine->resume(kPatience);
  };
  boost::asio::co_spawn(*context_, resume(engine_.get(), box), boost::asio::detached);
  while (!box->has_value() && engine_ && turn()) {
  }
  if (box->has_value() && !(*box)->ok()) throw Error(**box);
}

// Nothing of it runs again.
void Site::crash() {
  engine_.reset();
  context_.reset();
}

void Site::begin() {
  begun_ = now();
  traffic_.begin(now());
  for (const Fault& fault : settings_.faults) arrange(fault);
}

void Site::arrange(const Fault& fault) {
  if (fault.what == "replicas") {
    time_.after(fault.after, [this, fault] { provider_.hold_back(settings_.traffic.changed, now() + fault.lasting); });
  } else if (fault.what == "host") {
    time_.after(fault.after, [this] { crash(); });
    time_.after(fault.after + fault.lasting, [this] { start(); });
  }
}

bool Site::turn() {
  if (context_) context_->restart();
  return (context_ && context_->poll_one() > 0) || time_.turn();
}

bool Site::is_failing(std::string_view binding) const {
  return begun_ && std::any_of(settings_.faults.begin(), settings_.faults.end(), [&](const Fault& fault) {
           const Instant from = *begun_ + fault.after;
           return fault.what == binding && now() >= from && now() < from + fault.lasting;
         });
}

boost::asio::awaitable<Result<std::string>> Site::call(std::string_view binding, std::string_view interface,
                                                       std::uint32_t method, std::string payload,
                                                       bridge::CallContext /*context*/) {
  if (is_failing(binding)) co_return Status(Code::unavailable, std::string(binding) + " is not there");
  try {
    co_return answer(std::string(binding), std::string(interface), method, payload);
  } catch (const Error& error) {
    co_return error.status();
  }
}

Result<std::string> Site::answer(const std::string& binding, const std::string& interface, std::uint32_t method,
                                 const std::string& payload) {
  if (binding == "storage") return serve<storage::Interface>(store_, method, payload);
  if (binding == "provider") return serve<provider::Interface>(provider_, method, payload);
  if (binding.starts_with("metrics.")) return serve<metrics::Interface>(traffic_, method, payload);
  OpenGate gate;
  if (binding.starts_with("gates.")) return serve<gate::Interface>(gate, method, payload);
  if (package_of(binding).first.empty()) return Status(Code::not_found, "there is no " + binding + " in a simulation");
  test::FakeHost& host = instance(binding);
  return host.call_bytes(host.index_of(interface), method, payload);
}

test::FakeHost& Site::instance(const std::string& binding) {
  auto& host = instances_[binding];
  if (host) return *host;
  const auto [kind, name] = package_of(binding);
  host = std::make_unique<test::FakeHost>(packages_.library(kind, name).table());
  if (const Status status = host->run(); !status.ok()) throw Error(status);
  return *host;
}

}  // namespace slipway::simulate
