#include <iostream>
#include <memory>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

std::string path_of(const std::string& id) { return "/api/rollouts/" + segment(id); }

std::string rollouts_table(const Terminal& terminal, const Json& rollouts) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& rollout : rollouts) {
    const std::string state = rollout.value("state", "");
    rows.push_back({rollout.value("id", ""), rollout.value("application", ""),
                    rollout.value("from_release", "") + " → " + rollout.value("to_release", ""),
                    rollout["strategy"].value("name", ""), terminal.paint(colour_of_state(state), state),
                    age(rollout.value("created_at", ""))});
  }
  return table({"ROLLOUT", "APPLICATION", "RELEASE", "STRATEGY", "STATE", "STARTED"}, rows);
}

std::string groups_cell(const Json& groups) {
  std::string text;
  for (const Json& group : groups) {
    text += (text.empty() ? "" : ", ") + group.value("role", "") + " " + std::to_string(group.value("replicas", 0)) +
            " at " + share(group["weight"]);
  }
  return text;
}

std::string journal_table(const Terminal& terminal, const Json& entries) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& entry : entries) {
    const std::string state = entry.value("state", "");
    const std::string actor = entry.value("actor", "");
    rows.push_back({std::to_string(entry.value("sequence", 0)), entry.value("at", "").substr(0, 23),
                    entry.value("kind", ""), terminal.paint(colour_of_state(state), state),
                    groups_cell(entry.value("groups", Json::array())),
                    entry.value("reason", "") + (actor.empty() ? "" : " (" + actor + ")")});
  }
  return table({"#", "AT", "KIND", "STATE", "GROUPS", "REASON"}, rows);
}

struct Options {
  std::string id;
  bool full = false;
  bool dry_run = false;
  bool wait = false;
  std::string to;
  std::string reason;
  std::string timeout = "0";
};

Exit act(Session& session, const Options& options, const std::string& action) {
  Json body{{"reason", options.reason}};
  if (options.full) body["full"] = true;
  if (!options.to.empty()) body["to"] = options.to;
  const Json rollout =
      session.client()
          .send("POST", path_of(options.id) + "/" + action + (options.dry_run ? "?dry_run=true" : ""), body)
          .body;
  if (options.wait && !options.dry_run)
    return follow_rollout(session, rollout, Progress::silent, parse_seconds(options.timeout));
  session.print(rollout, [&] { return rollout_text(session.terminal, rollout); });
  return Exit::done;
}

void add_action(CLI::App& group, Session& session, const std::string& name, const std::string& doc) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand(name, doc);
  command->add_option("rollout", options->id, "The rollout")->required();
  command->add_option("--reason", options->reason, "Why, for the journal");
  command->add_flag("--dry-run", options->dry_run, "Check, but change nothing");
  command->add_flag("--wait", options->wait, "Wait for the rollout's end");
  command->add_option("--timeout", options->timeout, "With --wait: give up waiting after this time");
  if (name == "promote")
    command->add_flag("--full", options->full, "To the end at once, without further steps and analyses");
  if (name == "abort" || name == "rollback")
    command->add_flag("--full", options->full, "All traffic at once, as soon as one stable replica is ready");
  if (name == "rollback")
    command->add_option("--to", options->to, "The good release to go back to; the last one by default");
  command->callback(
      [&session, options, name] { session.run = [&session, options, name] { return act(session, *options, name); }; });
}

void add_reading(CLI::App& group, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* list = group.add_subcommand("list", "Rollouts, newest first");
  auto filters = std::make_shared<Filters>();
  filters->add(*list, "application", "Only of this application");
  filters->add(*list, "state", "Only in this state");
  filters->add_flag(*list, "active", "Only those under way");
  list->callback([&session, filters] {
    session.run = [&session, filters] {
      const Json items = session.client().list(filters->on("/api/rollouts"));
      session.print(items, [&] { return rollouts_table(session.terminal, items); });
      return Exit::done;
    };
  });
  const auto add_get = [&](const std::string& name, const std::string& doc,
                           std::string (*text)(const Terminal&, const Json&)) {
    CLI::App* get = group.add_subcommand(name, doc);
    get->add_option("rollout", options->id, "The rollout")->required();
    get->callback([&session, options, text, name] {
      session.run = [&session, options, text, name] {
        const Json found = session.client().get(path_of(options->id)).body;
        session.print(name == "why" ? found["why"] : found, [&] { return text(session.terminal, found); });
        return Exit::done;
      };
    });
  };
  add_get("get", "One rollout", rollout_text);
  add_get("why", "What it waits for, since when, until when, and what comes next", why_text);
  CLI::App* journal = group.add_subcommand("journal", "Every decision and its reason");
  journal->add_option("rollout", options->id, "The rollout")->required();
  auto decisions = std::make_shared<Filters>();
  decisions->add(*journal, "kind", "Only decisions of this kind: step, verdict, command …");
  decisions->add(*journal, "state", "Only those that led to this state");
  decisions->add(*journal, "actor", "Only those that this one asked for");
  journal->callback([&session, options, decisions] {
    session.run = [&session, options, decisions] {
      const Json items = session.client().list(decisions->on(path_of(options->id) + "/journal"));
      session.print(items, [&] { return journal_table(session.terminal, items); });
      return Exit::done;
    };
  });
  CLI::App* watch = group.add_subcommand("watch", "Show progress until the end");
  watch->add_option("rollout", options->id, "The rollout")->required();
  watch->add_option("--timeout", options->timeout, "Give up after this time, 90s or 5m");
  watch->callback([&session, options] {
    session.run = [&session, options] {
      const long timeout_s = parse_seconds(options->timeout);
      return follow_rollout(session, session.client().get(path_of(options->id)).body, Progress::live, timeout_s);
    };
  });
}

}  // namespace

void add_rollout_commands(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("rollout", "Rollouts: look at them and steer them")->require_subcommand(1);
  add_reading(*group, session);
  add_action(*group, session, "promote", "Go one step on, or with --full to the end");
  add_action(*group, session, "approve", "Give the approval that it waits for");
  add_action(*group, session, "pause", "Stop moving forward");
  add_action(*group, session, "resume", "Go on after a pause");
  add_action(*group, session, "abort",
             "Go back to the stable release; once more, and the rest of a gradual way back is instant");
  add_action(*group, session, "retry", "Start over after a rollback or a failure");
  add_action(*group, session, "skip", "Leave out the current step");
  add_action(*group, session, "rollback", "Go back to a good release, also after the end");
}

}  // namespace slipway::cli
