#include "plugins/storage/common/rows.hpp"

#include <slipway/json.hpp>

namespace slipway::store {
namespace {

// Bytes of a page's texts before they are written as JSON, which makes them longer.
constexpr std::size_t kPageBytes = std::size_t{1} << 20;
constexpr std::size_t kPageRows = 500;

[[noreturn]] void out_of_order(std::int64_t page, std::int64_t expected) {
  throw Error(Code::failed_precondition, "page " + std::to_string(page) + " was asked for and page " +
                                             std::to_string(expected) + " comes next; begin again with page 0");
}

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(Json(text).dump());
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

std::string name_of(const backup::Row& row) {
  std::string name(to_name(row.row));
  name += " \"";
  for (const std::string* part : {&row.tenant, &row.kind})
    if (!part->empty()) name += *part + "/";
  name += row.name + "\"";
  return row.row == backup::RowKind::entry ? name + " " + std::to_string(row.number) : name;
}

}  // namespace

backup::ExportReply Outlet::page(const backup::ExportRequest& request) {
  const std::scoped_lock lock(mutex_);
  if (request.page == 0) {
    source_.reset();
    source_ = open_();
    ahead_ = source_->next();
    next_ = 0;
  }
  if (!source_ || request.page != next_) out_of_order(request.page, source_ ? next_ : 0);
  ++next_;
  try {
    return fill();
  } catch (...) {
    source_.reset();
    throw;
  }
}

backup::ExportReply Outlet::fill() {
  backup::ExportReply reply{.total = source_->total()};
  std::size_t bytes = 0;
  while (ahead_ && reply.rows.size() < kPageRows) {
    bytes += ahead_->value.size();
    if (bytes > kPageBytes && !reply.rows.empty()) break;
    reply.rows.push_back(std::move(*ahead_));
    ahead_ = source_->next();
  }
  reply.more = ahead_.has_value();
  if (!reply.more) source_.reset();
  return reply;
}

backup::ImportReply Inlet::page(const backup::ImportRequest& request) {
  const std::scoped_lock lock(mutex_);
  if (request.page == 0) {
    sink_.reset();
    sink_ = open_();
    next_ = rows_ = 0;
  }
  if (!sink_ || request.page != next_) out_of_order(request.page, sink_ ? next_ : 0);
  try {
    take(request);
  } catch (...) {
    sink_.reset();
    throw;
  }
  return {rows_};
}

void Inlet::take(const backup::ImportRequest& request) {
  ++next_;
  sink_->add(request.rows);
  rows_ += static_cast<std::int64_t>(request.rows.size());
  if (!request.last) return;
  sink_->commit();
  sink_.reset();
}

Error not_for(backup::Purpose purpose) {
  return {Code::failed_precondition,
          "the store was opened to \"" + std::string(to_name(purpose)) + "\"; this is for another purpose"};
}

Error not_empty(const std::string& place) {
  return {Code::failed_precondition,
          place + " is not empty; rows are imported into an empty store only, so give it a new one"};
}

Error no_stream() { return {Code::invalid_argument, "there is an entry whose stream has not come, or ends before it"}; }

void check_text(const std::string& place, const backup::Row& row) {
  for (const std::string* text : {&row.tenant, &row.kind, &row.name, &row.value}) {
    if (!is_utf8(*text))
      throw Error(Code::data_loss, place + " is damaged: " + name_of(row) +
                                       " is not valid UTF-8; write or remove it, or restore a backup");
  }
}

}  // namespace slipway::store
