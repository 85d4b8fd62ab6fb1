// What a probe is asked to do: the documents of QueryRequest.query. Plain values.
#pragma once

#include <slipway/interfaces/metrics.hpp>

#include "plugins/metrics/probe/child.hpp"

namespace slipway::probe {

// "200" or "200-299"; a number in a document is one status.
struct StatusRange {
  std::int32_t low = 200;
  std::int32_t high = 399;
  bool operator==(const StatusRange&) const = default;
};
std::string to_string(const StatusRange& range);
Result<StatusRange> parse_status_range(std::string_view text);

enum class Kind { http, tcp, command };
constexpr auto enum_names(Kind) {
  return std::array<EnumName<Kind>, 3>{{{Kind::http, "http"}, {Kind::tcp, "tcp"}, {Kind::command, "command"}}};
}

}  // namespace slipway::probe

namespace slipway {

template <>
struct Codec<probe::StatusRange> {
  static void write(Writer& out, const probe::StatusRange& range) { out.text(to_string(range)); }
  static void read(Reader& in, Json& from, probe::StatusRange& to, Bounds) {
    const auto range = probe::parse_status_range(from.is_string() ? from.get<std::string>() : from.dump());
    if (!range.ok()) return in.fault(&from, range.status().message);
    to = *range;
  }
  static Json schema(Bounds) {
    return {{"anyOf",
             {{{"type", "integer"}, {"minimum", 100}, {"maximum", 599}},
              {{"type", "string"}, {"pattern", "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$"}}}}};
  }
};

}  // namespace slipway

namespace slipway::probe {

// What an HTTP answer must be; everything given must hold.
struct Expect {
  std::vector<StatusRange> status = {StatusRange{}};
  std::map<std::string, std::string> headers;
  std::string body_contains;
  std::map<std::string, Json> json;
  std::optional<Duration> max_latency;
  static constexpr auto fields() {
    return slipway::fields(
        field("status", &Expect::status, "Good statuses: 200, \"200-299\".", between(1, 16)),
        field("headers", &Expect::headers, "Headers and their exact values.", at_most(32)),
        field("body_contains", &Expect::body_contains, "A text that the body has in it.", at_most(4096)),
        field("json", &Expect::json, "JSON pointers into the body, and the values there.", at_most(32)),
        field("max_latency", &Expect::max_latency, "The longest time that the answer may take (http and tcp)."));
  }
};

struct Check {
  std::string name;
  Kind kind = Kind::http;
  std::string method = "GET";
  std::string path = "/";
  std::map<std::string, std::string> headers;
  std::string body;
  std::vector<std::string> command;
  Output output = Output::text;
  Expect expect;
  Duration timeout = seconds(2);
  static constexpr auto fields() {
    return slipway::fields(
        required("name", &Check::name, "Name of the case.", between(1, 63)),
        field("kind", &Check::kind, "http: a request. tcp: a connection. command: a program that ends with 0."),
        field("method", &Check::method, "HTTP method.", between(1, 16)),
        field("path", &Check::path, "Path and query of the HTTP request; begins with /.", between(1, 2048)),
        field("headers", &Check::headers, "Request headers.", at_most(32)),
        field("body", &Check::body, "Request body.", at_most(65'536)),
        field("command", &Check::command,
              "Program and arguments; it finds ADDRESS, HOST, PORT, APPLICATION, RELEASE and ROLE in its environment.",
              at_most(64)),
        field(
            "output", &Check::output,
            "What a command prints. text: whatever it likes. tap: the Test Anything Protocol, of which each test is a "
            "case of its own."),
        field("expect", &Check::expect, "What the answer must be."),
        field("timeout", &Check::timeout, "Time for one attempt, at most 1m."));
  }
};

struct Query {
  std::vector<Check> checks;
  std::int32_t attempts = 1;
  Duration pause = milliseconds(250);
  bool all_replicas = true;
  static constexpr auto fields() {
    return slipway::fields(
        required("checks", &Query::checks, "The checks, made in this order on each replica.", between(1, 32)),
        field("attempts", &Query::attempts, "Tries until a check counts as failed.", between(1, 10)),
        field("pause", &Query::pause, "Time between two tries, at most 1m."),
        field("all_replicas", &Query::all_replicas, "Whether every replica is asked, or only the first."));
  }
};

// INVALID_ARGUMENT with every fault.
Result<Query> read_query(const Json& query);

}  // namespace slipway::probe
