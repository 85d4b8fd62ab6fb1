// Following a rollout: drawn anew in place on a terminal, a line a change elsewhere.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <slipway/values.hpp>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

constexpr std::chrono::seconds kLongestSilence{60};

bool has_ended(const std::string& state) {
  return state == "succeeded" || state == "rolled_back" || state == "superseded" || state == "failed";
}

Exit exit_of(const std::string& state) {
  if (state == "succeeded") return Exit::done;
  return state == "rolled_back" ? Exit::rolled_back : Exit::failed;
}

// Shows each new state of the rollout.
class Drawing {
 public:
  Drawing(const Terminal& terminal, Progress progress) : terminal_(terminal), progress_(progress) {}

  void show(const Json& rollout) {
    if (progress_ == Progress::silent) return;
    if (terminal_.interactive()) return redraw(fitted(rollout_text(terminal_, rollout), terminal_.size()));
    const std::string line = one_line(rollout);
    if (line == last_) return;
    last_ = line;
    const std::string left = time_left(rollout["why"].value("until", Json()));
    std::cout << line << (left.empty() ? "" : " (" + left + ")") << "\n" << std::flush;
  }
  // Below what somebody else has written meanwhile.
  void start_anew() { lines_ = 0; }

 private:
  void redraw(const std::string& text) {
    if (lines_ > 0) std::cout << "\x1b[" << lines_ << "A\x1b[J";
    std::cout << text << std::flush;
    lines_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  // Without the time that is left: it changes at each look, and then nothing else has.
  static std::string one_line(const Json& rollout) {
    std::string text = rollout.value("updated_at", "").substr(0, 19) + "Z " + rollout.value("state", "") + ":";
    for (const Json& group : rollout.value("groups", Json::array())) {
      text += " " + group.value("role", "") + "=" + group.value("release", "") + " " + ready_text(group) + " " +
              share(group.value("weight", Json())) + ";";
    }
    for (const Json& analysis : rollout.value("analyses", Json::array()))
      text += " " + analysis.value("name", "") + "=" + analysis.value("verdict", "") + ";";
    const Json& why = rollout["why"];
    text += " " + why.value("reason", "");
    const bool ends = why.contains("until") && why["until"].is_string();
    return ends ? text + ", until " + why["until"].get<std::string>().substr(0, 19) + "Z" : text;
  }

  const Terminal& terminal_;
  Progress progress_;
  std::size_t lines_ = 0;
  std::string last_;
};

using Clock = std::chrono::steady_clock;

long seconds_since(Clock::time_point then) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - then).count());
}

// Asks for the rollout again and again. Whoever watches loses nothing when the host is restarted meanwhile.
class Following {
 public:
  Following(Session& session, Json rollout, Progress progress, long timeout_s)
      : client_(session.client()),
        drawing_(session.terminal, session.format == Format::table ? progress : Progress::silent),
        rollout_(std::move(rollout)),
        id_(rollout_.value("id", "")),
        timeout_s_(timeout_s) {}

  // The rollout as it was last seen: at its end, or when the time was over.
  Json run() {
    // Looks once the stream is open, and again every 2 s, so that a change before the stream opened is not missed.
    while (look() && left() > 0) {
      client_.events("/api/events?rollout=" + id_, "", std::min(left(), 2L),
                     [&](const ServerEvent&) { return look(); });
    }
    return rollout_;
  }

 private:
  // Whether it goes on.
  bool look() {
    try {
      rollout_ = client_.get("/api/rollouts/" + segment(id_), std::max(std::min(left(), 10L), 1L)).body;
    } catch (const Failure& failure) {
      if (failure.status() != 0 && (failure.status() < 502 || failure.status() > 504)) throw;
      unanswered(failure);
      return true;
    }
    if (silent_since_) tell("slipwayd answers again");
    silent_since_.reset();
    drawing_.show(rollout_);
    return !has_ended(rollout_.value("state", ""));
  }
  void unanswered(const Failure& failure) {
    const std::string reason = failure.message().substr(0, failure.message().find('\n'));
    if (!silent_since_) {
      silent_since_ = Clock::now();
      return tell("slipwayd does not answer (" + reason + "); the rollout goes on by itself, waiting for it");
    }
    if (Clock::now() - *silent_since_ < kLongestSilence) return;
    throw Failure(failure.status(),
                  reason + "; gave up after " + std::to_string(kLongestSilence.count()) +
                      " s without an answer; the rollout goes on, follow it with: " + "slipway rollout watch " + id_);
  }
  void tell(const std::string& what) {
    std::cerr << "slipway: " << what << "\n";
    drawing_.start_anew();
  }
  [[nodiscard]] long left() const { return timeout_s_ == 0 ? 15 : std::min(15L, timeout_s_ - seconds_since(begun_)); }

  Client client_;
  Drawing drawing_;
  Json rollout_;
  const std::string id_;
  const long timeout_s_;
  const Clock::time_point begun_ = Clock::now();
  std::optional<Clock::time_point> silent_since_;
};

}  // namespace

Exit follow_rollout(Session& session, Json rollout, Progress progress, long timeout_s) {
  rollout = Following(session, std::move(rollout), progress, timeout_s).run();
  const std::string state = rollout.value("state", "");
  if (session.format != Format::table || progress == Progress::silent)
    session.print(rollout, [&] { return rollout_text(session.terminal, rollout); });
  if (has_ended(state)) return exit_of(state);
  std::cerr << "slipway: gave up waiting after " << timeout_s << " s; the rollout goes on\n";
  return Exit::timed_out;
}

long parse_seconds(const std::string& text) {
  const bool bare =
      !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  const auto parsed = parse_duration(bare && text != "0" ? text + "s" : text);
  if (!parsed.ok()) throw Failure(400, "--timeout " + text + ": " + parsed.status().message);
  return static_cast<long>((parsed->ns + 999'999'999) / 1'000'000'000);
}

}  // namespace slipway::cli
