#include "plugins/providers/local/pool/records.hpp"

namespace slipway::local {
namespace {

constexpr const char* kSystem = "system";
constexpr std::string_view kMember = "member/", kOrder = "order/", kReport = "report/";
constexpr std::int32_t kPage = 1000;

template <class Document>
Document document_of(const storage::Record& record) {
  return value_or_throw(decode_text<Document>(record.value, record.key.kind + " " + record.key.id, Unknown::ignored));
}

std::string with(std::string_view begin, const std::string& rest) { return std::string(begin) + rest; }

// "<tenant>/<application>/<machine that wrote it>"
std::optional<provider::Target> told_by_another(const std::string& text, const std::string& machine) {
  const auto first = text.find('/'), second = text.find('/', first + 1);
  if (first == text.npos || second == text.npos || text.substr(second + 1) == machine) return std::nullopt;
  return provider::Target{text.substr(0, first), text.substr(first + 1, second - first - 1)};
}

}  // namespace

storage::Key PoolRecords::key(const std::string& tenant, std::string id) const {
  storage::Key made;
  made.tenant = tenant;
  made.kind = kind_;
  made.id = std::move(id);
  return made;
}

storage::StreamRef PoolRecords::stream() const { return {kSystem, kind_}; }

storage::Key PoolRecords::report_key(const provider::Target& name) const {
  return key(name.tenant, with(kReport, name.application + "/" + machine_));
}

void PoolRecords::announce(storage::WriteRequest& batch, const provider::Target& name) const {
  batch.appends.push_back({stream(), name.tenant + "/" + name.application + "/" + machine_});
}

awaitable<Beat> PoolRecords::beat(const Member& member, const std::vector<std::string>& forgotten) {
  storage::WriteRequest batch;
  batch.puts.push_back({key(kSystem, with(kMember, member.machine)), encode_text(member)});
  for (const std::string& machine : forgotten) batch.removes.push_back(key(kSystem, with(kMember, machine)));
  const storage::WriteReply written = co_await store_.write(std::move(batch));
  co_return Beat{written.at, written.versions.empty() ? 0 : written.versions.front()};
}

awaitable<std::vector<storage::Record>> PoolRecords::all(std::string tenant, std::string prefix) {
  std::vector<storage::Record> records;
  storage::ScanRequest request;
  request.tenant = std::move(tenant);
  request.kind = kind_;
  request.prefix = std::move(prefix);
  request.limit = kPage;
  for (;;) {
    storage::ScanReply page = co_await store_.scan(request);
    std::ranges::move(page.records, std::back_inserter(records));
    if (page.next.empty()) co_return records;
    request.after = page.next;
  }
}

awaitable<Members> PoolRecords::members() {
  Members members;
  for (const storage::Record& record : co_await all(kSystem, std::string(kMember))) {
    auto member = decode_text<Member>(record.value, record.key.kind + " " + record.key.id, Unknown::ignored);
    if (member.ok())
      members.seen.push_back({*std::move(member), record.updated_at});
    else
      members.damaged.push_back(member.status().message);
  }
  co_return members;
}

awaitable<StoredOrder> PoolRecords::order(const provider::Target& name) {
  storage::GetRequest request;
  request.keys.push_back(key(name.tenant, with(kOrder, name.application)));
  const storage::GetReply reply = co_await store_.get(std::move(request));
  StoredOrder stored;
  if (reply.records.empty()) co_return stored;
  stored.order = document_of<Order>(reply.records.front());
  stored.version = reply.records.front().version;
  co_return stored;
}

awaitable<Written> PoolRecords::write(const Order& order, std::int64_t seen_version) {
  const provider::Target name{order.desired.tenant, order.desired.application};
  const storage::Key own = key(name.tenant, with(kOrder, name.application));
  storage::WriteRequest batch;
  batch.expect.push_back({own, seen_version});
  batch.puts.push_back({own, encode_text(order)});
  announce(batch, name);
  try {
    co_await store_.write(std::move(batch));
  } catch (const Error& error) {
    if (error.status().code != Code::aborted) throw;
    co_return Written::kOvertaken;
  }
  co_return Written::kDone;
}

awaitable<std::vector<Report>> PoolRecords::reports(const provider::Target& name) {
  std::vector<Report> reports;
  for (const storage::Record& record : co_await all(name.tenant, with(kReport, name.application + "/")))
    reports.push_back(document_of<Report>(record));
  co_return reports;
}

awaitable<void> PoolRecords::write(const provider::Target& name, const Report& report) {
  storage::WriteRequest batch;
  batch.puts.push_back({report_key(name), encode_text(report)});
  announce(batch, name);
  co_await store_.write(std::move(batch));
}

awaitable<void> PoolRecords::remove_report(const provider::Target& name) {
  storage::WriteRequest batch;
  batch.removes.push_back(report_key(name));
  announce(batch, name);
  co_await store_.write(std::move(batch));
}

awaitable<Names> PoolRecords::applications() {
  Names names;
  for (const storage::Record& record : co_await all("", std::string(kOrder)))
    names.insert({record.key.tenant, record.key.id.substr(kOrder.size())});
  co_return names;
}

awaitable<News> PoolRecords::news(std::int64_t after) {
  storage::ReadRequest request;
  request.stream = stream();
  request.after = after;
  request.limit = kPage;
  const storage::ReadReply reply = co_await store_.read(std::move(request));
  News news;
  news.last = reply.entries.empty() ? after : reply.entries.back().sequence;
  news.gap = reply.last < after || reply.first > after + 1;
  for (const storage::Entry& entry : reply.entries) {
    if (auto name = told_by_another(entry.value, machine_)) news.applications.insert(*std::move(name));
  }
  co_return news;
}

awaitable<std::int64_t> PoolRecords::newest() {
  storage::ReadRequest request;
  request.stream = stream();
  request.limit = 1;
  const storage::ReadReply reply = co_await store_.read(std::move(request));
  co_return reply.last;
}

awaitable<void> PoolRecords::forget_news(std::int64_t through) {
  storage::WriteRequest batch;
  batch.trims.push_back({stream(), through});
  co_await store_.write(std::move(batch));
}

}  // namespace slipway::local
