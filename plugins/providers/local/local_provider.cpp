// provider-local: replicas as processes of this machine behind HAProxy. Calls come on any thread and are carried out on
// the plugin's own.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <slipway/plugin.hpp>

#include "plugins/providers/local/assembly.hpp"
#include "plugins/providers/local/reconcile/validate.hpp"

namespace slipway::local {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kSecretsDeadline(30);

class HostNotices final : public Notices {
 public:
  explicit HostNotices(Host& host) : host_(host) {}
  void log(Level level, const std::string& text) override { host_.log(static_cast<LogLevel>(level), text); }
  void changed(const std::string& tenant, const std::string& application) override {
    host_.emit_now(provider::kChanged, {{"tenant", tenant}, {"application", application}});
  }

 private:
  Host& host_;
};

// A coroutine of the host's services that works for no call and that nobody awaits.
struct Unattended {
  struct promise_type {
    CallScope* scope = nullptr;
    Unattended get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }  // fetch catches everything
  };
};

using Values = std::map<std::string, std::string>;
using Deliver = std::function<void(Result<Values>)>;

Unattended fetch(Host& host, std::string tenant, std::vector<std::string> references, Deliver deliver) {
  Status failure;
  try {
    Values values = co_await host.secrets(std::move(tenant), std::move(references));
    deliver(std::move(values));
    co_return;
  } catch (const Error& error) {
    failure = error.status();
  } catch (const std::exception& error) {
    failure = Status(Code::internal, error.what());
  }
  deliver(failure);
}

class HostSecrets final : public Secrets {
 public:
  explicit HostSecrets(Host& host) : host_(host) {}

  awaitable<Values> resolve(std::string tenant, std::vector<std::string> references) override {
    struct Answer {
      explicit Answer(const asio::any_io_executor& executor) : arrived(executor, kSecretsDeadline) {}
      asio::steady_timer arrived;
      std::optional<Result<Values>> values;
    };
    const auto executor = co_await asio::this_coro::executor;
    const auto answer = std::make_shared<Answer>(executor);
    fetch(host_, std::move(tenant), std::move(references), [answer, executor](Result<Values> values) {
      asio::post(executor, [answer, values = std::move(values)] {
        answer->values = values;
        answer->arrived.cancel();
      });
    });
    boost::system::error_code ignored;
    co_await answer->arrived.async_wait(into(ignored));
    if (!answer->values) throw Error(Code::deadline_exceeded, "the host did not answer for secrets within 30 s");
    co_return value_or_throw(std::move(*answer->values));
  }

 private:
  Host& host_;
};

class LocalProvider final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<provider::Interface>;
  LocalProvider(Host& host, Settings settings) : Plugin(host, std::move(settings)), notices_(host), secrets_(host) {}
  ~LocalProvider() { join(); }

  void start() {
    assembly_ = std::make_unique<Assembly>(settings(), context_, notices_, secrets_);
    asio::post(context_, [this] { assembly_->begin(); });
    thread_ = std::thread([this] { context_.run(); });
  }

  plugin::HealthReply health() {
    const std::string problem = assembly_ ? assembly_->problem() : "";
    const auto condition = problem.empty() ? plugin::Condition::healthy : plugin::Condition::degraded;
    return {condition, {{"haproxy", condition, problem}}};
  }

  provider::CapabilitiesReply capabilities(const Empty&) {
    provider::CapabilitiesReply reply;
    reply.header_routes = reply.mirroring = reply.sticky = true;
    return reply;
  }

  provider::ValidateReply validate(const provider::Desired& desired) { return {problems_of(desired)}; }

  void apply(provider::Desired desired, Completer<Empty> answer) {
    if (const auto problems = problems_of(desired); !problems.empty()) return answer(refusal(problems));
    const auto work = [this, desired = std::move(desired)]() mutable -> awaitable<Result<Empty>> {
      const Status status = co_await assembly_->reconciler().apply(std::move(desired));
      if (!status.ok()) co_return status;
      co_return Empty{};
    };
    carry_out<Empty>(work, std::move(answer));
  }

  void observe(provider::Target target, Completer<provider::Observation> answer) {
    const auto work = [this, target = std::move(target)]() -> awaitable<Result<provider::Observation>> {
      co_return co_await assembly_->reconciler().observe(target);
    };
    carry_out<provider::Observation>(work, std::move(answer));
  }

  void remove(provider::Removal removal, Completer<Empty> answer) {
    const auto work = [this, removal = std::move(removal)]() -> awaitable<Result<Empty>> {
      const Status status = assembly_->reconciler().remove(removal);
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
  // Goes last: what the assembly is made of holds timers and sockets of it.
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_{context_.get_executor()};
  std::unique_ptr<Assembly> assembly_;
  std::thread thread_;
};

}  // namespace
}  // namespace slipway::local

SLIPWAY_PLUGIN(slipway::local::LocalProvider)
