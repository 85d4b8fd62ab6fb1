// A pool's records in the store. Everything throws slipway::Error.
//
//   tenant "system":  member/<machine>, and a stream of the applications of which something was written
//   a tenant's own:   order/<application>, report/<application>/<machine>
#pragma once

#include <optional>
#include <set>
#include <tuple>

#include "plugins/providers/local/pool/documents.hpp"
#include "plugins/providers/local/pool/store.hpp"

namespace slipway::local {

struct StoredOrder {
  std::optional<Order> order;
  std::int64_t version = 0;  // of the record
};

struct SeenMember {
  Member member;
  Instant heard_at;  // by the store's clock
};

struct Members {
  std::vector<SeenMember> seen;
  std::vector<std::string> damaged;  // keys of records that can't be read, each with the reason
};

struct Beat {
  Instant at;
  std::int64_t version = 0;
};

struct ByName {
  bool operator()(const provider::Target& a, const provider::Target& b) const {
    return std::tie(a.tenant, a.application) < std::tie(b.tenant, b.application);
  }
};
using Names = std::set<provider::Target, ByName>;

// What others wrote.
struct News {
  Names applications;
  std::int64_t last = 0;  // from which to go on
  bool gap = false;       // some news are not kept any more
};

enum class Written { kDone, kOvertaken };

class PoolRecords {
 public:
  PoolRecords(PoolStore& store, const std::string& pool, std::string machine)
      : store_(store), kind_("pool/" + pool), machine_(std::move(machine)) {}

  // The store's time, and the version of the record.
  awaitable<Beat> beat(const Member& member, const std::vector<std::string>& forgotten);
  awaitable<Members> members();

  awaitable<StoredOrder> order(const provider::Target& name);
  awaitable<Written> write(const Order& order, std::int64_t seen_version);
  awaitable<std::vector<Report>> reports(const provider::Target& name);
  awaitable<void> write(const provider::Target& name, const Report& report);
  // This machine's own.
  awaitable<void> remove_report(const provider::Target& name);

  // Each application that has an order.
  awaitable<Names> applications();
  // Where news are now.
  awaitable<std::int64_t> newest();
  awaitable<News> news(std::int64_t after);
  // Whoever is further behind than that looks through everything.
  awaitable<void> forget_news(std::int64_t through);

 private:
  [[nodiscard]] storage::Key key(const std::string& tenant, std::string id) const;
  [[nodiscard]] storage::StreamRef stream() const;
  void announce(storage::WriteRequest& batch, const provider::Target& name) const;
  [[nodiscard]] storage::Key report_key(const provider::Target& name) const;
  awaitable<std::vector<storage::Record>> all(std::string tenant, std::string prefix);

  PoolStore& store_;
  std::string kind_;
  std::string machine_;
};

}  // namespace slipway::local
