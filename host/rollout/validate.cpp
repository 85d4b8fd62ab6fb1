#include "host/rollout/validate.hpp"

#include <algorithm>
#include <set>

#include "host/rollout/baseline.hpp"

namespace slipway::rollout {
namespace {

constexpr std::size_t kLongestName = 63;
constexpr const char* kNameRule =
    "want lower-case letters, digits, dots and dashes, beginning and ending with a letter or digit";

class Faults {
 public:
  void add(std::string path, const Json& value, std::string message) {
    std::string text = value.is_null() ? "" : to_text(value);
    if (text.size() > 120) text = text.substr(0, 117) + "...";
    list_.push_back({std::move(path), std::move(text), std::move(message)});
  }
  void name(const std::string& path, const std::string& value) {
    if (!is_name(value)) add(path, value, kNameRule);
  }
  void positive(const std::string& path, Duration value) {
    if (value.ns <= 0) add(path, to_string(value), "want a duration above 0");
  }
  template <class T>
  void size(const std::string& path, const T& document, std::size_t allowed) {
    const std::size_t bytes = encode_text(document).size();
    if (bytes > allowed) oversized(path, encode(document), bytes, allowed);
  }
  Problems take() { return std::move(list_); }

 private:
  void oversized(const std::string& path, const Json& document, std::size_t bytes, std::size_t allowed);
  Problems list_;
};

// The deepest part that alone takes half of what is allowed, as "/release/files/0/content"; else the largest member.
std::pair<std::string, std::size_t> largest_in(const Json& document, std::size_t allowed) {
  std::pair<std::string, std::size_t> largest{"", 0};
  const Json* deepest = nullptr;
  for (const auto& [name, value] : document.items()) {
    const std::size_t bytes = to_text(value).size();
    if (bytes <= largest.second || name.size() > kLongestName) continue;
    largest = {"/" + name, bytes};
    deepest = &value;
  }
  if (deepest == nullptr || !deepest->is_structured() || largest.second < allowed / 2) return largest;
  const auto [within, bytes] = largest_in(*deepest, allowed);
  return bytes < allowed / 2 ? largest : std::pair{largest.first + within, bytes};
}

void Faults::oversized(const std::string& path, const Json& document, std::size_t bytes, std::size_t allowed) {
  const auto [part, part_bytes] = largest_in(document, allowed);
  add(path + part, nullptr,
      "has " + std::to_string(part_bytes) + " bytes, the most in a document of " + std::to_string(bytes) +
          " bytes; at most " + std::to_string(allowed) + " are allowed");
}

void check_analyses(Faults& faults, const std::vector<AnalysisSpec>& analyses) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < analyses.size(); ++i) {
    const std::string at = "/analyses/" + std::to_string(i);
    faults.name(at + "/name", analyses[i].name);
    if (!names.insert(analyses[i].name).second)
      faults.add(at + "/name", analyses[i].name, "is used twice; each analysis has a name of its own");
    if (analyses[i].interval < milliseconds(100))
      faults.add(at + "/interval", to_string(analyses[i].interval), "want at least 100ms");
  }
}

void check_verification(Faults& faults, const ApplicationSpec& spec) {
  const auto& wanted = spec.verification.analyses;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool known =
        std::any_of(spec.analyses.begin(), spec.analyses.end(), [&](const auto& a) { return a.name == wanted[i]; });
    if (!known)
      faults.add("/verification/analyses/" + std::to_string(i), wanted[i], "is none of the application's analyses");
  }
  if (!wanted.empty() && spec.verification.period.ns == 0)
    faults.add("/verification/period", "0", "want a duration above 0, or no analyses");
  if (spec.verification.period.ns == 0) return;
  for (const AnalysisSpec& analysis : spec.analyses) {
    const bool watches = wanted.empty() || std::find(wanted.begin(), wanted.end(), analysis.name) != wanted.end();
    const Duration first = analysis.initial_delay + analysis.interval;
    if (watches && spec.verification.period < first)
      faults.add(
          "/verification/period", to_string(spec.verification.period),
          "ends before the first window of the analysis " + analysis.name + "; want at least " + to_string(first));
  }
}

bool is_host(const std::string& host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '_';
  });
}

void check_check(Faults& faults, const std::string& at, const provider::Check& check) {
  faults.positive(at + "/interval", check.interval);
  faults.positive(at + "/timeout", check.timeout);
  if (check.kind == provider::CheckKind::command && check.command.empty())
    faults.add(at + "/command", nullptr, "a command check needs a command");
  if (check.kind == provider::CheckKind::http && check.path.front() != '/')
    faults.add(at + "/path", check.path, "want a path that begins with /");
}

