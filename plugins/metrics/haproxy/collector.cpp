#include "plugins/metrics/haproxy/collector.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <slipway/metrics_answers.hpp>
#include <thread>

#include "plugins/metrics/haproxy/listener.hpp"
#include "plugins/metrics/haproxy/samples.hpp"
#include "plugins/metrics/haproxy/stats.hpp"
#include "plugins/metrics/haproxy/tail.hpp"

namespace slipway::haproxy {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using Failure = boost::system::error_code;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kRemembered = 1024;
constexpr std::chrono::milliseconds kStatsLimit{200};
// A worker that has just started connects its ring within a second.
constexpr Duration kStreamComes = milliseconds(1200);
// HAProxy's threads stamp records with the time at which each began its turn, so the last of a window may come after
// the first of the next.
constexpr Duration kDisorder = milliseconds(5);
// A record that is missing may be one of a thread that rests; after this it is told as lost.
constexpr Duration kStragglers = seconds(1);
// A smaller correction of the clock only blurs a window.
constexpr Duration kStepBack = seconds(1);

Instant now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
}

// Answers also when its frame is thrown away.
class Answer {
 public:
  explicit Answer(Collector::Done done) : done_(std::move(done)) {}
  Answer(Answer&& other) noexcept : done_(std::exchange(other.done_, nullptr)) {}
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    if (done_) done_(Status(Code::unavailable, "the plugin is stopping"));
  }
  void operator()(Result<metrics::QueryReply> reply) { std::exchange(done_, nullptr)(std::move(reply)); }

 private:
  Collector::Done done_;
};

// Coroutines that wait for something to change; each looks for itself whether it was that.
class Change {
 public:
  void happened() {
    for (asio::steady_timer* timer : waiting_) timer->cancel();
  }
  asio::awaitable<void> wait(Duration most) {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::nanoseconds(most.ns));
    const auto place = waiting_.insert(waiting_.end(), &timer);
    struct Leave {
      std::list<asio::steady_timer*>& list;
      std::list<asio::steady_timer*>::iterator place;
      ~Leave() { list.erase(place); }
    } const leave{waiting_, place};
    Failure ignored;
    co_await timer.async_wait(asio::redirect_error(use_awaitable, ignored));
  }

 private:
  std::list<asio::steady_timer*> waiting_;
};

}  // namespace

struct Collector::Loop {
  Loop(CollectorSettings with, CollectorEvents then)
      : settings(std::move(with)), events(std::move(then)), history(settings.history) {
    if (!settings.records_socket.empty())
      listener.emplace(context.get_executor(), settings.records_socket, listener_events());
    if (!settings.stats_socket.empty()) asio::co_spawn(context, sample_for_ever(), asio::detached);
    if (!settings.stats_socket.empty() && !settings.records_socket.empty())
      tail.emplace(context.get_executor(), settings.stats_socket, settings.ring, tail_events());
    asio::co_spawn(context, tidy_for_ever(), asio::detached);
    thread = std::thread([this] { context.run(); });
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    context.stop();
    thread.join();
  }

  ListenerEvents listener_events() {
    return {.connected = [this](std::int32_t pid) { streams.connected(pid, now()), look(); },
            .disconnected = [this](std::int32_t pid) { streams.disconnected(pid, now()), look(), look_back(); },
            .message = [this](std::int32_t pid, std::string_view line) { take(pid, line); },
            .caught_up = [this] { change.happened(); },
            .problem = [this](const std::string& text) { events.problem(text); }};
  }
  void take(std::int32_t pid, std::string_view line) {
    const auto record = parse_record(line);
    if (!record) return;
    const Instant ended = record->ended.value_or(now());
    if (streams.take(pid, record->number, ended, record->mark)) history.add(*record, ended);
  }
  TailEvents tail_events() {
    return {.record = [this](std::int32_t pid, std::string_view line) { take_kept(pid, line); },
            .changed = [this] { change.happened(); }};
  }
  void take_kept(std::int32_t pid, std::string_view line) {
    const auto record = parse_record(line);
    if (!record || !record->ended) return;
    if (streams.take_kept(pid, record->number, *record->ended, record->mark)) history.add(*record, *record->ended);
  }
  // The process whose stream ended may be on its way out.
  void look_back() {
    if (tail) tail->look();
  }

  asio::awaitable<void> sample() {
    const auto begin = Steady::now();
    mind_the_clock();
    const Instant at = now();
    const auto text = co_await ask_stats(settings.stats_socket, "show info; show stat", kStatsLimit);
    last_cost = Steady::now() - begin;
    next_sample = Steady::now() + 10 * last_cost;
    const auto found = text.ok() ? parse_sample(*text, at) : std::nullopt;
    if (found && counters.pid() != found->pid) look_back();
    if (found) counters.take(*found);
    if (found)
      for (const auto& [backend, release] : found->releases) history.serves(backend, release);
    report_stats(found ? "" : text.ok() ? "its answer makes no sense" : text.status().message);
    change.happened();
  }
  asio::awaitable<void> sample_for_ever() {
    asio::steady_timer pause(context);
    while (true) {
      sampling = true;
      co_await sample();
      sampling = false;
      pause.expires_after(
          std::max<Steady::duration>(std::chrono::nanoseconds(settings.sample_every.ns), 10 * last_cost));
      co_await pause.async_wait(use_awaitable);
    }
  }
  // One more sample for a question, unless samples have become expensive; whoever comes meanwhile shares it.
  asio::awaitable<void> sample_now() {
    if (settings.stats_socket.empty() || sampling || Steady::now() < next_sample) co_return;
    sampling = true;
    co_await sample();
    sampling = false;
  }

