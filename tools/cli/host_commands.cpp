#include <array>
#include <iostream>
#include <memory>

#include "tools/cli/commands.hpp"
#include "tools/cli/hand_over.hpp"

namespace slipway::cli {
namespace {

std::string join(const Json& list) {
  std::string text;
  for (const Json& item : list) text += (text.empty() ? "" : ", ") + item.get<std::string>();
  return text;
}

// The plugin's own reason, or that of a worker that does not run.
std::string why_of(const Json& plugin) {
  const Json worker = plugin.value("worker", Json::object());
  if (worker.value("state", "running") == "running") return plugin.value("reason", "");
  return "worker " + worker.value("state", "") + ": " + worker.value("reason", "");
}

std::string plugins_table(const Terminal& terminal, const Json& plugins) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& plugin : plugins) {
    const std::string state = plugin.value("state", "");
    rows.push_back({plugin.value("id", ""), plugin.value("version", ""), plugin.value("instance", ""),
                    terminal.paint(colour_of_state(state), state), plugin.value("placement", ""),
                    join(plugin.value("bindings", Json::array())), why_of(plugin)});
  }
  return table({"PLUGIN", "VERSION", "INSTANCE", "STATE", "PLACEMENT", "BINDINGS", "REASON"}, rows);
}

std::string status_text(const Terminal& terminal, const Json& status, const std::string& url) {
  const std::string condition = status.value("condition", "");
  std::string text = "slipwayd " + status.value("version", "") + " at " + url + ", profile " +
                     status.value("profile", "") + ", started " + age(status.value("started_at", "")) + ": " +
                     terminal.paint(colour_of_state(condition), condition) + "\n";
  std::vector<std::vector<std::string>> rows;
  for (const Json& check : status.value("checks", Json::array())) {
    const std::string state = check.value("condition", "");
    rows.push_back(
        {"  " + check.value("name", ""), terminal.paint(colour_of_state(state), state), check.value("detail", "")});
  }
  return text + (rows.empty() ? "" : table({"  CHECK", "CONDITION", "DETAIL"}, rows));
}

void add_show(CLI::App& parent, Session& session, const std::string& name, const std::string& doc,
              const std::string& path, const std::function<std::string(const Json&)>& text) {
  parent.add_subcommand(name, doc)->callback([&session, path, text] {
    session.run = [&session, path, text] {
      const Json answer = session.client().get(path).body;
      session.print(answer, [&] { return text(answer); });
      return Exit::done;
    };
  });
}

// The same for a list, with all of its pages; `fields` with what each filter leaves.
void add_list(CLI::App& parent, Session& session, const std::string& doc, const std::string& path,
              const std::map<std::string, std::string>& fields, const std::function<std::string(const Json&)>& text) {
  CLI::App* list = parent.add_subcommand("list", doc);
  auto filters = std::make_shared<Filters>();
  for (const auto& [field, left] : fields) filters->add(*list, field, left);
  list->callback([&session, path, text, filters] {
    session.run = [&session, path, text, filters] {
      const Json answer{{"items", session.client().list(filters->on(path))}};
      session.print(answer, [&] { return text(answer); });
      return Exit::done;
    };
  });
}

std::string bindings_table(const Json& bindings) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& binding : bindings)
    rows.push_back({binding.value("name", ""), binding.value("instance", ""), binding.value("plugin", ""),
                    binding.value("version", "")});
  return table({"BINDING", "INSTANCE", "PLUGIN", "VERSION"}, rows);
}

