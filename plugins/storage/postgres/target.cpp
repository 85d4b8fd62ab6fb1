#include "plugins/storage/postgres/target.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

namespace slipway::postgres {
namespace {

using Words = std::map<std::string, std::string>;

[[noreturn]] void refuse(const std::string& field, const std::string& why) {
  throw Error(Status(Code::invalid_argument, "the connection is not valid", {{field, "", why}}));
}

Words parse(const std::string& connection, const std::string& field) {
  char* said = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(connection.c_str(), &said), &PQconninfoFree);
  const std::unique_ptr<char, void (*)(void*)> message(said, &PQfreemem);
  if (!options)
    refuse(field, "want a libpq connection string; " + std::string(said == nullptr ? "out of memory" : said));
  Words words;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option)
    if (option->val != nullptr) words[option->keyword] = option->val;
  return words;
}

std::vector<std::string> list_in(std::string_view text) {
  std::vector<std::string> list;
  for (std::size_t end = 0; end != std::string_view::npos;
       text.remove_prefix(end == text.npos ? text.size() : end + 1)) {
    end = text.find(',');
    list.emplace_back(text.substr(0, end));
  }
  return list;
}

bool is_local(std::string_view host) {
  return host.empty() || host.front() == '/' || host.front() == '@' || host == "localhost" || host == "::1" ||
         host.starts_with("127.");
}

bool all_local(const Words& words) {
  for (const char* word : {"host", "hostaddr"}) {
    const auto found = words.find(word);
    if (found == words.end()) continue;
    const auto hosts = list_in(found->second);
    if (!std::all_of(hosts.begin(), hosts.end(), is_local)) return false;
  }
  return true;
}

// Whether a server is local is told by what stands in the string. libpq would take a server from elsewhere too.
void check_origin(const Words& words, const std::string& field) {
  if (words.contains("service"))
    refuse(field, "has a service in it, which names a server elsewhere; name the host here");
  const auto variable = [&](const char* name) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') return;
    refuse(field, "would take its server from the environment's " + std::string(name) + "=" + value +
                      "; name the host here, and start slipwayd without that variable");
  };
  variable("PGSERVICE");
  if (!words.contains("hostaddr")) variable("PGHOSTADDR");
  if (!words.contains("host") && !words.contains("hostaddr")) variable("PGHOST");
}

void check(const Words& words, const std::string& field) {
  check_origin(words, field);
  if (words.contains("password"))
    refuse(field, "has a password in it; name a file of passwords (passfile) or a certificate (sslcert, sslkey)");
  const auto session = words.find("target_session_attrs");
  if (session != words.end() && session->second != "read-write" && session->second != "primary")
    refuse(field, "target_session_attrs is " + session->second + "; want read-write, or leave it out");
  const auto ssl = words.find("sslmode");
  if (ssl != words.end() && ssl->second != "verify-full" && !all_local(words))
    refuse(field, "sslmode is " + ssl->second + ", and not every host is local; want verify-full, or leave it out");
}

std::string milliseconds_of(Duration duration) { return std::to_string(duration.ns / 1'000'000); }

void complete(Words& words, const Timeouts& timeouts) {
  words.emplace("target_session_attrs", "read-write");
  if (!all_local(words)) words.emplace("sslmode", "verify-full");
  words.emplace("application_name", "slipway");
  words.emplace("connect_timeout", "5");
  words.emplace("keepalives_idle", "5");
  words.emplace("keepalives_interval", "2");
  words.emplace("keepalives_count", "3");
  words.emplace("tcp_user_timeout", "10000");
  words["client_encoding"] = "UTF8";
  // Statements name their rows by key. A planner that has no statistics yet, or old ones, reads whole tables for them.
  words["options"] +=
      " -c statement_timeout=" + milliseconds_of(timeouts.statement) +
      " -c lock_timeout=" + milliseconds_of(timeouts.lock) +
      " -c idle_in_transaction_session_timeout=" + milliseconds_of(timeouts.idle_in_transaction) +
      " -c client_min_messages=error -c search_path=slipway -c enable_seqscan=off -c enable_hashjoin=off"
      " -c enable_mergejoin=off";
}

std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

std::string name_of(const Words& words) {
  const auto value = [&](const char* word, const char* otherwise) {
    const auto found = words.find(word);
    return found == words.end() || found->second.empty() ? std::string(otherwise) : found->second;
  };
  const auto hosts = list_in(value("host", "the local socket"));
  const auto ports = list_in(value("port", "5432"));
  std::string name = "database \"" + value("dbname", "of the user's name") + "\" on ";
  for (std::size_t i = 0; i < hosts.size(); ++i)
    name += (i == 0 ? "" : ",") + hosts[i] + ":" + ports[std::min(i, ports.size() - 1)];
  return name;
}

std::string text_of(const Words& words) {
  std::string text;
  for (const auto& [word, value] : words) text += word + "=" + quoted(value) + " ";
  return text;
}

// What a list of hosts says of one of them; what stands once is for all.
std::vector<std::string> each_alone(const Words& words) {
  std::map<std::string, std::vector<std::string>> lists;
  std::size_t count = 1;
  for (const char* word : {"host", "hostaddr", "port"}) {
    const auto found = words.find(word);
    if (found == words.end()) continue;
    lists[word] = list_in(found->second);
    count = std::max(count, lists[word].size());
  }
  std::vector<std::string> servers;
  for (std::size_t i = 0; i < count; ++i) {
    Words alone = words;
    for (const auto& [word, list] : lists) alone[word] = list[std::min(i, list.size() - 1)];
    servers.push_back(text_of(alone));
  }
  return servers;
}

}  // namespace

bool keep_newest(Timeline& newest, std::int64_t timeline) {
  std::int64_t known = newest.load();
  while (known < timeline && !newest.compare_exchange_weak(known, timeline)) {
  }
  return known <= timeline;
}

Target parse_target(const std::string& connection, const std::string& field, const Timeouts& timeouts) {
  Words words = parse(connection, field);
  check(words, field);
  const std::string name = name_of(words);
  complete(words, timeouts);
  return {text_of(words), each_alone(words), name, timeouts};
}

}  // namespace slipway::postgres
