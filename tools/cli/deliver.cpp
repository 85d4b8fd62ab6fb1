#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <slipway/interfaces/provider.hpp>

#include "tools/cli/commands.hpp"
#include "tools/cli/documents.hpp"
#include "tools/cli/simulate.hpp"

namespace slipway::cli {
namespace {

std::string new_key() {
  std::random_device device;
  std::string key = "cli-";
  for (int i = 0; i < 4; ++i) key += std::to_string(device()) + (i < 3 ? "-" : "");
  return key;
}

std::string dry(bool dry_run) { return dry_run ? "?dry_run=true" : ""; }

Json take(Json document, const std::string& key, const std::string& file) {
  if (!document.contains(key)) throw Failure(400, file + ": a document of kind release has no \"" + key + "\"");
  return document[key];
}

// Nothing for what is not there.
std::optional<Json> found_at(Client& client, const std::string& path) {
  try {
    return client.get(path).body;
  } catch (const Failure& failure) {
    if (failure.status() != 404) throw;
    return std::nullopt;
  }
}

std::string apply_application(Client& client, const Json& document, bool dry_run) {
  const std::string path = "/api/applications/" + segment(document.value("name", ""));
  const std::optional<Json> before = found_at(client, path);
  const Reply reply = client.send("PUT", path + dry(dry_run), document);
  if (reply.status == 201) return "created";
  return before && (*before)["spec"] == reply.body["spec"] ? "unchanged" : "changed";
}

// Whether the host would keep this document as the release that it has, defaults filled in.
bool same_release(const Json& document, const Json& kept) {
  const auto wanted = decode<provider::Release>(document["release"], "the release");
  const auto known = decode<provider::Release>(kept["spec"], "the release");
  return wanted.ok() && known.ok() && encode(*wanted) == encode(*known) &&
         document.value("notes", "") == kept.value("notes", "");
}

// A release never changes, so the same one again is what the file asks for, and another of its name is refused.
std::string apply_release(Client& client, const std::string& application, const std::string& version,
                          const Json& document, bool dry_run) {
  const std::string path = "/api/applications/" + segment(application) + "/releases";
  try {
    client.send("POST", path + dry(dry_run), document);
    return "created";
  } catch (const Failure& failure) {
    if (failure.status() != 409) throw;
    const std::optional<Json> kept = found_at(client, path + "/" + segment(version));
    if (!kept || !same_release(document, *kept)) throw;
    return "unchanged";
  }
}

// What one document of `apply` did, as a line.
std::string apply_one(Client& client, Json document, const std::string& file, bool dry_run) {
  if (!document.is_object()) throw Failure(400, file + ": want an object with kind, name and so on");
  const std::string kind = document.value("kind", "application");
  document.erase("kind");
  const std::string note = dry_run ? " (dry run)" : "";
  if (kind == "application") {
    return "application " + document.value("name", "") + " " + apply_application(client, document, dry_run) + note;
  }
  if (kind != "release") throw Failure(400, file + ": kind \"" + kind + "\" is unknown; want application or release");
  const std::string application = take(document, "application", file).get<std::string>();
  document.erase("application");
  const std::string version = take(document, "release", file).value("version", "");
  return "release " + application + " " + version + " " +
         apply_release(client, application, version, document, dry_run) + note;
}

struct ApplyOptions {
  std::vector<std::string> files;
  bool dry_run = false;
};

Exit apply(const Session& session, const ApplyOptions& options) {
  Client client = session.client();
  for (const std::string& file : options.files) {
    const auto documents = read_documents(file);
    if (!documents.ok()) throw Failure(400, documents.status().message);
    for (const Json& document : *documents) std::cout << apply_one(client, document, file, options.dry_run) << "\n";
  }
  return Exit::done;
}

struct DeployOptions {
  std::string application;
  std::string release;
  std::string strategy;
  std::string settings_file;
  std::string reason;
  bool watch = false;
  bool wait = false;
  bool dry_run = false;
  bool replace = false;
  std::string timeout = "0";
  SimulateOptions simulation;
};

bool has_strategy(const DeployOptions& options) { return !options.strategy.empty() || !options.settings_file.empty(); }

// Another strategy than the application's starts from its own defaults; the same one keeps the application's settings.
Json strategy_of(const DeployOptions& options, const Json& own) {
  Json strategy{{"name", options.strategy.empty() ? own.value("name", "rolling") : options.strategy}};
  if (strategy["name"] == own.value("name", "")) strategy["settings"] = own.value("settings", Json::object());
  if (!options.settings_file.empty()) {
    const auto documents = read_documents(options.settings_file);
    if (!documents.ok()) throw Failure(400, documents.status().message);
    if (documents->size() != 1) throw Failure(400, options.settings_file + ": want one document");
    strategy["settings"] = documents->front();
  }
  return strategy;
}

Json rollout_request(const DeployOptions& options, Client& client) {
  Json body{{"application", options.application}, {"release", options.release}, {"reason", options.reason}};
  if (options.replace) body["supersede"] = "replace";
  if (!has_strategy(options)) return body;
  const Json application = client.get("/api/applications/" + segment(options.application)).body;
  body["strategy"] = strategy_of(options, application["spec"]["strategy"]);
  return body;
}

Exit simulated_deploy(Session& session, const DeployOptions& options) {
  Json application = application_for(session, options.simulation, options.application);
  Json& spec = application["spec"];
  if (has_strategy(options)) spec["strategy"] = strategy_of(options, spec.value("strategy", Json::object()));
  return simulate(session, options.simulation, application, options.release);
}

Exit deploy(Session& session, const DeployOptions& options) {
  if (options.simulation.simulate) return simulated_deploy(session, options);
  Client client = session.client();
  const Json body = rollout_request(options, client);
  if (options.dry_run) {
    const Json plan = client.send("POST", "/api/rollouts?dry_run=true", body).body;
    session.print(plan, [&] { return plan_text(plan); });
    return Exit::done;
  }
  const Json rollout = client.send("POST", "/api/rollouts", body, {{"Idempotency-Key", new_key()}}).body;
  const std::string id = rollout.value("id", "");
  if (!options.watch && !options.wait) {
    session.print(rollout,
                  [&] { return "rollout " + id + " started\nfollow it with: slipway rollout watch " + id + "\n"; });
    return Exit::done;
  }
  return follow_rollout(session, rollout, options.watch ? Progress::live : Progress::silent,
                        parse_seconds(options.timeout));
}

std::string releases_table(const Json& releases) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& release : releases) {
    rows.push_back({release.value("name", ""), release.value("good", false) ? "good" : "",
                    age(release.value("created_at", "")), release.value("notes", "")});
  }
  return table({"RELEASE", "STATUS", "CREATED", "NOTES"}, rows);
}

