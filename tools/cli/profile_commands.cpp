#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "tools/cli/commands.hpp"
#include "tools/cli/documents.hpp"

namespace slipway::cli {
namespace {

constexpr std::chrono::milliseconds kLookAgain{300};
// A trial without a length of its own, and the time that its preparation and its end may take on top.
constexpr long kTrialSeconds = 60;
constexpr std::chrono::seconds kTrialSlack{120};

std::string join(const Json& list, const std::string& between = ", ") {
  std::string text;
  for (const Json& item : list) text += (text.empty() ? "" : between) + item.get<std::string>();
  return text;
}

std::string way_of(const Json& change) {
  std::string from = change.value("from", "");
  std::string to = change.value("to", "");
  if (from == to || to.empty()) return from;
  return from.empty() ? to : from + " -> " + to;
}

void add_line(std::string& text, const std::string& label, const std::string& words) {
  if (!words.empty()) text += "      " + label + words + "\n";
}

std::string instance_text(const Terminal& terminal, const Json& change) {
  const Json what = change.value("what", Json::array());
  const bool ends = !change.contains("to") || change.value("to", "").empty();
  const bool begins = !change.contains("from") || change.value("from", "").empty();
  const std::string sign = terminal.paint(ends     ? Colour::red
                                          : begins ? Colour::green
                                                   : Colour::yellow,
                                          ends     ? "-"
                                          : begins ? "+"
                                                   : "~");
  std::string text =
      "  " + sign + " " + change.value("instance", "") + ": " + join(what) + " (" + way_of(change) + ")\n";
  add_line(text, "configuration: ", join(change.value("configuration", Json::array())));
  add_line(text, "gains: ", join(change.value("permissions_gained", Json::array())));
  add_line(text, "loses: ", join(change.value("permissions_lost", Json::array())));
  const std::string how = change.value("hand_over", "none");
  if (how == "exchange") add_line(text, "", "calls wait while the old one ends and the new one starts");
  const std::string state = change.value("state", "none");
  if (state == "external") add_line(text, "state: ", "stays where it is, outside the plugin");
  if (state == "carried_over") add_line(text, "state: ", "is carried over");
  if (state == "dropped") add_line(text, "state: ", terminal.paint(Colour::red, "is dropped"));
  for (const Json& note : change.value("notes", Json::array())) add_line(text, "note: ", note.get<std::string>());
  return text;
}

// A change of what a name leads to, or of what a rule holds for.
std::string line_of(const Terminal& terminal, const std::string& name, const Json& change) {
  const std::string from = change.value("from", "");
  const std::string to = change.value("to", "");
  const std::string sign = terminal.paint(to.empty()     ? Colour::red
                                          : from.empty() ? Colour::green
                                                         : Colour::yellow,
                                          to.empty()     ? "-"
                                          : from.empty() ? "+"
                                                         : "~");
  return "  " + sign + " " + name + ": " + way_of(change);
}

std::string binding_text(const Terminal& terminal, const Json& change) {
  return line_of(terminal, change.value("binding", ""), change) + "\n";
}

std::string rule_text(const Terminal& terminal, const Json& change) {
  const std::string name = change.value("kind", "") + " " + change.value("binding", "");
  return line_of(terminal, name, change) + (change.value("settings_differ", false) ? " (other settings)\n" : "\n");
}

std::string changes_text(const Terminal& terminal, const Json& answer) {
  const Json changes = answer.value("changes", Json::object());
  const Json instances = changes.value("instances", Json::array());
  const Json bindings = changes.value("bindings", Json::array());
  const Json rules = changes.value("rules", Json::array());
  std::string text;
  if (!instances.empty()) text += "instances\n";
  for (const Json& change : instances) text += instance_text(terminal, change);
  if (!bindings.empty()) text += "bindings\n";
  for (const Json& change : bindings) text += binding_text(terminal, change);
  if (!rules.empty()) text += "for every rollout\n";
  for (const Json& change : rules) text += rule_text(terminal, change);
  for (const Json& warning : answer.value("warnings", Json::array()))
    text += terminal.paint(Colour::yellow, "warning: ") + warning.get<std::string>() + "\n";
  return text.empty() ? "nothing that runs changes\n" : text;
}

std::string answer_text(const Terminal& terminal, const Json& answer) {
  const std::string state = answer.value("state", "");
  if (state == "unchanged")
    return "nothing changes; revision " + std::to_string(answer.value("revision", 0)) + " is in force\n";
  const std::string text = changes_text(terminal, answer);
  if (state == "planned") return text + "planned only; nothing has changed\n";
  if (state == "trying") return text + "a share of the calls is tried\n";
  return text + "revision " + std::to_string(answer.value("revision", 0)) + " is in force\n";
}

// The one document in the file; `what` it is to be.
Json document_of(const std::string& file, const std::string& what) {
  auto documents = read_documents(file);
  if (!documents.ok()) throw Failure(400, documents.status().message);
  if (documents->size() != 1)
    throw Failure(400, file + ": holds " + std::to_string(documents->size()) + " documents; want one " + what);
  return documents->front();
}

struct ApplyOptions {
  std::string file;
  std::string reason;
  std::string bake;
  std::string if_version;
};

Json apply_body(const ApplyOptions& options) {
  Json body{{"profile", document_of(options.file, "profile")}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  if (!options.bake.empty()) body["bake"] = options.bake;
  return body;
}

Exit show(Session& session, const Json& answer) {
  session.print(answer, [&] { return answer_text(session.terminal, answer); });
  return Exit::done;
}

void add_plan_and_apply(CLI::App& group, Session& session) {
  auto options = std::make_shared<ApplyOptions>();
  CLI::App* plan = group.add_subcommand("plan", "What a profile would change; changes nothing");
  plan->add_option("file", options->file, "The profile, YAML or JSON; - for standard input")->required();
  plan->callback([&session, options] {
    session.run = [&session, options] {
      return show(session, session.client().send("PUT", "/api/profile?dry_run=true", apply_body(*options)).body);
    };
  });
  CLI::App* apply = group.add_subcommand("apply", "Puts a profile in force without one failed call");
  apply->add_option("file", options->file, "The profile, YAML or JSON; - for standard input")->required();
  apply->add_option("--reason", options->reason, "Why, for the history");
  apply->add_option("--bake", options->bake, "How long replaced plugins are kept warm for a return, 30s or 5m");
  apply->add_option("--if-version", options->if_version, "Only when the profile in force has this version");
  apply->callback([&session, options] {
    session.run = [&session, options] {
      std::map<std::string, std::string> headers;
      if (!options->if_version.empty()) headers["If-Match"] = "\"" + options->if_version + "\"";
      return show(session, session.client().send("PUT", "/api/profile", apply_body(*options), headers).body);
    };
  });
}

std::string history_table(const Json& revisions) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& revision : revisions) {
    rows.push_back({std::to_string(revision.value("number", 0)), age(revision.value("at", "")),
                    revision.value("author", ""), revision.value("digest", "").substr(0, 12),
                    revision.value("reason", "")});
  }
  return table({"REVISION", "AGE", "AUTHOR", "VERSION", "REASON"}, rows);
}

void add_history(CLI::App& group, Session& session) {
  CLI::App* history = group.add_subcommand("history", "Every profile that was in force");
  auto filters = std::make_shared<Filters>();
  filters->add(*history, "author", "Only those that this one made");
  history->callback([&session, filters] {
    session.run = [&session, filters] {
      const Json revisions = session.client().list(filters->on("/api/profile/history"));
      session.print(revisions, [&] { return history_table(revisions); });
      return Exit::done;
    };
  });
}

// One line for each path that differs, with both values.
void add_differences(const Json& from, const Json& to, const std::string& path, Json& lines) {
  if (from == to) return;
  if (!from.is_object() || !to.is_object()) {
    lines.push_back({{"path", path.empty() ? "/" : path}, {"from", from}, {"to", to}});
    return;
  }
  std::set<std::string> names;
  for (const auto& [name, ignored] : from.items()) names.insert(name);
  for (const auto& [name, ignored] : to.items()) names.insert(name);
  for (const std::string& name : names)
    add_differences(from.value(name, Json()), to.value(name, Json()), path + "/" + name, lines);
}

std::string differences_text(const Terminal& terminal, const Json& lines) {
  std::string text;
  for (const Json& line : lines) {
    text += line["path"].get<std::string>() + "\n";
    if (!line["from"].is_null()) text += terminal.paint(Colour::red, "  - " + to_text(line["from"])) + "\n";
    if (!line["to"].is_null()) text += terminal.paint(Colour::green, "  + " + to_text(line["to"])) + "\n";
  }
  return text.empty() ? "they are the same\n" : text;
}

void add_diff(CLI::App& group, Session& session) {
  struct Options {
    std::int64_t from = 0;
    std::int64_t to = 0;
  };
  auto options = std::make_shared<Options>();
  CLI::App* diff = group.add_subcommand("diff", "What differs between two revisions");
  diff->add_option("from", options->from, "A number of the history")->required();
  diff->add_option("to", options->to, "Another one")->required();
  diff->callback([&session, options] {
    session.run = [&session, options] {
      const auto get = [&](std::int64_t number) {
        return session.client().get("/api/profile/history/" + std::to_string(number)).body["profile"];
      };
      Json lines = Json::array();
      add_differences(get(options->from), get(options->to), "", lines);
      session.print(lines, [&] { return differences_text(session.terminal, lines); });
      return Exit::done;
    };
  });
}

void add_rollback(CLI::App& group, Session& session) {
  struct Options {
    std::optional<std::int64_t> revision;
    std::string reason;
    bool dry_run = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* rollback = group.add_subcommand("rollback", "Puts an earlier revision in force again");
  rollback->add_option("revision", options->revision, "A number of the history; without it, the last other profile");
  rollback->add_option("--reason", options->reason, "Why, for the history");
  rollback->add_flag("--dry-run", options->dry_run, "Show what would change; change nothing");
  rollback->callback([&session, options] {
    session.run = [&session, options] {
      Json body = Json::object();
      if (options->revision) body["revision"] = *options->revision;
      if (!options->reason.empty()) body["reason"] = options->reason;
      const std::string path = std::string("/api/profile/rollback") + (options->dry_run ? "?dry_run=true" : "");
      return show(session, session.client().send("POST", path, body).body);
    };
  });
}

struct SwapOptions {
  std::string binding;
  std::string version;
  std::string share;
  std::string length;
  std::string analyzer;
  std::string settings_file;
  std::string bake;
  std::string reason;
  bool dry_run = false;
};

// A trial goes on in the host; this waits for its end.
Exit follow_trial(const Session& session, long length_s) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(length_s) + kTrialSlack;
  while (std::chrono::steady_clock::now() < end) {
    const Json trial = session.client().get("/api/profile").body.value("trial", Json::object());
    const std::string state = trial.value("state", "");
    if (state != "trying") {
      session.print(trial,
                    [&] { return trial.value("change", "") + ": " + state + ": " + trial.value("reason", "") + "\n"; });
      return state == "applied" ? Exit::done : Exit::rolled_back;
    }
    std::this_thread::sleep_for(kLookAgain);
  }
  return Exit::timed_out;
}

Exit swap(Session& session, const SwapOptions& options) {
  Json body{{"version", options.version}};
  const std::pair<const char*, const std::string&> fields[] = {{"share", options.share},
                                                               {"for", options.length},
                                                               {"analyzer", options.analyzer},
                                                               {"bake", options.bake},
                                                               {"reason", options.reason}};
  for (const auto& [name, value] : fields) {
    if (!value.empty()) body[name] = value;
  }
  if (!options.settings_file.empty()) body["settings"] = document_of(options.settings_file, "document of settings");
  const std::string path =
      "/api/bindings/" + segment(options.binding) + "/swap" + (options.dry_run ? "?dry_run=true" : "");
  const Json answer = session.client().send("POST", path, body).body;
  if (answer.value("state", "") != "trying") return show(session, answer);
  if (session.format == Format::table) std::cout << answer_text(session.terminal, answer) << std::flush;
  return follow_trial(session, options.length.empty() ? kTrialSeconds : parse_seconds(options.length));
}

void add_swap(CLI::App& group, Session& session) {
  auto options = std::make_shared<SwapOptions>();
  CLI::App* command = group.add_subcommand("swap", "Goes over to another version of a binding's plugin");
  command->add_option("binding", options->binding, "strategies.canary for instance")->required();
  command->add_option("version", options->version, "The version, or a range: 1.2.0, ^1.2")->required();
  command->add_option("--canary", options->share, "First only this share of the calls: 5%");
  command->add_option("--for", options->length, "How long the share is tried, 30s or 5m");
  command->add_option("--analyzer", options->analyzer, "The analyzer that compares both");
  command->add_option("--settings", options->settings_file, "YAML or JSON of the analyzer's settings");
  command->add_option("--bake", options->bake, "How long the old version is kept warm for a return");
  command->add_option("--reason", options->reason, "Why, for the history");
  command->add_flag("--dry-run", options->dry_run, "Show what would change; change nothing");
  command->callback([&session, options] { session.run = [&session, options] { return swap(session, *options); }; });
}

}  // namespace

void add_profile_commands(CLI::App& profile, CLI::App& binding, Session& session) {
  add_plan_and_apply(profile, session);
  add_history(profile, session);
  add_diff(profile, session);
  add_rollback(profile, session);
  add_swap(binding, session);
}

}  // namespace slipway::cli
