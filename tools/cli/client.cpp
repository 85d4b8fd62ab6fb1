#include "tools/cli/client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <random>
#include <thread>

#include "tools/cli/event_reader.hpp"

namespace slipway::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kLongestReply = std::size_t{64} << 20;

struct Handle {
  Handle() : curl(curl_easy_init()) {
    if (curl == nullptr) throw Failure(0, "can't start the HTTP client");
  }
  ~Handle() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  void header(const std::string& line) { headers = curl_slist_append(headers, line.c_str()); }

  CURL* curl;
  curl_slist* headers = nullptr;
};

void prepare(Handle& handle, const Connection& connection, const std::string& path) {
  const std::string url = connection.url + path;
  curl_easy_setopt(handle.curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.curl, CURLOPT_CONNECTTIMEOUT, 5L);
  if (!connection.token.empty()) handle.header("Authorization: Bearer " + connection.token);
  if (!connection.tenant.empty()) handle.header("X-Slipway-Tenant: " + connection.tenant);
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* to) {
  auto& text = *static_cast<std::string*>(to);
  if (text.size() + size * count > kLongestReply) return 0;
  text.append(data, size * count);
  return size * count;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* to) {
  const std::string line(data, size * count);
  const auto colon = line.find(':');
  if (colon != std::string::npos) {
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto begin = line.find_first_not_of(' ', colon + 1);
    const auto end = line.find_last_not_of("\r\n ");
    (*static_cast<std::map<std::string, std::string>*>(to))[name] =
        begin == std::string::npos || end < begin ? "" : line.substr(begin, end - begin + 1);
  }
  return size * count;
}

Failure unreachable(const Connection& connection, const std::string& reason) {
  return {0, "no answer from " + connection.url + ": " + reason +
                 "\nis slipwayd running there? --url or SLIPWAY_URL name another address"};
}

Reply perform(Handle& handle, const Connection& connection, long patience_s = 60) {
  Reply reply;
  curl_easy_setopt(handle.curl, CURLOPT_HTTPHEADER, handle.headers);
  curl_easy_setopt(handle.curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle.curl, CURLOPT_WRITEDATA, &reply.text);
  curl_easy_setopt(handle.curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle.curl, CURLOPT_HEADERDATA, &reply.headers);
  curl_easy_setopt(handle.curl, CURLOPT_TIMEOUT, patience_s);
  if (const CURLcode code = curl_easy_perform(handle.curl); code != CURLE_OK)
    throw unreachable(connection, curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(handle.curl, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  auto body = parse_json(reply.text, {.bytes = kLongestReply});
  if (body.ok()) reply.body = std::move(*body);
  if (reply.status >= 400)
    throw Failure(reply.status,
                  reply.body.is_object() ? problem_text(reply.body) : "HTTP status " + std::to_string(reply.status));
  return reply;
}

// The reader, and what stops it.
struct Stream {
  EventReader reader;
  Clock::time_point deadline;
  std::exception_ptr failure;  // of the listener; it does not pass through libcurl
};

std::size_t take_events(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& stream = *static_cast<Stream*>(to);
  try {
    return stream.reader.feed({bytes, size * count}) ? size * count : 0;
  } catch (...) {
    stream.failure = std::current_exception();
    return 0;
  }
}

int check_deadline(void* stream, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return Clock::now() >= static_cast<Stream*>(stream)->deadline ? 1 : 0;
}

void stream_once(const Connection& connection, const std::string& path, Stream& stream) {
  const EventReader& reader = stream.reader;
  Handle handle;
  prepare(handle, connection, path);
  if (!reader.last_id().empty()) handle.header("Last-Event-ID: " + reader.last_id());
  curl_easy_setopt(handle.curl, CURLOPT_HTTPHEADER, handle.headers);
  curl_easy_setopt(handle.curl, CURLOPT_WRITEFUNCTION, take_events);
  curl_easy_setopt(handle.curl, CURLOPT_WRITEDATA, &stream);
  curl_easy_setopt(handle.curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle.curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle.curl, CURLOPT_XFERINFOFUNCTION, check_deadline);
  curl_easy_setopt(handle.curl, CURLOPT_XFERINFODATA, &stream);
  // The server sends a comment every 15 s, so a silence of 60 s is a dead connection.
  curl_easy_setopt(handle.curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle.curl, CURLOPT_LOW_SPEED_TIME, 60L);
  const CURLcode code = curl_easy_perform(handle.curl);
  if (stream.failure) std::rethrow_exception(stream.failure);
  if (code != CURLE_HTTP_RETURNED_ERROR) return;
  long status = 0;
  curl_easy_getinfo(handle.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status == 410)
    throw Failure(410, "events after " + reader.last_id() + " are no longer kept; start without --after");
  if (status < 500)
    throw Failure(static_cast<int>(status), "the event stream was refused with status " + std::to_string(status));
}

}  // namespace

std::string problem_text(const Json& problem) {
  std::string text = problem.value("detail", problem.value("title", "refused"));
  for (const Json& error : problem.value("errors", Json::array())) {
    text += "\n  " + error.value("pointer", "") + ": " + error.value("message", "");
    if (error.contains("value")) text += " (was " + error.value("value", "") + ")";
  }
  return text;
}

Client::Client(Connection connection) : connection_(std::move(connection)) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw Failure(0, "can't start the HTTP client");
}

Reply Client::get(const std::string& path, long patience_s) {
  Handle handle;
  prepare(handle, connection_, path);
  return perform(handle, connection_, patience_s);
}

Reply Client::send(const std::string& method, const std::string& path, const Json& body,
                   const std::map<std::string, std::string>& headers) {
  Handle handle;
  prepare(handle, connection_, path);
  const std::string text = body.is_null() ? "" : to_text(body);
  if (!text.empty()) handle.header("Content-Type: application/json");
  handle.header("Expect:");
  for (const auto& [name, value] : headers) handle.header(name + ": " + value);
  curl_easy_setopt(handle.curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(handle.curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(text.size()));
  if (!text.empty() || method == "POST") curl_easy_setopt(handle.curl, CURLOPT_COPYPOSTFIELDS, text.c_str());
  return perform(handle, connection_);
}

Json Client::list(const std::string& path) {
  Json items = Json::array();
  std::string cursor;
  do {
    const char join = path.find('?') == std::string::npos ? '?' : '&';
    const Reply page = get(path + join + "limit=500" + (cursor.empty() ? "" : "&cursor=" + cursor));
    for (const Json& item : page.body.value("items", Json::array())) items.push_back(item);
    cursor = page.body.value("next_cursor", "");
  } while (!cursor.empty());
  return items;
}

void Client::events(const std::string& path, std::string last_id, long patience_s,
                    const std::function<bool(const ServerEvent&)>& on_event) {
  Stream stream{EventReader(on_event, std::move(last_id)), Clock::time_point::max(), nullptr};
  if (patience_s > 0) stream.deadline = Clock::now() + std::chrono::seconds(patience_s);
  std::minstd_rand jitter(std::random_device{}());
  for (long wait = 200; !stream.reader.finished() && Clock::now() < stream.deadline; wait = std::min(wait * 2, 5000L)) {
    const auto begun = Clock::now();
    stream_once(connection_, path, stream);
    stream.reader.lose_rest();
    if (Clock::now() - begun > std::chrono::seconds(10)) wait = 200;
    if (stream.reader.finished()) return;
    const auto pause = std::chrono::milliseconds(wait / 2 + static_cast<long>(jitter()) % (wait / 2 + 1));
    std::this_thread::sleep_until(std::min(Clock::now() + pause, stream.deadline));
  }
}

}  // namespace slipway::cli
