// Which part of the work is this host's. Hosts are equal: each holds a lease of its own, finds its partitions in the
// roster, hands over what others shall have, and takes the lease of the next host in the roster when that has run out.
//
//   host lease (renewed) → roster (read each look_around) → taken / let go → hand over, or stand in for a dead host
//
// token() and the like may be read from any thread; the rest belongs to the executor, which runs one thing at a time.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "host/base/forward_clock.hpp"
#include "host/rollout/roster.hpp"
#include "host/rollout/settings.hpp"
#include "host/rollout/store.hpp"
#include "host/rollout/turn.hpp"
#include "host/rollout/wakeup.hpp"
#include "host/telemetry/log.hpp"

namespace slipway::rollout {

// Time without anybody at work.
struct Absence {
  Instant since;  // by the store's clock
  Duration length;
};

// A partition that became this host's, and how long nobody was at work on it.
struct TakenPartition {
  std::size_t number = 0;
  Absence absence;
};

class Ownership {
 public:
  // All of them are called on the executor.
  struct Work {
    // Goes on with what is stored of these partitions; returns when it is known what that is.
    std::function<boost::asio::awaitable<Status>(std::vector<TakenPartition>)> take;
    // Returns when nothing of these partitions, which are not this host's any more, is at work.
    std::function<boost::asio::awaitable<void>(std::vector<std::size_t>)> let_go;
    // The lease had run out and is good again, with all that this host had: nobody had taken it.
    std::function<void()> held_again;
    // Looks at what other hosts have stored; called at each look around as long as there are any.
    std::function<boost::asio::awaitable<void>()> follow;
  };

  Ownership(boost::asio::any_io_executor executor, Store& store, base::ForwardClock& clock, Timers& timers,
            const telemetry::Log& log, const EngineSettings& settings);

  // Takes this host's lease, trying until the patience is over, joins the roster, and goes on with what is its own.
  boost::asio::awaitable<Status> join(Work work, Duration patience);
  // Keep the lease, and the part of the work, until leave(). Two coroutines, as taking work up may last longer than a
  // lease.
  boost::asio::awaitable<void> keep_lease();
  boost::asio::awaitable<void> keep_share();
  // The others may have this host's work. Nothing is at work any more.
  boost::asio::awaitable<void> leave();
  // Takes up everything of its own once more: it may have missed what others did.
  void begin_again();
  // Another host has written something: what it is, is looked for at once, and from now on less often without a word.
  // [any thread]
  void look_soon();

  // From now on this host orders under a new token, so that what is on its way under an older one is refused. ABORTED
  // when the partition is not this host's any more. [any thread]
  Later<std::int64_t> renew_token(std::size_t partition);

  // How a host's lease stands. [any thread]
  Later<storage::LeaseReply> look(const std::string& host);

  // Whether the partition is this host's; still true when the lease is not held, as nobody else may have it then.
  [[nodiscard]] bool owns(std::size_t partition) const { return tokens_[partition] != 0; }
  // Under which it gives orders; 0 while the lease is not held, or when the partition is another host's.
  [[nodiscard]] std::int64_t token(std::size_t partition) const { return held() ? tokens_[partition].load() : 0; }
  // Whether this host may write. Its lease runs out by its own clock before the store may give it to another.
  [[nodiscard]] bool held() const { return lease_ != 0 && remaining() > Duration{}; }
  // How long the lease is good for without being renewed.
  [[nodiscard]] Duration remaining() const { return {held_until_ - clock_.steady_ns()}; }
  // What each write of this host goes by: the store refuses it when another host has taken its lease.
  [[nodiscard]] storage::ExpectLease fence() const;
  // Whether other hosts are in the roster.
  [[nodiscard]] bool has_company() const { return company_; }

 private:
  using Change = std::function<void(Roster&)>;
  struct Watched {
    std::string host;    // the next one in the roster
    Instant held_until;  // not before then can its lease have run out
    Instant seen;        // its last word
  };
  using Fences = std::vector<storage::ExpectLease>;

  [[nodiscard]] storage::LeaseRequest about(const std::string& host, storage::LeaseAction action) const;
  boost::asio::awaitable<Status> ask(storage::LeaseAction action);
  [[nodiscard]] Instant store_now() const;
  void store_says(Instant now, std::int64_t asked_ns);
  boost::asio::awaitable<Status> acquire();
  boost::asio::awaitable<bool> renew();
  void disown();
  boost::asio::awaitable<Status> begin();
  boost::asio::awaitable<Status> replace_roster(Status damage);
  boost::asio::awaitable<Status> look_around();
  boost::asio::awaitable<void> follow();
  boost::asio::awaitable<Status> adopt(const Roster& roster);
  [[nodiscard]] Absence absence_of(const Partition& partition) const;
  boost::asio::awaitable<Status> hand_over(const Roster& roster);
  boost::asio::awaitable<Status> watch(std::string host);
  boost::asio::awaitable<Status> stand_in_for(std::string host);
  Later<std::int64_t> renewed_token(std::size_t partition);
  // Under this host's lease.
  Later<Roster> change(Change change);

  boost::asio::any_io_executor executor_;
  Store& store_;
  base::ForwardClock& clock_;
  const telemetry::Log& log_;
  const EngineSettings& settings_;
  Turns turns_;  // of whoever changes the roster
  Wakeup lease_wakeup_;
  Wakeup share_wakeup_;
  Work work_;
  std::array<std::atomic<std::int64_t>, kPartitions> tokens_{};
  std::atomic<std::int64_t> lease_ = 0;       // its token
  std::atomic<std::int64_t> held_until_ = 0;  // steady clock
  std::atomic<bool> company_ = false;
  std::atomic<bool> told_ = false;  // that others have written
  std::function<void()> ring_share_;
  std::optional<Instant> left_;  // since when nobody was at work here, until that is in the roster (store's time)
  Instant store_said_;           // the store's time, when it was asked last
  std::int64_t store_said_at_ = 0;
  Watched watched_;
  Instant follow_by_;              // when to look for what they have written, told or not
  bool is_told_ = false;           // the store tells it, as a rule
  std::int64_t newest_token_ = 0;  // of the roster, when it was looked at last
  bool begins_again_ = false;      // the lease was lost meanwhile
  bool draining_ = false;          // as the roster said last
  bool stopping_ = false;
};

}  // namespace slipway::rollout
