// Following a rollout: drawn anew in place on a terminal, a line a change elsewhere.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <slipway/values.hpp>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

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

}  // namespace

Exit follow_rollout(Session& session, const std::string& id, Progress progress, long timeout_s) {
  Client client = session.client();
  Drawing drawing(session.terminal, session.format == Format::table ? progress : Progress::silent);
  const std::string path = "/api/rollouts/" + segment(id);
  Json rollout = client.get(path).body;
  const auto look = [&] {
    rollout = client.get(path).body;
    drawing.show(rollout);
    return !has_ended(rollout.value("state", ""));
  };
  const auto begun = std::chrono::steady_clock::now();
  const auto left = [&]() -> long {
    const auto passed =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun).count();
    return timeout_s == 0 ? 15 : std::min(15L, timeout_s - static_cast<long>(passed));
  };
  // Looks once the stream is open, and again every 15 s, so that a change before the stream opened is not missed.
  while (look() && left() > 0) {
    client.events("/api/events?rollout=" + id, "", std::min(left(), 2L), [&](const ServerEvent&) { return look(); });
  }
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