  // After a step back the windows of the past have times that come again: only what is heard from here on counts.
  void mind_the_clock() {
    const Instant at = now();
    if (at + kStepBack < seen) {
      events.problem("the clock was set back by " + to_string(seen - at) + "; the numbers of before are dropped");
      history.begin_anew(at);
      streams.begin_anew(at);
      counters.begin_anew();
    }
    seen = at;
  }
  asio::awaitable<void> tidy_for_ever() {
    asio::steady_timer pause(context);
    while (true) {
      pause.expires_after(std::chrono::seconds(1));
      co_await pause.async_wait(use_awaitable);
      mind_the_clock();
      history.forget(now());
      streams.forget_before(history.horizon());
      look();
    }
  }
  // Tells what was lost or doubled since, and notes what health() shows.
  void look() {
    const std::uint64_t missing = streams.missing(now() - kStragglers), doubled = streams.doubled();
    if (missing > told_missing) events.lost(missing - told_missing);
    if (doubled > told_doubled) events.doubled(doubled - told_doubled);
    told_missing = std::max(missing, told_missing);
    told_doubled = doubled;
    const std::lock_guard lock(mutex);
    connected = streams.any();
    lost = told_missing;
  }
  void report_stats(std::string problem) {
    const std::lock_guard lock(mutex);
    if (!problem.empty() && stats_problem.empty()) events.problem(problem);
    stats_problem = std::move(problem);
  }

  [[nodiscard]] bool settled(const metrics::Window& window, Instant since) const {
    const Instant moment = now();
    const bool late = moment >= window.to + settings.grace;
    const bool after = streams.newest() >= window.to + kDisorder;
    if (!late && !(after && moment >= window.to)) return false;
    // A worker began that has not connected yet, beside one that has.
    const bool stream_comes = streams.any() && counters.pid() != 0 && !streams.is_connected(counters.pid());
    const bool records_come = tail && tail->behind();
    return (!stream_comes && !records_come) || moment >= since + kStreamComes;
  }
  asio::awaitable<void> settle(const metrics::Window window) {
    const Instant since = now();
    while (!settled(window, since)) {
      const Instant moment = now();
      const Duration left = moment < window.to ? window.to - moment : window.to + settings.grace - moment;
      co_await change.wait(left.ns > 0 ? left : milliseconds(20));
    }
    const Sources sources{streams, history, counters};
    if (records_cover(sources, window) < 1 && !counters.reaches(window.to)) co_await sample_now();
  }
  asio::awaitable<void> answer(metrics::QueryRequest request, Answer done) {
    const std::string key = metrics::Answers::key_of(request);
    if (auto known = answers.find(key)) co_return done(std::move(*known));
    co_await settle(request.window);
    const Sources sources{streams, history, counters};
    const std::string application = application_key(request.tenant, request.application);
    metrics::QueryReply reply;
    for (const auto& group : request.groups)
      reply.groups.push_back(samples_of(sources, application, group, request.window));
    done(answers.keep(key, std::move(reply)));
  }

  CollectorSettings settings;
  CollectorEvents events;
  Streams streams;
  History history;
  Counters counters;
  metrics::Answers answers{kRemembered};
  Change change;
  Instant seen = now();
  bool sampling = false;
  Steady::duration last_cost{};
  Steady::time_point next_sample{};
  std::uint64_t told_missing = 0, told_doubled = 0;

  mutable std::mutex mutex;  // of what health() reads
  bool connected = false;
  std::uint64_t lost = 0;
  std::string stats_problem = "it was not asked yet";

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::optional<Listener> listener;
  std::optional<Tail> tail;
  std::thread thread;
};

Collector::Collector(CollectorSettings settings, CollectorEvents events)
    : loop_(std::make_unique<Loop>(std::move(settings), std::move(events))) {}

Collector::~Collector() = default;

void Collector::query(metrics::QueryRequest request, Done done) {
  asio::post(loop_->context,
             [loop = loop_.get(), request = std::move(request), answer = Answer(std::move(done))]() mutable {
               asio::co_spawn(loop->context, loop->answer(std::move(request), std::move(answer)), asio::detached);
             });
}

void Collector::hand_over() {
  asio::post(loop_->context, [loop = loop_.get()] {
    if (loop->listener) loop->listener->close();
    if (loop->tail) loop->tail->close();
  });
}

std::vector<plugin::HealthCheck> Collector::health() const {
  using plugin::Condition;
  const std::lock_guard lock(loop_->mutex);
  const CollectorSettings& s = loop_->settings;
  std::vector<plugin::HealthCheck> checks;
  if (!s.records_socket.empty())
    checks.push_back({"records", loop_->connected ? Condition::healthy : Condition::degraded,
                      loop_->connected ? std::to_string(loop_->lost) + " records lost so far"
                                       : "HAProxy is not connected to \"" + s.records_socket + "\""});
  if (!s.stats_socket.empty())
    checks.push_back(
        {"counters", loop_->stats_problem.empty() ? Condition::healthy : Condition::degraded, loop_->stats_problem});
  return checks;
}

}  // namespace slipway::haproxy
