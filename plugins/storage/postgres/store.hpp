// The whole store on one database: what the plugin and its tests use.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "plugins/storage/common/batch.hpp"
#include "plugins/storage/common/leases.hpp"
#include "plugins/storage/common/sizes.hpp"
#include "plugins/storage/postgres/pool.hpp"
#include "plugins/storage/postgres/reads.hpp"
#include "plugins/storage/postgres/writer.hpp"

namespace slipway::postgres {

struct StoreSettings {
  Target target;
  std::optional<Target> owner;  // brings the schema up to date; without it the schema has to be
  std::size_t connections = 4;  // for reads, at most
  WriterSettings writer;        // its target is the one above
};

// A write from a request, the rule for it, and an end `void done(Result<Reply>)`.
template <class Request, class Reply, class Done>
class ChangeOf final : public Change {
 public:
  using Rule = Reply (*)(store::Tables&, const Request&, Instant);
  ChangeOf(Request request, Rule rule, Done done) : request_(std::move(request)), rule_(rule), done_(std::move(done)) {}

  void add_to(Wanted& wanted) const override { wanted.add(request_); }
  void run(store::Tables& tables, Instant now) override { reply_.emplace(rule_(tables, request_, now)); }
  void finish(const Status& status) override {
    if (!status.ok()) return done_(status);
    done_(std::move(*reply_));
  }
  [[nodiscard]] bool abandoned() const override {
    if constexpr (requires { done_.cancelled(); }) return done_.cancelled();
    return false;
  }
  [[nodiscard]] std::size_t bytes() const override { return store::size_of(request_); }

 private:
  const Request request_;
  const Rule rule_;
  Done done_;
  std::optional<Reply> reply_;
};

// Safe from any thread; all but health block. Answers come on the caller's thread, or on that of another caller.
class Store {
 public:
  // Connects, brings the schema up to date where it may, and checks it. Throws Error.
  explicit Store(const StoreSettings& settings);

  template <class Request, class Reply, class Done>
  void write(Request request, Reply (*rule)(store::Tables&, const Request&, Instant), Done done) {
    writer_.write(std::make_unique<ChangeOf<Request, Reply, Done>>(std::move(request), rule, std::move(done)));
  }
  template <class Request, class Reply>
  Reply read(const Request& request, Reply (*answer)(Connection&, const Request&)) {
    try {
      Reply reply = pool_.with([&](Connection& connection) { return answer(connection, request); });
      reads_ = true;
      return reply;
    } catch (const Fault&) {
      reads_ = false;
      throw;
    }
  }

  void stop() { writer_.stop(); }
  [[nodiscard]] WriterHealth health() { return writer_.health(); }
  // Whether the last read was answered; hosts read all the time.
  [[nodiscard]] bool reads_go_on() const { return reads_; }

 private:
  Pool pool_;
  Writer writer_;
  std::atomic<bool> reads_ = true;
};

}  // namespace slipway::postgres