struct ReleaseOptions {
  std::string application;
  std::string name;
  std::string file;
};

void add_release(CLI::App& app, Session& session) {
  CLI::App* release = app.add_subcommand("release", "Immutable versions of applications")->require_subcommand(1);
  auto options = std::make_shared<ReleaseOptions>();
  CLI::App* create = release->add_subcommand("create", "Record a release from a file");
  create->add_option("application", options->application, "The application")->required();
  create->add_option("-f,--file", options->file, "YAML or JSON of the release; - for standard input")->required();
  create->callback([&session, options] {
    session.run = [&session, options] {
      const auto documents = read_documents(options->file);
      if (!documents.ok()) throw Failure(400, documents.status().message);
      if (documents->size() != 1) throw Failure(400, options->file + ": want one document");
      Json body = documents->front();
      if (!body.contains("release")) body = {{"release", body}};
      const Json made =
          session.client().send("POST", "/api/applications/" + segment(options->application) + "/releases", body).body;
      session.print(made,
                    [&] { return "release " + options->application + " " + made.value("name", "") + " created\n"; });
      return Exit::done;
    };
  });
  CLI::App* list = release->add_subcommand("list", "Releases of an application");
  list->add_option("application", options->application, "The application")->required();
  auto filters = std::make_shared<Filters>();
  filters->add(*list, "digest", "Only of the artefact with this digest");
  filters->add_flag(*list, "good", "Only those that served well");
  list->callback([&session, options, filters] {
    session.run = [&session, options, filters] {
      const std::string path = "/api/applications/" + segment(options->application) + "/releases";
      const Json items = session.client().list(filters->on(path));
      session.print(items, [&] { return releases_table(items); });
      return Exit::done;
    };
  });
  CLI::App* get = release->add_subcommand("get", "One release");
  get->add_option("application", options->application, "The application")->required();
  get->add_option("release", options->name, "The release")->required();
  get->callback([&session, options] {
    session.run = [&session, options] {
      const Json found =
          session.client()
              .get("/api/applications/" + segment(options->application) + "/releases/" + segment(options->name))
              .body;
      session.print(found, [&] { return to_yaml(found); });
      return Exit::done;
    };
  });
}

