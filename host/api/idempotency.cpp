#include "host/api/idempotency.hpp"

#include <slipway/interfaces/storage.hpp>

#include "host/api/problem.hpp"
#include "host/base/sha256.hpp"
#include "host/bridge/typed_call.hpp"

namespace slipway::api {
namespace {

constexpr std::string_view kKind = "idempotency";
constexpr std::string_view kSystemTenant = "system";
constexpr Duration kDay = seconds(86'400);

std::string day_of(Instant at) { return to_string(at).substr(0, 10); }

// Caller, method and path take part, so that nobody reads another's answer.
std::string id_of(const Request& request, const std::string& key) {
  return base::sha256_hex(request.principal.tenant + '\n' + request.principal.subject + '\n' + key);
}

std::string digest_of(const Request& request) {
  return base::sha256_hex(request.method + ' ' + request.target + '\n' + request.body);
}

storage::Key record_key(const std::string& day, const std::string& id) {
  return {std::string(kSystemTenant), std::string(kKind), day + "/" + id};
}

bridge::CallContext context() { return {.tenant = std::string(kSystemTenant)}; }

}  // namespace

struct Idempotency::Stored {
  std::string digest;
  std::int32_t status = 0;
  std::string content_type;
  std::map<std::string, std::string> headers;
  std::string body;
  static constexpr auto fields() {
    return slipway::fields(field("digest", &Stored::digest, "Of the request."),
                           field("status", &Stored::status, "HTTP status; 0 for no answer."),
                           field("content_type", &Stored::content_type, "Its type."),
                           field("headers", &Stored::headers, "Its headers."),
                           field("body", &Stored::body, "Its body."));
  }
};

bool Idempotency::begin(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return under_way_.insert(id).second;
}

void Idempotency::end(const std::string& id) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(id);
}

boost::asio::awaitable<Result<Idempotency::Stored>> Idempotency::load(const Request&, const std::string& id) {
  const Instant now = clock_.now();
  storage::GetRequest get{{record_key(day_of(now), id), record_key(day_of(now - kDay), id)}};
  auto found = co_await bridge::call<storage::Interface, storage::Get>(caller_, "storage", std::move(get), context());
  if (!found.ok()) co_return found.status();
  for (const storage::Record& record : found->records) {
    if (now - record.updated_at < kDay) co_return decode_text<Stored>(record.value, "a stored answer");
  }
  co_return Stored{};
}

boost::asio::awaitable<void> Idempotency::save(const Request&, const std::string& id, const std::string& digest,
                                               const Response& response) {
  const Stored stored{digest, response.status, response.content_type, response.headers, response.body};
  storage::WriteRequest write;
  write.puts.push_back({record_key(day_of(clock_.now()), id), encode_text(stored)});
  // The deed is done; an answer that can't be kept only makes a repetition less comfortable.
  static_cast<void>(
      co_await bridge::call<storage::Interface, storage::Write>(caller_, "storage", std::move(write), context()));
}

Answer Idempotency::run(Request request, std::string key, Next next) {
  if (key.size() > 128)
    co_return problem({Code::invalid_argument, "Idempotency-Key: want 1 to 128 characters"}, request.path);
  const std::string id = id_of(request, key);
  const std::string digest = digest_of(request);
  if (!begin(id))
    co_return problem(
        409,
        {Code::failed_precondition, "a request with this Idempotency-Key is still under way; repeat it in a moment"},
        request.path);
  // Gives the key back however this ends.
  const std::shared_ptr<void> guard(nullptr, [this, id](void*) { end(id); });
  auto stored = co_await load(request, id);
  if (!stored.ok())
    co_return problem(503, {Code::unavailable, "the store does not answer: " + stored.status().message}, request.path);
  if (stored->status != 0 && stored->digest != digest) {
    co_return problem(422, {Code::invalid_argument, "this Idempotency-Key was used for another request; use a new one"},
                      request.path);
  }
  if (stored->status != 0)
    co_return Response{stored->status, stored->content_type, stored->headers, stored->body, nullptr};
  Response response = co_await next(request);
  if (response.status < 500) co_await save(request, id, digest, response);
  co_return response;
}

boost::asio::awaitable<void> Idempotency::sweep() {
  const std::string oldest = day_of(clock_.now() - kDay);
  storage::ScanRequest scan{std::string(kSystemTenant), std::string(kKind), "", "", 200};
  while (true) {
    auto page = co_await bridge::call<storage::Interface, storage::Scan>(caller_, "storage", scan, context());
    if (!page.ok()) co_return;
    storage::WriteRequest write;
    for (const storage::Record& record : page->records) {
      if (record.key.id < oldest) write.removes.push_back(record.key);
    }
    if (write.removes.empty()) co_return;
    auto written =
        co_await bridge::call<storage::Interface, storage::Write>(caller_, "storage", std::move(write), context());
    if (!written.ok()) co_return;
  }
}

}  // namespace slipway::api
