#include "host/api/idempotency.hpp"

#include <utility>

#include "host/api/problem.hpp"
#include "host/base/sha256.hpp"
#include "host/bridge/typed_call.hpp"
#include "host/rollout/once.hpp"

namespace slipway::api {
namespace {

constexpr std::string_view kKind = "idempotency";
constexpr std::string_view kSystemTenant = "system";
constexpr Duration kDay = seconds(86'400);

std::string day_of(Instant at) { return to_string(at).substr(0, 10); }

// The caller takes part, so that nobody reads another's answer.
std::string id_of(const Request& request, const std::string& key) {
  return base::sha256_hex(request.principal.tenant + '\n' + request.principal.subject + '\n' + key);
}

std::string digest_of(const Request& request) {
  return base::sha256_hex(request.method + ' ' + request.target + '\n' + request.body);
}

std::string in_day(const std::string& day, const std::string& id) { return day + "/" + id; }

storage::Key record_key(const std::string& day, const std::string& id) {
  return {std::string(kSystemTenant), std::string(kKind), in_day(day, id)};
}

// Where the answer stands, and what the deed made: today or yesterday.
storage::GetRequest request_for(const std::string& id, const std::string& deed, Instant now) {
  storage::GetRequest get;
  for (const std::string& day : {day_of(now), day_of(now - kDay)}) {
    get.keys.push_back(record_key(day, id));
    get.keys.push_back(rollout::carried_out(in_day(day, deed)));
  }
  return get;
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

struct Idempotency::Known {
  Stored answer;
  std::string made;
};

boost::asio::awaitable<Result<Idempotency::Known>> Idempotency::load(const std::string& id, const std::string& deed) {
  const Instant now = clock_.now();
  const storage::GetRequest get = request_for(id, deed, now);
  auto found = co_await bridge::call<storage::Interface, storage::Get>(caller_, "storage", get, context());
  if (!found.ok()) co_return found.status();
  Known known;
  for (storage::Record& record : found->records) {
    if (now - record.updated_at >= kDay) continue;
    if (record.key.kind != kKind) {
      known.made = std::move(record.value);
      continue;
    }
    auto answer = decode_text<Stored>(record.value, std::string(kKind) + " " + record.key.id);
    if (!answer.ok()) {
      co_return Status(Code::data_loss,
                       "the store's answer to the first request with this Idempotency-Key can't be "
                       "read (" +
                           answer.status().message + "): look whether that one was carried out, and use a new key");
    }
    known.answer = std::move(*answer);
  }
  co_return known;
}

boost::asio::awaitable<void> Idempotency::save(const std::string& id, const std::string& digest,
                                               const Response& response) {
  const Stored stored{digest, response.status, response.content_type, response.headers, response.body};
  storage::WriteRequest write;
  write.puts.push_back({record_key(day_of(clock_.now()), id), encode_text(stored)});
  // The deed is done; an answer that can't be kept only makes a repetition less comfortable.
  static_cast<void>(co_await bridge::call<storage::Interface, storage::Write>(caller_, "storage", write, context()));
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
  const std::string deed = base::sha256_hex(id + digest);
  auto known = co_await load(id, deed);
  if (known.status().code == Code::data_loss) co_return problem(known.status(), request.path);
  if (!known.ok())
    co_return problem(503, {Code::unavailable, "the store does not answer: " + known.status().message}, request.path);
  const Stored& answer = known->answer;
  if (answer.status != 0 && answer.digest != digest) {
    co_return problem(422, {Code::invalid_argument, "this Idempotency-Key was used for another request; use a new one"},
                      request.path);
  }
  if (answer.status != 0) co_return Response{answer.status, answer.content_type, answer.headers, answer.body, nullptr};
  request.once = in_day(day_of(clock_.now()), deed);
  request.made = std::move(known->made);
  Response response = co_await next(request);
  if (response.status < 500) co_await save(id, digest, response);
  co_await forget();
  co_return response;
}

boost::asio::awaitable<void> Idempotency::forget() {
  const std::string today = day_of(clock_.now());
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(forgotten_, today) == today) co_return;
  }
  const std::string oldest = day_of(clock_.now() - kDay);
  co_await forget(record_key("", ""), oldest);
  co_await forget(rollout::carried_out(""), oldest);
}

boost::asio::awaitable<void> Idempotency::forget(storage::Key like, std::string oldest) {
  const storage::ScanRequest scan{like.tenant, like.kind, "", "", 200};
  while (true) {
    auto page = co_await bridge::call<storage::Interface, storage::Scan>(caller_, "storage", scan, context());
    if (!page.ok()) co_return;
    storage::WriteRequest write;
    for (const storage::Record& record : page->records) {
      if (record.key.id < oldest) write.removes.push_back(record.key);
    }
    if (write.removes.empty()) co_return;
    auto written = co_await bridge::call<storage::Interface, storage::Write>(caller_, "storage", write, context());
    if (!written.ok()) co_return;
  }
}

}  // namespace slipway::api
