#include "plugins/metrics/probe/checks.hpp"

#include <cstdlib>

#include "plugins/metrics/probe/expectation.hpp"
#include "plugins/metrics/probe/lanes.hpp"

namespace slipway::probe {
namespace {

constexpr std::size_t kLanes = 16;
// What is kept of the call's time for its answer.
constexpr std::int64_t kReserve = 100'000'000;

// Time of one attempt: its timeout, unless the call ends before.
struct Limit {
  Duration time;
  bool is_shortened = false;
};

Limit limit_of(const Check& check, const CallScope& scope) {
  const std::int64_t left = time_left(scope).ns - kReserve;
  return left < check.timeout.ns ? Limit{{std::max<std::int64_t>(0, left)}, true} : Limit{check.timeout};
}

Outcome missing(std::string why) { return {Outcome::Result::missing, std::move(why), std::nullopt}; }
Outcome failed(std::string why) { return {Outcome::Result::failed, std::move(why), std::nullopt}; }

services::HttpRequest request_of(const Check& check, const std::string& address) {
  services::HttpRequest request;
  request.method = check.method;
  request.url = "http://" + address + check.path;
  request.headers = check.headers;
  request.body = check.body;
  return request;
}

Outcome judged(const Check& check, const services::HttpReply& reply) {
  std::string wrong = mismatch(check.expect, reply);
  if (!wrong.empty()) return {Outcome::Result::failed, std::move(wrong), reply.elapsed};
  return {Outcome::Result::passed, "status " + std::to_string(reply.status), reply.elapsed};
}

// An exchange that failed speaks against the replica; a host that refuses, or a caller who has given up, does not.
Outcome blamed(const Error& error, Duration limit) {
  switch (error.status().code) {
    case Code::deadline_exceeded:
      return failed("no answer within " + to_string(limit));
    case Code::unavailable:
    case Code::resource_exhausted:
    case Code::data_loss:
    case Code::unknown:
      return failed(error.what());
    default:
      throw error;
  }
}

task<Outcome> ask_http(Host& host, const Check& check, const std::string& address, Duration limit) {
  services::HttpRequest request = request_of(check, address);
  try {
    const services::HttpReply reply = co_await host.http(std::move(request), limit);
    co_return judged(check, reply);
  } catch (const Error& error) {
    co_return blamed(error, limit);
  }
}

task<Outcome> ask_tcp(Worker& worker, const Check& check, Address address, Duration limit) {
  Awaited connected([&](Worker::Done done) { return worker.connect(address, limit, std::move(done)); });
  Outcome outcome = co_await connected;
  const std::string slow = outcome.latency ? too_slow(check.expect, *outcome.latency) : "";
  if (!slow.empty()) outcome = {Outcome::Result::failed, slow, outcome.latency};
  co_return outcome;
}

Command command_of(const Check& check, const Replica& replica, const Address& address) {
  const char* const path = std::getenv("PATH");
  return {check.command,
          {{"PATH", path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path},
           {"ADDRESS", replica.address},
           {"HOST", address.host},
           {"PORT", address.port},
           {"APPLICATION", replica.application},
           {"RELEASE", replica.release},
           {"ROLE", replica.role}},
          check.output};
}

task<Outcome> ask_command(Worker& worker, Command command, Duration limit) {
  Awaited ended([&](Worker::Done done) { return worker.run(command, limit, std::move(done)); });
  Outcome outcome = co_await ended;
  co_return outcome;
}

task<Outcome> ask(Means means, const Check& check, const Replica& replica, Duration limit) {
  const auto address = parse_address(replica.address);
  if (!address.ok()) co_return failed(address.status().message);
  Outcome outcome;
  if (check.kind == Kind::http) outcome = co_await ask_http(means.host, check, replica.address, limit);
  if (check.kind == Kind::tcp) outcome = co_await ask_tcp(means.worker, check, *address, limit);
  if (check.kind == Kind::command) {
    Command command = command_of(check, replica, *address);
    outcome = co_await ask_command(means.worker, std::move(command), limit);
  }
  co_return outcome;
}

// One try within what is left of the call.
task<Outcome> attempt(Means means, const Check& check, const Replica& replica) {
  const CallScope& scope = co_await this_call();
  const Limit limit = limit_of(check, scope);
  if (scope.cancelled) throw Error(Code::cancelled, "the caller has given up");
  if (limit.time.ns == 0) co_return missing("not made: the time of the query was over");
  Outcome outcome = co_await ask(means, check, replica, limit.time);
  const bool cut_off = limit.is_shortened && outcome.result == Outcome::Result::failed && !outcome.latency;
  if (cut_off) outcome = missing("the time of the query was over after " + to_string(limit.time));
  co_return outcome;
}

task<Outcome> try_check(Means means, const Query& query, const Check& check, const Replica& replica) {
  Outcome outcome;
  for (std::int32_t tries = 1; tries <= query.attempts; ++tries) {
    if (tries > 1) co_await means.host.sleep(query.pause);
    outcome = co_await attempt(means, check, replica);
    if (outcome.result != Outcome::Result::failed) break;
    if (tries == query.attempts && tries > 1) outcome.detail += " (" + std::to_string(tries) + " attempts)";
  }
  co_return outcome;
}

task<void> lane(Means means, const Query& query, std::vector<Replica>& replicas, std::atomic<std::size_t>& next) {
  while (true) {
    const std::size_t mine = next++;
    if (mine >= replicas.size()) co_return;
    for (const Check& check : query.checks) {
      Outcome outcome = co_await try_check(means, query, check, replicas[mine]);
      replicas[mine].outcomes.push_back(std::move(outcome));
    }
  }
}

}  // namespace

task<void> check_all(Means means, const Query& query, std::vector<Replica>& replicas) {
  std::atomic<std::size_t> next{0};
  std::vector<task<void>> lanes;
  for (std::size_t i = 0; i < std::min(kLanes, replicas.size()); ++i)
    lanes.push_back(lane(means, query, replicas, next));
  AllOf all(std::move(lanes));
  co_await all;
}

}  // namespace slipway::probe
