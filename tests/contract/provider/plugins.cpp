#include <signal.h>

#include <fstream>
#include <sstream>

#include "tests/contract/provider/provider_contract.hpp"
#include "tests/integration/provider_local/stack.hpp"

namespace slipway::test {
namespace {

// Real processes behind a real HAProxy. Each replica writes its pid down before it becomes the program.
class LocalPlace final : public ProviderPlace {
 public:
  [[nodiscard]] Json settings() const override { return place_.config(); }

  [[nodiscard]] std::vector<WrongSettings> wrong_settings() const override {
    return {{{{"ports", {{"first", 80}}}}, "/ports/first"},
            {{{"haproxy", {{"mode", "borrowed"}}}}, "/haproxy/mode"},
            {{{"drain_deadline", "soon"}}, "/drain_deadline"},
            {{{"run_directory", 7}}, "/run_directory"},
            {{{"haproxy", {{"threads", "many"}}}}, "/haproxy/threads"}};
  }

  [[nodiscard]] provider::Release good(const std::string& version) const override { return made(version, ""); }
  [[nodiscard]] provider::Release never_ready(const std::string& version) const override {
    return made(version, " --unready");
  }

  [[nodiscard]] int started() const override { return static_cast<int>(pids("").size()); }
  [[nodiscard]] int alive() const override {
    int count = 0;
    for (const int pid : pids("")) count += exists(pid) ? 1 : 0;
    return count;
  }
  void kill_one(const std::string& version) override {
    for (const int pid : pids(version)) {
      if (exists(pid)) {
        ::kill(pid, SIGKILL);
        return;
      }
    }
  }

 private:
  [[nodiscard]] provider::Release made(const std::string& version, const std::string& options) const {
    provider::Release release = slipway::test::release(version);
    const std::string program = release.command.front();
    release.command = {
        "/bin/sh", "-c",
        "echo " + version + " $$ >> " + place_.path("pids") + "; exec " + program + " --version " + version + options};
    return release;
  }

  // Of the release, or of every one.
  [[nodiscard]] std::vector<int> pids(const std::string& version) const {
    std::vector<int> found;
    std::ifstream file(place_.path("pids"));
    std::string release;
    for (int pid = 0; file >> release >> pid;) {
      if (version.empty() || release == version) found.push_back(pid);
    }
    return found;
  }

  Place place_;
};

}  // namespace

std::vector<ProviderPlugin> provider_plugins() {
  return {{"local", "provider-local", [] { return std::make_unique<LocalPlace>(); }}};
}

INSTANTIATE_TEST_SUITE_P(Plugins, ProviderContract, testing::ValuesIn(provider_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
