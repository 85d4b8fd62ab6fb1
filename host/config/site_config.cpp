#include "host/config/site_config.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "host/config/layers.hpp"
#include "host/config/schema.hpp"
#include "host/config/site_fields.hpp"
#include "host/config/source.hpp"
#include "host/config/templates.hpp"
#include "host/config/variables.hpp"

namespace slipway::config {
namespace {

constexpr const char* kLoopback =
    "want a loopback address with a port, such as \"127.0.0.1:7070\": without TLS the token would cross the network in "
    "the clear";

// Of those that a worker puts in force; docs/guides/plugins/isolation.md tells what each is.
constexpr std::array kProtections{
    "own-user",     "user-namespace", "ipc-namespace", "network-namespace", "no-new-privileges", "no-capabilities",
    "parent-death", "limits",         "files",         "system-calls",      "not-traceable"};

void close(Json& schema) {
  if (!schema.is_object()) return;
  if (schema.contains("items")) close(schema["items"]);
  if (!schema.contains("properties")) return;
  schema["additionalProperties"] = false;
  for (auto& [name, property] : schema["properties"].items()) close(property);
}

bool is_loopback(const std::string& address) {
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  return ::inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

// The environment whose file is read: needed before the layers can be merged.
std::string chosen_environment(const SiteSources& sources, const std::vector<const Source*>& written) {
  if (!sources.environment.empty()) return sources.environment;
  const auto variable = sources.variables.find("SLIPWAY_ENVIRONMENT");
  if (variable != sources.variables.end()) return variable->second;
  for (const Source* source : written) {
    const auto found = source->value.find("environment");
    if (found != source->value.end() && found->is_string()) return found->get<std::string>();
  }
  return SiteConfig().environment;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == text.npos;
}

std::string environments_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const auto name = entry.path().stem().string();
    if (entry.path().extension() == ".yaml" && name != "base") names.push_back(name);
  }
  std::ranges::sort(names);
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Source environment_source(const std::filesystem::path& directory, const std::string& environment) {
  const auto path = directory / (environment + ".yaml");
  std::error_code error;
  if (is_name(environment) && std::filesystem::exists(path, error)) return read_source(path);
  Source none{directory.string(), Json::object(), {}, {}};
  // The schema's check will say what a name is.
  if (!is_name(environment)) return none;
  const auto known = environments_in(directory);
  none.faults.push_back({{directory.string(), 0},
                         {"/environment", clip(to_text(Json(environment))),
                          known.empty() ? "there are no environments here" : "want one of " + known}});
  return none;
}

// The two directories may be named by everything else, so they are expanded first.
TemplateNames names_for(Json& merged, const Variables& variables, Expanded& result) {
  TemplateNames names{{}, variables};
  for (const char* field : {"environment", "state_directory", "run_directory"}) {
    if (!merged[field].is_string()) continue;
    Expanded one = expand_all(Json{{field, merged[field]}}, names);
    merged[field] = one.value[field];
    result.written.merge(one.written);
    // What could not be expanded would be told again below.
    for (Problem& problem : one.problems) {
      merged[field] = "";
      result.problems.push_back(std::move(problem));
    }
    names.names[field] = merged[field].get<std::string>();
  }
  return names;
}

Expanded expand_site(Json merged, const Variables& variables) {
  Expanded result;
  const TemplateNames names = names_for(merged, variables, result);
  // Expanded once: a "$" in a directory's name is no template.
  Json directories = Json::object();
  for (const auto& [name, value] : names.names) {
    directories[name] = value;
    merged.erase(name);
  }
  Expanded rest = expand_all(std::move(merged), names);
  result.written.merge(rest.written);
  result.problems.insert(result.problems.end(), rest.problems.begin(), rest.problems.end());
  result.value = std::move(rest.value);
  result.value.update(directories);
  return result;
}

bool told(const Problems& problems, const std::string& path) {
  return std::ranges::find(problems, path, &Problem::path) != problems.end();
}

// RFC 9110, section 5.6.2: a token.
void check_header_names(const Json& site, Problems& found) {
  constexpr std::string_view kAllowed = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const Json::json_pointer place("/telemetry/otlp/headers");
  if (!site.contains(place) || !site[place].is_object()) return;
  for (const auto& [name, value] : site[place].items()) {
    if (name.empty() || name.find_first_not_of(kAllowed) != name.npos)
      found.push_back({place.to_string(), "", clip(to_text(Json(name))) + " is no name of a header"});
  }
}

void check_site(Expanded& site) {
  static const Schema kept_schema = *Schema::parse(site_schema());
  Problems found = kept_schema.check(site.value);
  const Json& listen = site.value["listen"];
  if (listen.is_string()) {
    if (const auto endpoint = parse_listen(listen.get<std::string>()); !endpoint.ok()) {
      found.push_back({"/listen", clip(to_text(listen)), endpoint.status().message});
    }
  }
  check_header_names(site.value, found);
  for (Problem& problem : found) {
    if (!told(site.problems, problem.path)) site.problems.push_back(as_written(std::move(problem), site.written));
  }
  for (Problem& problem : site.problems) {
    if (may_tell_secret(problem.path)) problem.value.clear();
  }
}

struct Collected {
  std::vector<Source> sources;
  std::vector<std::string> files;
};

Collected collect(const SiteSources& wanted) {
  Collected all;
  const auto add = [&](Source source) {
    all.files.push_back(source.file);
    all.sources.push_back(std::move(source));
  };
  std::optional<Source> site;
  if (!wanted.site_file.empty()) site = read_source(wanted.site_file);
  if (!wanted.directory.empty()) {
    Source base = read_source(wanted.directory / "base.yaml");
    std::vector<const Source*> written{&base};
    if (site) written.insert(written.begin(), &*site);
    const auto environment = chosen_environment(wanted, written);
    add(std::move(base));
    add(environment_source(wanted.directory, environment));
  }
  if (site) add(std::move(*site));
  for (Source& variable : variable_sources(wanted.variables, site_schema())) all.sources.push_back(std::move(variable));
  if (wanted.environment.empty()) return all;
  all.sources.push_back({"option --environment", Json{{"environment", wanted.environment}}, {}, {}});
  return all;
}

}  // namespace

Json site_schema() {
  Json schema = schema_of<SiteConfig>();
  close(schema);
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "Slipway site configuration";
  Json& top = schema["properties"];
  const auto put = [](Json& property, Json words) { property.update(words); };
  put(top["environment"], {{"pattern", "^[a-z0-9][a-z0-9-]{0,62}$"},
                           {"x-want", "a name like \"production\": a-z, 0-9 and \"-\", at most 63"}});
  put(top["host"]["properties"]["name"],
      {{"pattern", "^([A-Za-z0-9][A-Za-z0-9.-]{0,62})?$"},
       {"x-want", "a name like \"dock-2\": letters, 0-9, \".\" and \"-\", at most 63"}});
  put(top["host"]["properties"]["lease"], {{"x-minimum", "1s"}, {"x-maximum", "5m"}});
  for (const char* directory : {"state_directory", "run_directory"}) {
    put(top[directory], {{"pattern", "^/"}, {"x-want", "an absolute path of at most 4096 bytes"}});
  }
  put(top["plugin_roots"]["items"], {{"minLength", 1}, {"maxLength", 4096}});
  put(top["shutdown_grace"], {{"x-minimum", "100ms"}, {"x-maximum", "5m"}});
  put(top["journal_retention"], {{"x-minimum", "1h"}, {"x-maximum", "87600h"}});
  put(top["events_retention"], {{"x-minimum", "1m"}, {"x-maximum", "8760h"}});
  put(top["limits"]["properties"]["request_timeout"], {{"x-minimum", "1s"}, {"x-maximum", "1h"}});
  put(top["limits"]["properties"]["idle_timeout"], {{"x-minimum", "1s"}, {"x-maximum", "1h"}});
  put(top["isolation"]["properties"]["required"]["items"], {{"enum", kProtections}});
  put(top["isolation"]["properties"]["hang"], {{"x-minimum", "1s"}, {"x-maximum", "10m"}});
  Json& otlp = top["telemetry"]["properties"]["otlp"]["properties"];
  put(otlp["endpoint"], {{"pattern", "^(https?://[^/?#@\\s]+(/[^?#\\s]*)?)?$"},
                         {"x-want", "a URL like \"http://127.0.0.1:4318\", without user, query and fragment"}});
  put(otlp["headers"]["additionalProperties"], {{"pattern", "^[\\t\\x20-\\x7e]*$"},
                                                {"maxLength", 4'096},
                                                {"x-want", "printable characters of ASCII, at most 4096"}});
  put(otlp["timeout"], {{"x-minimum", "100ms"}, {"x-maximum", "1m"}});
  put(otlp["interval"], {{"x-minimum", "10ms"}, {"x-maximum", "1m"}});
  put(top["bake"]["properties"]["time"], {{"x-minimum", "0s"}, {"x-maximum", "24h"}});
  return schema;
}

std::string site_schema_text() { return site_schema().dump(2) + "\n"; }

Result<Endpoint> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  const Status fault(Code::invalid_argument, kLoopback);
  if (colon == text.npos) return fault;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed != (host.find(':') != host.npos)) return fault;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || !is_loopback(std::string(host))) return fault;
  return Endpoint{std::string(host), port};
}

std::map<std::string, std::string> template_names(const SiteConfig& config) {
  return {{"environment", config.environment},
          {"state_directory", config.state_directory},
          {"run_directory", config.run_directory}};
}

LoadedSite load_site_config(const SiteSources& sources) {
  LoadedSite loaded;
  Layers layers;
  layers.add({"defaults", encode(SiteConfig()), {}, {}});
  Collected all = collect(sources);
  for (const Source& source : all.sources) {
    layers.add(source);
    loaded.faults.insert(loaded.faults.end(), source.faults.begin(), source.faults.end());
  }
  loaded.files = std::move(all.files);
  Expanded site = expand_site(layers.value(), sources.variables);
  check_site(site);
  for (Problem& problem : site.problems) loaded.faults.push_back(layers.fault(std::move(problem)));
  if (!loaded.faults.empty()) return loaded;
  auto config = decode<SiteConfig>(site.value, "site configuration", Unknown::refused);
  for (Problem& problem : config.status().problems) {
    if (may_tell_secret(problem.path)) problem.value.clear();
    loaded.faults.push_back(layers.fault(as_written(problem, site.written)));
  }
  if (config.ok()) loaded.config = std::move(*config);
  return loaded;
}

}  // namespace slipway::config