bool is_digest(const std::string& text) {
  return text.size() == 71 && text.starts_with("sha256:") &&
         std::all_of(text.begin() + 7, text.end(),
                     [](unsigned char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void check_version(Faults& faults, const std::string& version) {
  const std::string at = "/release/version";
  if (is_baseline(version))
    return faults.add(at, version,
                      "ends in \"" + std::string(kBaselineSuffix) +
                          "\", the name of the group that a canary is compared with; want another name");
  if (version.size() > kLongestName)
    return faults.add(at, version, "want at most " + std::to_string(kLongestName) + " characters");
  faults.name(at, version);
}

void check_artefact(Faults& faults, const provider::Artefact& artefact) {
  const std::string at = "/release/artefact";
  if (!artefact.path.empty() && !artefact.archive.empty()) faults.add(at, nullptr, "want path or archive, not both");
  if (!artefact.path.empty() && artefact.path.front() != '/')
    faults.add(at + "/path", artefact.path, "want an absolute path");
  if (!artefact.archive.empty() && artefact.archive.front() != '/')
    faults.add(at + "/archive", artefact.archive, "want an absolute path");
  if (!artefact.archive.empty() && artefact.digest.empty())
    faults.add(at + "/digest", nullptr, "an archive needs its digest, sha256:<64 hex digits>");
  if (!artefact.digest.empty() && !is_digest(artefact.digest))
    faults.add(at + "/digest", artefact.digest, "want sha256:<64 hex digits in lower case>");
  if (!artefact.digest.empty() && artefact.path.empty() && artefact.archive.empty())
    faults.add(at + "/digest", artefact.digest, "belongs to a path or an archive, and there is none");
}

bool is_env_name(const std::string& name) {
  return !name.empty() && name.find('=') == name.npos && name.find('\0') == name.npos;
}

void check_file(Faults& faults, const std::string& at, const provider::File& file) {
  const std::string padded = "/" + file.path + "/";
  if (file.path.empty() || file.path.front() == '/' || padded.find("/../") != padded.npos)
    faults.add(at + "/path", file.path, "want a path inside the working directory");
}

}  // namespace

bool is_name(std::string_view text) {
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > kLongestName || !alnum(text.front()) || !alnum(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return alnum(c) || c == '.' || c == '-'; });
}

Problems faults_of(const ApplicationSpec& spec) {
  Faults faults;
  faults.name("/name", spec.name);
  for (std::size_t i = 0; i < spec.hosts.size(); ++i) {
    if (!is_host(spec.hosts[i]))
      faults.add("/hosts/" + std::to_string(i), spec.hosts[i],
                 "want a Host header in lower case, such as shop.example.com");
  }
  faults.name("/strategy/name", spec.strategy.name);
  check_analyses(faults, spec.analyses);
  check_verification(faults, spec);
  if (spec.rollback.mode == RollbackMode::gradual) faults.positive("/rollback/over", spec.rollback.over);
  for (std::size_t i = 0; i < spec.gates.size(); ++i)
    faults.name("/gates/" + std::to_string(i) + "/gate", spec.gates[i].gate);
  faults.size("", spec, kLargestSpec);
  return faults.take();
}

Problems faults_of(const ReleaseRequest& request) {
  Faults faults;
  const provider::Release& release = request.release;
  check_version(faults, release.version);
  check_artefact(faults, release.artefact);
  if (release.command.empty() || release.command.front().empty())
    faults.add("/release/command/0", nullptr, "want the program to run");
  for (const auto& [name, value] : release.env) {
    if (!is_env_name(name)) faults.add("/release/env/" + name, value, "want a variable's name without \"=\"");
    if (release.secrets.contains(name))
      faults.add("/release/secrets/" + name, nullptr, "is given twice, in env and in secrets");
  }
  for (const auto& [name, reference] : release.secrets) {
    if (!is_env_name(name)) faults.add("/release/secrets/" + name, reference, "want a variable's name without \"=\"");
    if (reference.find(':') == reference.npos)
      faults.add("/release/secrets/" + name, nullptr, "want a reference such as env:NAME or file:name, never a value");
  }
  for (std::size_t i = 0; i < release.files.size(); ++i)
    check_file(faults, "/release/files/" + std::to_string(i), release.files[i]);
  if (!release.working_directory.empty() && release.working_directory.front() != '/')
    faults.add("/release/working_directory", release.working_directory, "want an absolute path");
  check_check(faults, "/release/readiness", release.readiness);
  if (release.liveness) check_check(faults, "/release/liveness", *release.liveness);
  faults.size("", request, kLargestRelease);
  return faults.take();
}

Problems faults_of(const RolloutRequest& request) {
  Faults faults;
  if (request.strategy) faults.size("/strategy", *request.strategy, kLargestStrategy);
  return faults.take();
}

}  // namespace slipway::rollout
