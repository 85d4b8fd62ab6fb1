// slipway hosts: those that share a store, and how one of them is taken out of work.
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(200);

std::string hosts_table(const Terminal& terminal, const Json& hosts) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& host : hosts) {
    const std::string state = host.value("state", "");
    rows.push_back({host.value("name", ""), terminal.paint(colour_of_state(state), state),
                    std::to_string(host.value("partitions", 0)), host.value("slipwayd", ""), host.value("address", ""),
                    age(host.value("joined_at", "")), age(host.value("seen_at", ""))});
  }
  return table({"HOST", "STATE", "PARTITIONS", "VERSION", "ADDRESS", "JOINED", "SEEN"}, rows);
}

Exit show_host(Session& session, const Json& host) {
  session.print(host, [&] { return hosts_table(session.terminal, Json::array({host})); });
  return Exit::done;
}

Json host_named(const Json& hosts, const std::string& name) {
  for (const Json& host : hosts) {
    if (host.value("name", "") == name) return host;
  }
  return nullptr;
}

// Until it has handed over everything; a host that has left meanwhile has done so too.
Exit await_drained(Session& session, const std::string& name, long patience) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(patience);
  Json last;
  while (std::chrono::steady_clock::now() < until) {
    const Json host = host_named(session.client().list("/api/hosts"), name);
    if (host.is_null()) {
      std::cerr << "host " << name << " has left\n";
      return Exit::done;
    }
    if (host["state"] == "drained") return show_host(session, host);
    last = host;
    std::this_thread::sleep_for(kLookAgain);
  }
  std::cerr << "slipway: host " << name << " still has " << last.value("partitions", 0)
            << " partitions and goes on handing them over; see slipway hosts list\n";
  return Exit::timed_out;
}

struct DrainOptions {
  std::string host;
  std::string timeout = "5m";
  bool no_wait = false;
  bool dry_run = false;
};

Exit steer(Session& session, const std::string& word, const DrainOptions& options) {
  const std::string path =
      "/api/hosts/" + segment(options.host) + "/" + word + (options.dry_run ? "?dry_run=true" : "");
  const Json host = session.client().send("POST", path, nullptr).body;
  if (word == "undrain" || options.dry_run || options.no_wait) return show_host(session, host);
  return await_drained(session, options.host, parse_seconds(options.timeout));
}

CLI::App* add_word(CLI::App& group, Session& session, const std::string& word, const std::string& doc,
                   const std::shared_ptr<DrainOptions>& options) {
  CLI::App* command = group.add_subcommand(word, doc);
  command->add_option("host", options->host, "Its name")->required();
  command->add_flag("--dry-run", options->dry_run, "Check, but change nothing");
  command->callback([&session, word, options] {
    session.run = [&session, word, options] { return steer(session, word, *options); };
  });
  return command;
}

}  // namespace

void add_hosts_commands(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("hosts", "The hosts that share the store")->require_subcommand(1);
  CLI::App* list = group->add_subcommand("list", "The hosts and their work");
  auto filters = std::make_shared<Filters>();
  filters->add(*list, "state", "Only those in this state");
  filters->add(*list, "slipwayd", "Only those with this version of slipwayd");
  list->callback([&session, filters] {
    session.run = [&session, filters] {
      const Json answer{{"items", session.client().list(filters->on("/api/hosts"))}};
      session.print(answer, [&] { return hosts_table(session.terminal, answer["items"]); });
      return Exit::done;
    };
  });
  auto options = std::make_shared<DrainOptions>();
  CLI::App* drain =
      add_word(*group, session, "drain", "Hands a host's work to the others, and waits until it has none", options);
  drain->add_option("--timeout", options->timeout, "Longest wait, 90s or 5m");
  drain->add_flag("--no-wait", options->no_wait, "Do not wait for the hand-over");
  add_word(*group, session, "undrain", "Lets a host take its share of the work again", options);
}

}  // namespace slipway::cli