void add_plugin(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("plugin", "Plugins")->require_subcommand(1);
  add_list(*group, session, "What is installed and loaded", "/api/plugins",
           {{"id", "Only the versions and instances of this plugin"},
            {"instance", "Only the generations of this instance"},
            {"interface", "Only those that provide this interface: slipway.strategy/1"},
            {"placement", "Only those that run there: in-process or isolated"},
            {"state", "Only those in this state: installed, active, warm, failed …"},
            {"version", "Only those of this version"}},
           [&session](const Json& answer) { return plugins_table(session.terminal, answer["items"]); });
  add_plugin_test(*group, session);
  auto id = std::make_shared<std::string>();
  auto policy = std::make_shared<std::string>();
  CLI::App* inspect = group->add_subcommand("inspect", "Everything known of one plugin");
  inspect->add_option("plugin", *id, "The plugin's id, or the path of a package: ./folder or file.tar")->required();
  inspect->add_option("--policy", *policy, "For a package: site configuration whose trust decides");
  inspect->callback([&session, id, policy] {
    session.run = [&session, id, policy] {
      if (names_package(*id)) return inspect_package_file(session, *id, *policy);
      const Json items = session.client().get("/api/plugins/" + segment(*id)).body["items"];
      session.print(items, [&] { return to_yaml(items); });
      return Exit::done;
    };
  });
}

void add_events(CLI::App& app, Session& session) {
  struct Options {
    std::string after;
    std::string timeout = "0";
  };
  auto options = std::make_shared<Options>();
  CLI::App* events = app.add_subcommand("events", "Events as they happen");
  auto filters = std::make_shared<Filters>();
  filters->add(*events, "application", "Only of this application");
  filters->add(*events, "rollout", "Only of this rollout");
  events->add_option("--after", options->after, "Begin after the event with this id");
  events->add_option("--timeout", options->timeout, "End after this time, 90s or 5m");
  events->callback([&session, options, filters] {
    session.run = [&session, options, filters] {
      const std::string path = filters->on("/api/events");
      session.client().events(path, options->after, parse_seconds(options->timeout), [&](const ServerEvent& event) {
        if (session.format == Format::table) {
          std::cout << event.data.value("at", "").substr(0, 19) << "Z " << event.id << " " << event.type << ": "
                    << event.data.value("summary", "") << "\n"
                    << std::flush;
        } else {
          std::cout << to_text(event.data) << "\n" << std::flush;
        }
        return true;
      });
      return Exit::done;
    };
  });
}

}  // namespace

void add_host_commands(CLI::App& app, Session& session) {
  add_plugin(app, session);
  CLI::App* profile = app.add_subcommand("profile", "The profile in force")->require_subcommand(1);
  add_show(*profile, session, "show", "The manifest as it is in force", "/api/profile",
           [](const Json& answer) { return to_yaml(answer["profile"]); });
  CLI::App* binding = app.add_subcommand("binding", "Names that callers use")->require_subcommand(1);
  add_list(*binding, session, "Bindings and where they lead", "/api/bindings",
           {{"instance", "Only those that lead to this instance"},
            {"interface", "Only those of this interface: slipway.strategy/1"},
            {"plugin", "Only those that lead to this plugin"},
            {"version", "Only those that lead to this version of it"}},
           [](const Json& answer) { return bindings_table(answer["items"]); });
  add_profile_commands(*profile, *binding, session);
  add_show(app, session, "status", "The host at a glance", "/api/status",
           [&session](const Json& answer) { return status_text(session.terminal, answer, session.connection.url); });
  add_events(app, session);
  CLI::App* check_command =
      app.add_subcommand("check", "Check a site configuration and a profile without starting anything")->allow_extras();
  check_command->footer("Options are slipwayd's: --config FILE, --profile FILE.");
  check_command->callback([&session, check_command] {
    session.run = [words = check_command->remaining()]() mutable {
      words.insert(words.begin(), "check");
      return hand_over("slipwayd", std::move(words));
    };
  });
  app.add_subcommand("version", "Version of this program")->callback([&session] {
    session.run = [&session] {
      const Json version{{"version", SLIPWAY_VERSION}};
      session.print(version, [] { return std::string("slipway ") + SLIPWAY_VERSION + "\n"; });
      return Exit::done;
    };
  });
}

}  // namespace slipway::cli
