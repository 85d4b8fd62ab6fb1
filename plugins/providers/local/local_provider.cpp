// provider-local: replicas as processes of this machine behind HAProxy. Calls come on any thread and are carried out on
// the plugin's own.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <slipway/plugin.hpp>

#include "plugins/providers/local/assembly.hpp"
#include "plugins/providers/local/host_services.hpp"
#include "plugins/providers/local/reconcile/plan.hpp"
#include "plugins/providers/local/reconcile/validate.hpp"

namespace slipway::local {
namespace {

namespace asio = boost::asio;

class LocalProvider final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<provider::Interface>;
  LocalProvider(Host& host, Settings settings)
      : Plugin(host, std::move(settings)), notices_(host), secrets_(host), store_(host) {}
  ~LocalProvider() { join(); }

  void start() {
    assembly_ = std::make_unique<Assembly>(settings(), context_, notices_, secrets_, store_);
    asio::post(context_, [this] { assembly_->begin(); });
    thread_ = std::thread([this] { context_.run(); });
  }

  void stop() { store_.close(); }

  plugin::HealthReply health() {
    plugin::HealthReply reply;
    const auto add = [&reply](const char* check, std::string problem) {
      const auto condition = problem.empty() ? plugin::Condition::healthy : plugin::Condition::degraded;
      reply.condition = std::max(reply.condition, condition);
      reply.checks.push_back({check, condition, std::move(problem)});
    };
    add("haproxy", assembly_ ? assembly_->problem() : "");
    add("replicas", assembly_ ? assembly_->replicas_problem() : "");
    if (!settings().pool.name.empty()) add("pool", assembly_ ? assembly_->pool_problem() : "");
    return reply;
  }

  provider::CapabilitiesReply capabilities(const Empty&) {
    provider::CapabilitiesReply reply;
    reply.header_routes = reply.mirroring = reply.sticky = true;
    reply.max_groups = static_cast<std::int32_t>(kSlots);
    return reply;
  }

  provider::ValidateReply validate(const provider::Desired& desired) { return {problems_of(desired)}; }

  void apply(provider::Desired desired, Completer<Empty> answer) {
    if (const auto problems = problems_of(desired); !problems.empty()) return answer(refusal(problems));
    const auto work = [this, desired = std::move(desired)]() mutable -> awaitable<Result<Empty>> {
      const Status status = co_await assembly_->apply(std::move(desired));
      if (!status.ok()) co_return status;
      co_return Empty{};
    };
    carry_out<Empty>(work, std::move(answer));
  }

  void observe(provider::Target target, Completer<provider::Observation> answer) {
    const auto work = [this, target = std::move(target)]() -> awaitable<Result<provider::Observation>> {
      co_return co_await assembly_->observe(target);
    };
    carry_out<provider::Observation>(work, std::move(answer));
  }

  void remove(provider::Removal removal, Completer<Empty> answer) {
    const auto work = [this, removal = std::move(removal)]() -> awaitable<Result<Empty>> {
      const Status status = co_await assembly_->remove(removal);
      if (!status.ok()) co_return status;
      co_return Empty{};
    };
    carry_out<Empty>(work, std::move(answer));
  }

 private:
  static Status refusal(const std::vector<std::string>& problems) {
    Status status(Code::invalid_argument, "the local provider can't run this: " + problems.front());
    for (const std::string& problem : problems) status.problems.push_back({"", "", problem});
    return status;
  }

  // Runs the work on the plugin's thread and answers with what it returns or throws.
  template <class Reply, class Work>
  void carry_out(Work work, Completer<Reply> answer) {
    auto call = [](Work inner, Completer<Reply> done) -> awaitable<void> {
      Result<Reply> result = Status(Code::internal, "nothing happened");
      try {
        result = co_await inner();
      } catch (const Error& error) {
        result = error.status();
      } catch (const std::exception& error) {
        result = Status(Code::internal, error.what());
      }
      done(result);
    };
    asio::co_spawn(context_, call(std::move(work), std::move(answer)), asio::detached);
  }

  void join() {
    guard_.reset();
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  HostNotices notices_;
  HostSecrets secrets_;
  HostStore store_;
  // Goes last: what the assembly is made of holds timers and sockets of it.
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_{context_.get_executor()};
  std::unique_ptr<Assembly> assembly_;
  std::thread thread_;
};

}  // namespace
}  // namespace slipway::local

SLIPWAY_PLUGIN(slipway::local::LocalProvider)
