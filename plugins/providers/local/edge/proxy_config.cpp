#include "plugins/providers/local/edge/proxy_config.hpp"

#include <algorithm>
#include <array>

namespace slipway::local {
namespace {

constexpr std::chrono::milliseconds kShortestCheck(100), kWhileDown(500);
constexpr char kBanner[] = "# Written by Slipway's local provider. Changes made here are lost.\n";

std::string global_section(const EdgeSettings& s) {
  std::string lua = s.paths.mirror_script.empty() ? "" : "    lua-load " + s.paths.mirror_script + "\n";
  if (!s.records_socket.empty()) lua += "    lua-load " + s.paths.relay_script + "\n";
  if (s.mode == ProxyMode::kExisting) return lua.empty() ? "" : "global\n" + lua + "\n";
  return "global\n"
         "    master-worker\n"
         "    nbthread " +
         std::to_string(s.threads) +
         "\n"
         "    maxconn " +
         std::to_string(s.maxconn) +
         "\n"
         "    hard-stop-after " +
         std::to_string(s.hard_stop_after.count()) +
         "s\n"
         "    stats socket " +
         s.paths.runtime_socket +
         " mode 600 level admin expose-fd listeners\n"
         "    stats maxconn 64\n"
         "    stats timeout 1h\n" +
         lua + "\n";
}

// A ring whose reader is away connects to it again and again without a pause, which takes half of HAProxy's time. So
// its records go through a proxy, where a script holds them back until there is a reader.
std::string records_sections(const EdgeSettings& s) {
  if (s.records_socket.empty()) return "";
  return "ring slipway_access\n"
         "    format raw\n"
         "    maxlen 256\n"
         "    size 8388608\n"
         "    timeout connect 1s\n"
         "    timeout server 24d\n"
         "    server relay unix@" +
         s.paths.relay_socket +
         " log-proto octet-count\n\n"
         "listen slipway_records\n"
         "    mode tcp\n"
         "    bind unix@" +
         s.paths.relay_socket +
         " mode 600\n"
         "    timeout connect 1s\n"
         "    timeout client 24d\n"
         "    timeout server 24d\n"
         "    tcp-request inspect-delay 24d\n"
         "    tcp-request content lua.slipway_await_reader\n"
         "    server reader unix@" +
         s.records_socket + "\n\n";
}

std::string timeout_line(const char* name, EdgeTimeouts::Time time) {
  const bool whole = time.count() % 1000 == 0;
  return std::string("    timeout ") + name + " " +
         (whole ? std::to_string(time.count() / 1000) + "s" : std::to_string(time.count()) + "ms") + "\n";
}

std::string defaults_section(const EdgeSettings& s) {
  const EdgeTimeouts& t = s.timeouts;
  return "defaults slipway\n"
         "    mode http\n" +
         timeout_line("connect", t.connect) + timeout_line("client", t.client) + timeout_line("server", t.server) +
         timeout_line("queue", t.queue) + timeout_line("http-request", t.http_request) +
         timeout_line("http-keep-alive", t.http_keep_alive) + (t.tunnel ? timeout_line("tunnel", *t.tunnel) : "") +
         "    option idle-close-on-response\n"
         "    option redispatch 1\n"
         "    retries " +
         std::to_string(s.retries) + "\n\n";
}

std::string record_lines(const EdgeSettings& s) {
  if (s.records_socket.empty()) return "";
  return "    log ring@slipway_access len 256 format raw local0\n"
         "    # backend server status total_us termination connect_ms response_ms retries record-number ended_us mark\n"
         "    log-format \"%b %s %ST %[date(0,us),sub(txn.t0)] %ts %Tc %Tr %rc %lc %[date(0,us)] %rt\"\n"
         "    http-request set-var(txn.t0) date(0,us)\n";
}

std::string lookup_lines(const EdgePaths& p) {
  return "    http-request set-var(txn.app) req.hdr(host),host_only,lower,map_str(" + p.hosts_map +
         ")\n"
         "    http-request set-var(txn.app) str(*),map_str(" +
         p.hosts_map +
         ") unless { var(txn.app) -m found }\n"
         "    http-request return status 404 content-type text/plain string \"unknown application\\n\""
         " unless { var(txn.app) -m found }\n"
         "    http-request set-var(txn.route) var(txn.app),map_str(" +
         p.routes_map +
         ")\n"
         "    http-request return status 503 content-type text/plain string \"nothing serves this application\\n\""
         " unless { var(txn.route) -m found }\n"
         "    http-request set-var(txn.stable) var(txn.route),field(1,:)\n"
         "    http-request set-var(txn.next)   var(txn.route),field(2,:)\n"
         "    http-request set-var(txn.cut)    var(txn.route),field(3,:)\n"
         "    http-request set-var(txn.salt)   var(txn.route),field(4,:)\n"
         "    http-request set-var(txn.sticky) var(txn.route),field(5,:)\n"
         "    http-request set-var(txn.cookie) var(txn.route),field(6,:)\n"
         "    http-request set-var(txn.upper)  var(txn.route),field(12,:)\n"
         "    http-request set-var(txn.baseline) var(txn.stable)\n"
         "    http-request set-var(txn.baseline) var(txn.route),field(11,:) if { var(txn.upper) -m len gt 0 }\n"
         "    http-request set-var(txn.group)  var(txn.stable)\n";
}

// Who asks: named by the application's header, else by its cookie, else a new cookie; asked only while traffic is
// split.
std::string identity_lines(const Edge& edge) {
  const std::string split = " slipway_split";
  std::string text =
      "    acl slipway_split var(txn.cut) -m int 1:999999\n"
      "    acl slipway_split var(txn.upper) -m int 1:999999\n";
  for (const std::string& header : edge.sticky_headers) {
    text += "    http-request set-var(txn.who) req.hdr(" + header + ") if" + split + " { var(txn.sticky) -m str " +
            header + " } { req.hdr(" + header + ") -m len gt 0 }\n";
  }
  for (const std::string& cookie : edge.sticky_cookies) {
    text += "    http-request set-var(txn.who) req.cook(" + cookie + ") if" + split + " !{ var(txn.who) -m found }" +
            " { var(txn.cookie) -m str " + cookie + " } { req.cook(" + cookie + ") -m len gt 0 }\n";
  }
  return text + "    http-request set-var(txn.new) uuid() if" + split +
         " !{ var(txn.who) -m found } !{ var(txn.cookie) -m str -- - }\n"
         "    http-request set-var(txn.who) var(txn.new) if { var(txn.new) -m found }\n";
}

std::string draw_lines(const EdgePaths& p) {
  return "    http-request set-var(txn.draw) rand(1000000) unless { var(txn.who) -m found }\n"
         "    http-request set-var(txn.draw) var(txn.who),concat(:,txn.salt),xxh32,mod(1000000)"
         " if { var(txn.who) -m found }\n"
         "    # from stable to baseline to next as the weight grows, so that nobody goes from next to stable\n"
         "    http-request set-var(txn.group) var(txn.baseline) if { var(txn.draw),sub(txn.upper) lt 0 }\n"
         "    http-request set-var(txn.group) var(txn.next) if { var(txn.draw),sub(txn.cut) lt 0 }\n"
         "    http-request set-var(txn.headers) req.hdrs if { var(txn.route),field(10,:) -m str headers }\n"
         "    http-request set-var(txn.role) var(txn.app),concat(|,txn.headers),map_reg(" +
         p.headers_map +
         ")"
         " if { var(txn.headers) -m found }\n"
         "    http-request set-var(txn.group) var(txn.next) if { var(txn.role) -m str next }\n"
         "    http-request set-var(txn.group) var(txn.baseline) if { var(txn.role) -m str baseline }\n"
         "    http-request set-var(txn.group) var(txn.stable) if { var(txn.role) -m str stable }\n"
         "    # a group without a live server costs no request\n"
         "    http-request set-var(txn.group) var(txn.stable) if { var(txn.group),nbsrv eq 0 }"
         " { var(txn.stable),nbsrv gt 0 }\n";
}

std::string mirror_lines(const EdgePaths& p) {
  if (p.mirror_script.empty()) return "";
  return "    # a copy comes back through the shadow socket, already told where to go, and is never copied again\n"
         "    http-request set-var(txn.group) req.hdr(x-slipway-shadow) if { so_name shadow }\n"
         "    http-request set-var(txn.mirror_ppm) var(txn.route),field(8,:)\n"
         "    http-request set-var(txn.sample) rand(1000000),sub(txn.mirror_ppm)"
         " if { var(txn.mirror_ppm) -m int gt 0 } !{ so_name shadow }\n"
         "    http-request set-var(txn.mirror) var(txn.route),field(7,:) if { var(txn.sample) -m int lt 0 }\n"
         "    http-request unset-var(txn.mirror) if { var(txn.mirror),strcmp(txn.group) eq 0 }\n"
         "    http-request set-var(txn.mirror_cap) var(txn.route),field(9,:) if { var(txn.mirror) -m found }\n"
         "    http-request lua.slipway_mirror if { var(txn.mirror) -m found }\n";
}

std::string frontend_section(const EdgeSettings& s, const Edge& edge) {
  const std::string shadow =
      s.paths.mirror_script.empty() ? "" : "    bind unix@" + s.paths.shadow_socket + " mode 600 name shadow\n";
  return "frontend slipway_edge\n    bind " + s.bind + "\n" + shadow + record_lines(s) + lookup_lines(s.paths) +
         identity_lines(edge) + draw_lines(s.paths) + mirror_lines(s.paths) +
         "    http-request del-header x-slipway-shadow\n"
         "    http-response add-header set-cookie \"%[var(txn.cookie)]=%[var(txn.new)]; Path=/; HttpOnly; "
         "SameSite=Lax\""
         " if { var(txn.new) -m found }\n"
         "    use_backend %[var(txn.group)]\n";
}

enum class Servers { kListed, kLeftOut };

std::string backend_section(const EdgePaths& p, const Backend& backend, Servers servers) {
  std::string text = "\nbackend " + backend.name + "\n    balance roundrobin\n";
  if (backend.check == ServerCheck::kHttp) {
    text +=
        "    option httpchk\n"
        "    http-check send meth GET uri-lf %[be_name,map_str(" +
        p.checks_map +
        ",/)] ver HTTP/1.1 hdr host localhost\n"
        "    http-check expect status 200-399\n";
  }
  if (servers == Servers::kLeftOut) return text;
  for (const Server& server : backend.servers) {
    text += "    server " + server.name + " " + server.address + " " + server_options(server.pace) + "\n";
  }
  return text;
}

std::string whole_text(const EdgeSettings& s, const Edge& edge, Servers servers) {
  std::string text =
      kBanner + global_section(s) + records_sections(s) + defaults_section(s) + frontend_section(s, edge);
  for (const Backend& backend : edge.backends) text += backend_section(s.paths, backend, servers);
  return text;
}

// What the command line, a map's line or a character class takes for itself, as the one character of a range that is
// none of the others.
struct Unspeakable {
  char character;
  std::string_view pattern;
};
constexpr std::array kUnspeakable = {
    Unspeakable{' ', "(?![[:cntrl:]])[[:blank:]]"},
    Unspeakable{'"', "(?![!#])[!-#]"},
    Unspeakable{'\'', "(?![&(])[&-(]"},
    Unspeakable{';', "(?![9:<])[9-<]"},
    Unspeakable{'\\', "(?![Z[^])(?!])[Z-^]"},
    Unspeakable{'^', "(?=[!^])[^!]"},
};

// A literal as a regular expression without backslashes or blanks: a map's line ends its key at a blank, and the
// command line takes a backslash for itself.
std::string literal(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '/' || c == '=' || c == ',' || c == ':' || c == '@' || c == '~' || c == '%' ||
                       c == '&';
    if (plain || c == ']')
      pattern += c;
    else if (const auto* name = std::ranges::find(kUnspeakable, c, &Unspeakable::character); name != kUnspeakable.end())
      pattern += name->pattern;
    else
      pattern += std::string("[") + c + "]";
  }
  return pattern;
}

std::string header_pattern(const std::string& application, const HeaderRoute& route) {
  std::string start = "(?s)^" + literal(application) + "[|](.*[[:cntrl:]])?" + literal(route.header) + ":";
  switch (route.match) {
    case HeaderRoute::Match::kPresent:
      return start;
    case HeaderRoute::Match::kPrefix:
      return start + "[[:blank:]]*" + literal(route.value);
    case HeaderRoute::Match::kExact:
      return start + "[[:blank:]]*" + literal(route.value) + "[[:cntrl:]]";
  }
  return start;
}

}  // namespace

