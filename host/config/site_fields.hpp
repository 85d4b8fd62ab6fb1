// The fields of the site configuration with their documentation and bounds: codec, schema and reference come from here.
// Not for use outside this folder.
#pragma once

#include <slipway/document.hpp>

#include "host/config/site_config.hpp"

namespace slipway::telemetry {

constexpr auto enum_names(LogFormat) {
  return std::array<EnumName<LogFormat>, 2>{{{LogFormat::text, "text"}, {LogFormat::json, "json"}}};
}

constexpr auto enum_names(Level) {
  return std::array<EnumName<Level>, 5>{{{Level::debug, "debug"},
                                         {Level::info, "info"},
                                         {Level::warn, "warn"},
                                         {Level::error, "error"},
                                         {Level::off, "off"}}};
}

}  // namespace slipway::telemetry

namespace slipway::config {

constexpr auto LogConfig::fields() {
  return slipway::fields(
      field("format", &LogConfig::format, "How records are spelled: text for people, json for machines."),
      field("level", &LogConfig::level, "The least serious records that are written."),
      field("file", &LogConfig::file, "Path of the log file; empty: standard error."));
}

constexpr auto LimitsConfig::fields() {
  using L = LimitsConfig;
  return slipway::fields(
      field("header_bytes", &L::header_bytes, "Largest head of a request.", between(1'024, 1'048'576)),
      field("body_bytes", &L::body_bytes, "Largest body of a request.", between(1'024, 67'108'864)),
      field("connections", &L::connections, "Connections open at once; further ones are refused.", between(1, 65'536)),
      field("streams", &L::streams, "Event streams open at once; they count as connections too.", between(0, 65'536)),
      field("request_timeout", &L::request_timeout,
            "Longest time for one request to arrive whole, and for each piece of its answer to be sent."),
      field("idle_timeout", &L::idle_timeout, "Longest silence of a connection between two requests."));
}

constexpr auto RolloutsConfig::fields() {
  return slipway::fields(field("max_active", &RolloutsConfig::max_active,
                               "Rollouts in progress at once; a further one is refused.", between(1, 100'000)));
}

constexpr auto enum_names(RulePlacement) {
  return std::array<EnumName<RulePlacement>, 2>{
      {{RulePlacement::in_process, "in-process"}, {RulePlacement::isolated, "isolated"}}};
}

constexpr auto enum_names(LocalKey) {
  return std::array<EnumName<LocalKey>, 3>{
      {{LocalKey::in_development, "in-development"}, {LocalKey::trusted, "trusted"}, {LocalKey::refused, "refused"}}};
}

constexpr auto enum_names(OnRevocation) {
  return std::array<EnumName<OnRevocation>, 2>{{{OnRevocation::report, "report"}, {OnRevocation::retire, "retire"}}};
}

constexpr auto TrustKey::fields() {
  using K = TrustKey;
  return slipway::fields(
      required("name", &K::name, "What the site calls the key, in messages.", between(1, 63)),
      field("public_key", &K::public_key, "The key itself: \"ed25519:\" and 44 characters.", at_most(128)),
      field("file", &K::file, "Path of a file with the key, which only its owner may write; instead of public_key.",
            at_most(4'096)),
      required("prefixes", &K::prefixes,
               "Ids that it may sign: whole ids, beginnings that end with \".\" or \"-\", or \"*\".", between(1, 64)));
}

constexpr auto TrustRule::fields() {
  using R = TrustRule;
  return slipway::fields(
      required("plugins", &R::plugins, "Ids that it holds for, spelled as the prefixes of keys.", between(1, 64)),
      field("placements", &R::placements, "Where they may run; empty: everywhere.", at_most(2)),
      field("permissions", &R::permissions,
            "The most that a profile may grant them, spelled as in a profile; absent: no bound."));
}

constexpr auto TrustConfig::fields() {
  using T = TrustConfig;
  return slipway::fields(
      field("local_key", &T::local_key,
            "Whether packages are accepted that this machine's own builds have signed: in-development does so in the "
            "environment development only."),
      field("keys", &T::keys, "Publishers whose signatures count.", at_most(64)),
      field("revoked_keys", &T::revoked_keys, "Ids of keys whose signatures do not count any more.", at_most(1'024)),
      field("revoked_digests", &T::revoked_digests,
            "SHA-256 of files that are not run any more: a library, another file of a package, or its plugin.json.",
            at_most(4'096)),
      field("on_revocation", &T::on_revocation,
            "What becomes of a plugin that runs while it is revoked: report says so and leaves it to the next apply; "
            "retire ends it at once."),
      field("rules", &T::rules, "Which plugin may run where with what; the first that holds an id decides.",
            at_most(256)));
}

constexpr auto IsolationConfig::fields() {
  using I = IsolationConfig;
  return slipway::fields(
      field("required", &I::required,
            "Protections without which no isolated plugin is run; which there are on this machine, \"slipway plugin "
            "list --output json\" tells.",
            at_most(16)),
      field("memory_mib", &I::memory_mib, "Most memory of a worker, in MiB.", between(64, 1'048'576)),
      field("open_files", &I::open_files, "Most files that a worker has open.", between(32, 1'048'576)),
      field("hang", &I::hang, "A worker that does not react for so long is ended and started again."));
}

constexpr auto BakeConfig::fields() {
  using B = BakeConfig;
  return slipway::fields(
      field("time", &B::time, "How long replaced plugins are kept warm for a return, unless a change says how long."),
      field("faults", &B::faults,
            "The largest share of a new plugin's calls that may fail meanwhile; above it the host goes back."),
      field("calls", &B::calls, "Calls of it before that share says anything.", between(1, 1'000'000)));
}

constexpr auto OtlpConfig::fields() {
  using O = OtlpConfig;
  return slipway::fields(
      field("endpoint", &O::endpoint,
            "URL of an OpenTelemetry collector that takes OTLP/HTTP; /v1/traces is added to it. Empty: no spans.",
            at_most(2'048)),
      field("headers", &O::headers,
            "Sent with each request. The values are secrets, best written as ${env:NAME}: nothing ever shows them.",
            at_most(16)),
      field("timeout", &O::timeout, "Longest time for one request."),
      field("queue", &O::queue, "Spans that wait to be sent; further ones are dropped and counted.",
            between(1, 65'536)),
      field("batch", &O::batch, "Most spans of one request; so many are sent at once.", between(1, 4'096)),
      field("interval", &O::interval, "How long fewer spans wait for more."),
      field(
          "sample_ratio", &O::sample_ratio,
          "Share of the traces that begin at this host that is told. Those that come with a traceparent are told when "
          "its flag says sampled."),
      field("service_name", &O::service_name, "The resource's service.name.", between(1, 255)));
}

constexpr auto TelemetryConfig::fields() {
  return slipway::fields(field("otlp", &TelemetryConfig::otlp, "Where spans are sent, by OTLP/HTTP with JSON."));
}

constexpr auto HostConfig::fields() {
  using H = HostConfig;
  return slipway::fields(
      field("name", &H::name, "Its name, which no other host of the store has; empty: the machine's.", at_most(63)),
      field("lease", &H::lease,
            "How long after a host's end, or its last word to the store, others take its work over."));
}

constexpr auto SiteConfig::fields() {
  using S = SiteConfig;
  return slipway::fields(
      field("environment", &S::environment, "Name of the environment; it also chooses the file <environment>.yaml."),
      field("host", &S::host, "This host among those that share its store."),
      field("listen", &S::listen,
            "Address and port of the API; port 0 takes any free one. Only loopback as long as there is no TLS."),
      field("state_directory", &S::state_directory, "What must survive a restart of the machine.", between(1, 4'096)),
      field("run_directory", &S::run_directory,
            "Sockets, process files and the like; may be lost with a restart of the machine.", between(1, 4'096)),
      field("plugin_roots", &S::plugin_roots, "Folders with plugin packages, searched in this order.", between(1, 16)),
      field("token_file", &S::token_file,
            "File with the bearer token of the API; made at the first start, readable by its owner only.",
            between(1, 4'096)),
      field("log", &S::log, "Where and how the log is written."),
      field("telemetry", &S::telemetry, "What the host tells to others about its own work."),
      field("limits", &S::limits, "Bounds on what clients may ask of the API."),
      field("trust", &S::trust, "Whose plugins this site runs."),
      field("isolation", &S::isolation, "What holds plugins in that run in processes of their own."),
      field("bake", &S::bake, "What sends the host back from a change of plugins by itself."),
      field("threads", &S::threads,
            "Threads for everything that does not block; 0: as many as the machine has processors.", between(0, 256)),
      field("blocking_threads", &S::blocking_threads, "Threads for plugins that declare that they block.",
            between(1, 256)),
      field("shutdown_grace", &S::shutdown_grace, "Longest time to finish or hand back work after SIGTERM."),
      field("journal_retention", &S::journal_retention, "How long the journals of finished rollouts are kept."),
      field("events_retention", &S::events_retention, "How long events are kept for clients that resume."),
      field("rollouts", &S::rollouts, "Bounds on rollouts."));
}

// Whether what was written there, a fault, may be a secret or hold one: headers, with their name misspelt too, and a
// URL with a password.
inline bool may_tell_secret(std::string_view path) {
  constexpr std::string_view kHeaders = "/telemetry/otlp/header";
  return path.starts_with(kHeaders) || path == "/telemetry/otlp/endpoint" ||
         (path.starts_with("/telemetry") && kHeaders.starts_with(path));
}

// Schema of SiteConfig with what the fields cannot say: no unknown names, bounds of durations, forms of texts.
Json site_schema();

}  // namespace slipway::config