std::string applications_table(const Json& applications) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& application : applications) {
    const Json& spec = application["spec"];
    rows.push_back({spec.value("name", ""), std::to_string(spec.value("replicas", 0)),
                    application.value("stable_release", ""), spec["strategy"].value("name", ""),
                    application.value("rollout", "")});
  }
  return table({"APPLICATION", "REPLICAS", "STABLE", "STRATEGY", "ROLLOUT"}, rows);
}

void add_app(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("app", "Applications")->require_subcommand(1);
  auto filters = std::make_shared<Filters>();
  CLI::App* list = group->add_subcommand("list", "Applications of the tenant");
  filters->add(*list, "strategy", "Only with this strategy");
  filters->add(*list, "host", "Only those that this host header leads to");
  filters->add(*list, "stable_release", "Only those that this release serves");
  filters->add(*list, "environment", "Only those of this environment");
  list->callback([&session, filters] {
    session.run = [&session, filters] {
      const Json items = session.client().list(filters->on("/api/applications"));
      session.print(items, [&] { return applications_table(items); });
      return Exit::done;
    };
  });
  auto name = std::make_shared<std::string>();
  CLI::App* get = group->add_subcommand("get", "One application");
  get->add_option("application", *name, "The application")->required();
  get->callback([&session, name] {
    session.run = [&session, name] {
      const Json found = session.client().get("/api/applications/" + segment(*name)).body;
      session.print(found, [&] { return to_yaml(found); });
      return Exit::done;
    };
  });
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* remove = group->add_subcommand("delete", "Drain, stop and forget an application");
  remove->add_option("application", *name, "The application")->required();
  remove->add_flag("--dry-run", *dry_run, "Check, but change nothing");
  remove->callback([&session, name, dry_run] {
    session.run = [&session, name, dry_run] {
      session.client().send("DELETE", "/api/applications/" + segment(*name) + dry(*dry_run), nullptr);
      std::cout << "application " << *name << " deleted" << (*dry_run ? " (dry run)" : "") << "\n";
      return Exit::done;
    };
  });
}

}  // namespace

std::string segment(const std::string& name) {
  if (name.empty() || name.find_first_of("/?#% ") != std::string::npos)
    throw Failure(400, "\"" + name + "\" is no name; want letters, digits, dots and dashes");
  return name;
}

void add_deliver_commands(CLI::App& app, Session& session) {
  auto apply_options = std::make_shared<ApplyOptions>();
  CLI::App* apply_command = app.add_subcommand("apply", "Create or change applications and releases from files");
  apply_command
      ->add_option("-f,--file", apply_options->files, "YAML or JSON, several documents allowed; - for standard input")
      ->required();
  apply_command->add_flag("--dry-run", apply_options->dry_run, "Check, but change nothing");
  apply_command->callback([&session, apply_options] {
    session.run = [&session, apply_options] { return apply(session, *apply_options); };
  });

  auto options = std::make_shared<DeployOptions>();
  CLI::App* command = app.add_subcommand("deploy", "Move an application to a release");
  command->add_option("application", options->application, "The application")->required();
  command->add_option("release", options->release, "The release")->required();
  command->add_option("-s,--strategy", options->strategy,
                      "Instead of the application's own: rolling, blue-green, canary");
  command->add_option("--settings", options->settings_file,
                      "File with the strategy's settings, YAML or JSON; - for standard input");
  command->add_option("--reason", options->reason, "Why, for the journal");
  command->add_flag("--replace", options->replace, "End a rollout that is under way, and go on from there");
  auto* watch = command->add_flag("-w,--watch", options->watch, "Show progress until the end");
  command->add_flag("--wait", options->wait, "Wait for the end")->excludes(watch);
  command->add_option("--timeout", options->timeout,
                      "With --watch or --wait: give up waiting after this time, 90s or 5m");
  command->add_flag("--dry-run", options->dry_run, "Show the plan, but start nothing");
  add_simulate_options(*command, options->simulation);
  command->callback([&session, options] { session.run = [&session, options] { return deploy(session, *options); }; });

  add_release(app, session);
  add_app(app, session);
}

}  // namespace slipway::cli
