// Keys and signatures of packages: commands that work on files and need no daemon. slipway-packages does the work.
#include <algorithm>
#include <array>
#include <memory>

#include "tools/cli/commands.hpp"
#include "tools/cli/hand_over.hpp"

namespace slipway::cli {
namespace {

// `words`: what tools/packages/main.cpp says.
Exit run(const Session& session, std::vector<std::string> words) {
  words.insert(words.begin(), std::string(to_name(session.format)));
  return hand_over("slipway-packages", std::move(words));
}

}  // namespace

bool names_package(const std::string& word) {
  constexpr std::array<std::string_view, 4> kEnds{".tar", ".tar.gz", ".tar.xz", ".tar.zst"};
  return word == "." || word.find('/') != word.npos ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return word.ends_with(end); });
}

Exit inspect_package_file(const Session& session, const std::string& package, const std::string& policy) {
  return run(session, {"inspect", package, policy});
}

void add_package_commands(CLI::App& app, Session& session) {
  struct Options {
    std::string package, key = "local", policy, name, directory;
  };
  auto options = std::make_shared<Options>();

  CLI::App* keys = app.add_subcommand("key", "Keys that sign packages")->require_subcommand(1);
  CLI::App* make = keys->add_subcommand("new", "Make a key: a private half for its owner, a public one for others");
  make->add_option("name", options->name, "What to call it, the vendor's name for instance")->required();
  make->add_option("--directory", options->directory,
                   "Where to put it; by default SLIPWAY_KEY_DIRECTORY or ~/.config/slipway/keys");
  make->callback([&session, options] {
    session.run = [&session, options] { return run(session, {"new-key", options->name, options->directory}); };
  });

  CLI::App* plugin = app.get_subcommand("plugin");
  CLI::App* signing = plugin->add_subcommand("sign", "Sign a package's plugin.json, and with it every file");
  signing->add_option("package", options->package, "The package's folder")->required();
  signing->add_option("--key", options->key, "Name of a key, or the path of its private half")->capture_default_str();
  signing->callback([&session, options] {
    session.run = [&session, options] { return run(session, {"sign", options->package, options->key}); };
  });

  CLI::App* verifying = plugin->add_subcommand("verify", "Check a package as a host would, without running any of it");
  verifying->add_option("package", options->package, "The package's folder or tar archive")->required();
  verifying->add_option("--policy", options->policy,
                        "Site configuration whose trust decides; by default the local key alone is trusted");
  verifying->callback([&session, options] {
    session.run = [&session, options] { return run(session, {"verify", options->package, options->policy}); };
  });
}

}  // namespace slipway::cli
