// A generation that follows another one which has to end first: calls wait, the old one hands over what it knows.
#include <algorithm>
#include <array>
#include <slipway/interfaces/plugin.hpp>

#include "host/base/readable.hpp"
#include "host/config/fault.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/lifecycle/on_blocking.hpp"
#include "host/lifecycle/reason.hpp"
#include "host/runtime/async_call.hpp"

namespace slipway::lifecycle {
namespace {

using Interface = slipway::plugin::Interface;
using slipway::plugin::StateDocument;

constexpr Duration kStatePatience = seconds(10);

// Empty when `reader` reads what `writer` writes.
std::string why_unread(const Generation& writer, const Generation& reader) {
  const std::uint32_t writes = writer.plan().package.manifest.state.writes;
  const auto& reads = reader.plan().package.manifest.state.reads;
  if (writes == 0 || std::ranges::find(reads, writes) != reads.end()) return {};
  return "it writes state of version " + std::to_string(writes) + ", which " + reader.title() + " does not read";
}

std::string why_unread(const Json& checkpoint, const Generation& reader) {
  const auto document = decode<StateDocument>(checkpoint, "the checkpoint");
  const auto& reads = reader.plan().package.manifest.state.reads;
  if (!document.ok() || std::ranges::find(reads, document->version) != reads.end()) return {};
  return "its last checkpoint is of version " + std::to_string(document->version) + ", which " + reader.title() +
         " does not read";
}

// When it can't export, and `checkpoint` is what there is.
std::string what_is_lost(const Generation& generation, const Json& checkpoint) {
  return "what " + generation.title() +
         (checkpoint.is_null() ? " knew is lost, there is no checkpoint of it"
                               : " took in since its last checkpoint is lost");
}

// Of one that did not hand over, and was not ended.
std::string how_it_goes_on(const Generation& generation) {
  if (generation.instance->state() == runtime::State::started) return "goes on as it was";
  return "still answers, but what it did by itself rests until it is replaced, or the host started again";
}

std::string joined(const std::string& one, const std::string& other) {
  return one.empty() || other.empty() ? one + other : one + "; " + other;
}

template <class Method>
runtime::CallRequest request_of(const Generation& generation, std::string payload) {
  return {.interface_index = generation.instance->interface_index(Interface::id).value_or(0),
          .method = Interface::index_of<Method>(),
          .budget_ns = kStatePatience.ns,
          .payload = std::move(payload),
          .origin = runtime::Origin::host};
}

}  // namespace

void Lifecycle::close_intake(const Generation& generation) {
  intakes_[generation.plan().name] = std::make_shared<bridge::Intake>();
  publish();
}

void Lifecycle::open_intake(const std::string& instance) {
  const auto found = intakes_.find(instance);
  if (found == intakes_.end()) return;
  const auto intake = found->second;
  intakes_.erase(found);
  publish();
  intake->open();
}

// The intake stays closed, whatever becomes of it.
boost::asio::awaitable<Status> Lifecycle::replace(Succession& succession) {
  static constexpr std::array<Step, 2> kRest{&Lifecycle::begin, &Lifecycle::check_health};
  Generation& old = *succession.old;
  Generation& fresh = *succession.fresh;
  succession.done = true;
  close_intake(old);
  Status status = co_await take_state(succession);
  // A successor that takes nothing over is no reason to forget it: the old one may have to come back.
  const bool is_wanted = hands_over(old, fresh);
  if (!is_wanted) status = Status();
  if (!status.ok()) succession.goes_on = co_await can_go_on(old);
  Status ended;
  if (!succession.goes_on) ended = co_await end_instance(old);
  if (status.ok()) status = ended;
  if (!status.ok()) {
    const std::string what = " did not hand over" + (succession.goes_on ? ", and " + how_it_goes_on(old) : "") + ": ";
    fresh.move_to(GenerationState::failed, old.title() + what + reason_of(status, old.plan().name));
    co_return status;
  }
  status = co_await go_through(fresh, std::span(kRest).first(1));
  if (status.ok() && is_wanted && !succession.state.is_null()) status = co_await import_state(fresh, succession.state);
  if (!status.ok()) {
    fresh.move_to(GenerationState::failed, reason_of(status, fresh.plan().name));
    co_return status;
  }
  status = co_await go_through(fresh, std::span(kRest).last(1));
  if (status.ok())
    fresh.move_to(GenerationState::warm, joined(fresh.status().reason, is_wanted ? succession.lost : std::string()));
  co_return status;
}

// Of a worker that is down the last checkpoint is all that there is, for a successor as for its own next life: what
// crashes again and again can be replaced. A successor that does not read it is refused, or it would lose more than a
// restart does.
boost::asio::awaitable<Status> Lifecycle::take_state(Succession& succession) {
  Generation& old = *succession.old;
  if (!keeps_snapshot(old)) co_return Status();
  const Status status = co_await export_state(old, succession.state);
  if (status.ok()) co_return status;
  succession.state = old.last_state();
  succession.lost = what_is_lost(old, succession.state) + ": " + status.message;
  if (!old.is_down()) co_return status;
  if (const std::string unread = why_unread(succession.state, *succession.fresh); !unread.empty())
    co_return Status(Code::failed_precondition, unread);
  co_return Status();
}

// Whether it serves on when it is let: what was not told to end, and what was, as its contract says, when it still
// answers. A worker that was told to end is not started again, so it is made anew.
boost::asio::awaitable<bool> Lifecycle::can_go_on(Generation& generation) {
  if (generation.is_down()) co_return false;
  if (generation.instance->state() == runtime::State::started) co_return true;
  if (generation.plan().placement == manifest::Placement::isolated) co_return false;
  const Status healthy = co_await check_health(generation);
  co_return healthy.ok();
}

// Its calls end, its instance too; its library stays, for a return.
boost::asio::awaitable<Status> Lifecycle::end_instance(Generation& generation) {
  generation.move_to(GenerationState::draining);
  const Status status = co_await generation.instance->stop(settings_.retire);
  if (!status.ok()) co_return status;
  auto instance = std::move(generation.instance);
  generation.set_worker(nullptr);
  co_return co_await end_on_blocking(around_.runtime.blocking(), [&instance] {
    instance.reset();
    return Status();
  });
}

// The intake stays closed.
boost::asio::awaitable<Status> Lifecycle::put_back(Succession& succession) {
  Generation& old = *succession.old;
  succession.done = false;
  Status status(Code::failed_precondition, "it has not ended, so it can't be made anew");
  if (succession.goes_on) {
    const bool rests = old.instance->state() != runtime::State::started;
    old.instance->resume();
    succession.lost.clear();
    old.move_to(GenerationState::active, rests ? "it " + how_it_goes_on(old) : old.status().reason);
    co_return Status();
  }
  if (old.instance == nullptr) {
    status = co_await make_anew(old, succession.state);
    // One that does not know what it knew, or is not well, does not stand in for it.
    if (!status.ok() && old.instance) (void)co_await end_instance(old);
    if (!status.ok() && succession.lost.empty()) old.handed_over = succession.state;
  }
  if (status.ok()) {
    old.move_to(GenerationState::active, old.status().reason);
    co_return status;
  }
  const std::string reason = "could not be put back: " + reason_of(status, old.plan().name);
  old.move_to(GenerationState::failed, reason);
  co_return Status(status.code, old.title() + " " + reason);
}

// What the new one knows by now, or told last when it can't any more. Returns why the old one can't have all of it;
// neither when nothing is handed over between them.
boost::asio::awaitable<std::string> Lifecycle::ask_back(const Succession& succession, Json& newer) {
  Generation& fresh = *succession.fresh;
  if (!hands_over(fresh, *succession.old)) co_return std::string();
  std::string unread = why_unread(fresh, *succession.old);
  if (!unread.empty()) co_return unread;
  // A later change had ended it, came to nothing, and could not put it back.
  if (fresh.state() == GenerationState::failed || fresh.instance == nullptr) {
    newer = fresh.handed_over;
    co_return newer.is_null() ? "it " + fresh.status().reason : std::string();
  }
  const Status status = co_await export_state(fresh, newer);
  if (!status.ok()) newer = fresh.last_state();
  co_return status.message;
}

// After the new one has served: the old one is made anew with what the new one knows, or knew at its last checkpoint,
// or else with what it knew itself. What is lost, and that it could not be put back, are problems. The intake is
// closed.
boost::asio::awaitable<Problems> Lifecycle::return_to(Succession& succession) {
  Generation& old = *succession.old;
  close_intake(*succession.fresh);
  Json newer;
  std::string lost = co_await ask_back(succession, newer);
  if (succession.fresh->instance) (void)co_await end_instance(*succession.fresh);
  const std::string path = config::child_path("/plugins", old.plan().name);
  Problems problems;
  const auto tell_lost = [&](const std::string& since) {
    if (lost.empty()) return;
    problems.push_back(
        {path, "", "what " + succession.fresh->title() + " took in since " + since + " is dropped: " + lost});
  };
  if (!newer.is_null()) {
    const Status taken = co_await make_anew(old, newer);
    if (taken.ok()) {
      old.move_to(GenerationState::active, old.status().reason);
      tell_lost("its last checkpoint");
      co_return problems;
    }
    lost = reason_of(taken, old.plan().name);
    if (old.instance) (void)co_await end_instance(old);
  }
  tell_lost("it followed " + old.title());
  const Status status = co_await put_back(succession);
  if (!status.ok()) problems.push_back({path, "", status.message});
  co_return problems;
}

// From its library or, isolated, from what was verified of its package, with what it knew.
boost::asio::awaitable<Status> Lifecycle::make_anew(Generation& generation, const Json& state) {
  static constexpr std::array<Step, 4> kAgain{&Lifecycle::verify, &Lifecycle::create, &Lifecycle::begin,
                                              &Lifecycle::check_health};
  // What was verified needs no second look at its package, which may be gone.
  const bool known = generation.library != nullptr || generation.verified.has_value();
  const std::span<const Step> again = std::span(kAgain).first(3).subspan(known ? 1 : 0);
  Status status = co_await go_through(generation, again);
  if (status.ok() && !state.is_null()) status = co_await import_state(generation, state);
  if (status.ok()) status = co_await go_through(generation, std::span(kAgain).last(1));
  co_return status;
}

boost::asio::awaitable<Status> Lifecycle::export_state(Generation& generation, Json& state) {
  // A caller may have looked at the table before the intake was closed: what it asks after the export would be lost.
  generation.instance->hold();
  if (!co_await generation.instance->idle(settings_.retire.drain))
    co_return Status(Code::deadline_exceeded, "its open calls did not end within " + to_string(settings_.retire.drain));
  const Status quiet = co_await generation.instance->quiesce(settings_.retire.patience);
  if (!quiet.ok()) co_return quiet;
  auto request = request_of<slipway::plugin::ExportState>(generation, "{}");
  const auto bytes = co_await runtime::async_call(generation.instance, std::move(request));
  if (!bytes.ok()) co_return Status(bytes.status().code, "its state can't be exported: " + bytes.status().message);
  const auto document = decode_text<StateDocument>(*bytes, "its exported state");
  if (!document.ok()) co_return Status(document.status().code, base::readable(document.status().message));
  state = encode(*document);
  co_return Status();
}

boost::asio::awaitable<Status> Lifecycle::import_state(Generation& generation, const Json& state) {
  auto request = request_of<slipway::plugin::ImportState>(generation, to_text(state));
  const auto bytes = co_await runtime::async_call(generation.instance, std::move(request));
  if (bytes.ok()) co_return Status();
  co_return Status(bytes.status().code, "it can't take over the state: " + bytes.status().message);
}

}  // namespace slipway::lifecycle