// HAProxy 2.6 waits for an answer as long as "inter" says, "timeout check" would be the backend's and so cost a reload.
// "fastinter" holds between the first failure and the last, "downinter" for the first check of a new server too.
// Without the two pool words no connection to a server added at run time is ever used again.
std::string server_options(const CheckPace& pace) {
  const auto interval = std::max(pace.interval, kShortestCheck);
  const auto text = [](std::chrono::milliseconds time) { return std::to_string(time.count()) + "ms"; };
  return "weight 100 check inter " + text(std::max(interval, pace.timeout)) + " fastinter " + text(interval) +
         " downinter " + text(std::min(interval, kWhileDown)) + " fall " + std::to_string(pace.failures) + " rise " +
         std::to_string(pace.successes) +
         " pool-max-conn -1 pool-purge-delay 5s observe layer4 error-limit 3 on-error mark-down";
}

std::string config_text(const EdgeSettings& settings, const Edge& edge) {
  return whole_text(settings, edge, Servers::kListed);
}

std::string shape_text(const EdgeSettings& settings, const Edge& edge) {
  return whole_text(settings, edge, Servers::kLeftOut);
}

MapLines hosts_lines(const Edge& edge) { return {edge.hosts.begin(), edge.hosts.end()}; }

MapLines routes_lines(const Edge& edge) {
  MapLines lines;
  for (const auto& [application, route] : edge.routes) lines.emplace_back(application, to_entry(route));
  return lines;
}

MapLines headers_lines(const Edge& edge) {
  MapLines lines;
  for (const auto& [application, routes] : edge.header_routes) {
    for (const HeaderRoute& route : routes) lines.emplace_back(header_pattern(application, route), route.role);
  }
  return lines;
}

MapLines checks_lines(const Edge& edge) { return {edge.check_paths.begin(), edge.check_paths.end()}; }

std::string map_text(const MapLines& lines) {
  std::string text;
  for (const auto& [key, value] : lines) text += key + " " + value + "\n";
  return text;
}

}  // namespace slipway::local
