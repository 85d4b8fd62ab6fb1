// The host's end of a worker's connection, against workers that say anything in any order: each call that was begun
// is answered, an instance comes to its end, and nothing of the host is used after that.
//
// The bytes are what the worker does: w waits for a message of the host's, h l c s d say what is right to hello, setup,
// create, start and destroy, a answers the last call (a digit for the status, a byte for the length, the payload), p
// the last ping, r asks for something, k sends a message of any kind (kind, id, length, body), z bytes as they are.
#include "host/isolation/worker_link.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

#include "host/isolation/messages.hpp"
#include "tests/fuzz/harness.hpp"
#include "tests/support/fake_worker.hpp"

namespace {

using namespace slipway;
using namespace slipway::isolation;
using slipway::fuzz::require;

constexpr int kPatience = 5;  // milliseconds for a message of the host's
constexpr std::uint64_t kCalls = 3;

runtime::Runtime& threads() {
  static runtime::Runtime runtime({.threads = 1, .blocking = {.name = "blocking", .threads = 2}});
  static const bool started = (runtime.start(), true);
  static_cast<void>(started);
  return runtime;
}

class Script {
 public:
  explicit Script(std::string bytes) : bytes_(std::move(bytes)) {}

  void run(FakeEnd& end) {
    for (std::string_view left = bytes_; !left.empty();) {
      if (!step(end, left)) return;
    }
  }

 private:
  static unsigned byte(std::string_view& left) {
    if (left.empty()) return 0;
    const auto value = static_cast<unsigned char>(left.front());
    left.remove_prefix(1);
    return value;
  }
  static std::string_view part(std::string_view& left) {
    const unsigned size = byte(left);
    const std::string_view taken = left.substr(0, size);
    left.remove_prefix(taken.size());
    return taken;
  }
  static std::string good() { return head_of(Outcome{}); }

  bool step(FakeEnd& end, std::string_view& left) {
    switch (byte(left)) {
      case 'w':
        return wait(end);
      case 'h':
        end.send({FrameKind::welcome, 0, 0, text_of(std::vector<std::uint32_t>{1})});
        return true;
      case 'l':
        end.send({FrameKind::loaded, 0, 0,
                  text_of(Loaded{.status = SLIPWAY_OK, .interfaces = {"slipway.gate/1", "slipway.plugin/1"}})});
        return true;
      case 'c':
        end.send({FrameKind::created, 0, 0, good()});
        return true;
      case 's':
        end.send({FrameKind::started, 0, 0, good()});
        return true;
      case 'd':
        end.send({FrameKind::destroyed, 0, 0, {}});
        return true;
      case 'a':
        answer(end, left);
        return true;
      case 'p':
        end.send({FrameKind::pong, 0, ping_, {}});
        return true;
      case 'r':
        ask(end, left);
        return true;
      case 'k':
        say_anything(end, left);
        return true;
      case 'z':
        end.send(left);
        return false;
      default:
        return true;
    }
  }
  bool wait(FakeEnd& end) {
    const auto message = end.next(kPatience);
    if (!message) return false;
    if (message->kind == FrameKind::call) call_ = message->id;
    if (message->kind == FrameKind::ping) ping_ = message->id;
    return true;
  }
  void answer(FakeEnd& end, std::string_view& left) const {
    const auto status = static_cast<std::int32_t>(byte(left)) - '0';
    const std::string_view payload = part(left);
    end.send({FrameKind::complete, 0, call_, head_of(Outcome{status, payload.size(), {}}) + std::string(payload)});
  }
  static void ask(FakeEnd& end, std::string_view& left) {
    const std::string_view payload = part(left);
    end.send({FrameKind::request, 0, payload.size(),
              head_of(Request{1'000'000, payload.size(), "test", "ask", {}}) + std::string(payload)});
  }
  static void say_anything(FakeEnd& end, std::string_view& left) {
    const auto kind = static_cast<FrameKind>(byte(left) % 26);
    const auto flags = static_cast<std::uint8_t>(byte(left) % 8);
    const unsigned id = byte(left);
    // The link's own calls have ids from the other end.
    const std::uint64_t far = id < 4 ? UINT64_MAX - id : id;
    end.send({kind, flags, far, part(left)});
  }

  const std::string bytes_;
  std::uint64_t call_ = 0;
  std::uint64_t ping_ = 0;
};

// A host that answers at once.
class Host {
 public:
  explicit Host(WorkerLink& link) : link_(link) {
    table_.size = sizeof(table_);
    table_.context = this;
    table_.complete = [](void* self, std::uint64_t id, slipway_status, slipway_blob payload) {
      of(self).used();
      require(payload.data != nullptr || payload.release == nullptr, "a blob without bytes has no owner");
      if (payload.release != nullptr) payload.release(payload.owner);
      of(self).complete(id);
    };
    table_.is_cancelled = [](void*, std::uint64_t) { return std::uint32_t{0}; };
    table_.request = [](void* self, slipway_span, slipway_span, std::uint64_t token, slipway_span, std::int64_t) {
      of(self).used();
      of(self).link_.on_reply(token, SLIPWAY_OK, {});
    };
    table_.wake = [](void* self, std::uint64_t token) {
      of(self).used();
      of(self).link_.on_wake(token);
    };
    table_.log = [](void* self, std::uint32_t, slipway_span, slipway_span) { of(self).used(); };
    table_.metric = [](void* self, std::uint32_t, slipway_span, slipway_span, double) { of(self).used(); };
  }
  [[nodiscard]] const slipway_host* table() const { return &table_; }
  bool all_are_answered() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      for (std::uint64_t id = 1; id <= kCalls; ++id) {
        if (!answered_.contains(id)) return false;
      }
      return true;
    });
  }
  void close() { closed_ = true; }

 private:
  static Host& of(void* self) { return *static_cast<Host*>(self); }
  void used() const { require(!closed_, "nothing of the host is used after destroy"); }
  void complete(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    answered_.insert(id);
    changed_.notify_all();
  }

  WorkerLink& link_;
  slipway_host table_{};
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::uint64_t> answered_;
};

void give_back(slipway_blob& error) {
  if (error.release != nullptr) error.release(error.owner);
  error = {};
}

void live(WorkerLink& link, Host& host) {
  slipway_blob error{};
  const bool runs = link.create(host.table(), {}, &error) == SLIPWAY_OK && link.start(&error) == SLIPWAY_OK;
  give_back(error);
  if (!runs) return;
  for (std::uint64_t id = 1; id <= kCalls; ++id) {
    slipway_call call{};
    call.size = sizeof(call);
    call.id = id;
    call.budget_ns = INT64_MAX;
    link.invoke(call);
    if (id == 2) link.cancel(id);
  }
  require(host.all_are_answered(), "each call is answered");
  link.quiesce();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  LinkSettings settings;
  settings.setup = [](pid_t) { return Setup{}; };
  settings.patience = settings.end = milliseconds(200);
  // One life is enough.
  settings.restart.first = seconds(3600);
  settings.heartbeat = seconds(3600);
  const std::string bytes(fuzz::text_of(data, size));
  const auto link = std::make_shared<WorkerLink>(
      settings, threads(), std::make_unique<FakeWorkers>([bytes](FakeEnd& end) { Script(bytes).run(end); }),
      std::make_shared<base::SeededRandom>(7));
  Host host(*link);
  const auto opened = link->open();
  require(opened.ok() || !opened.status().message.empty(), "a refusal says why");
  if (opened.ok()) live(*link, host);
  link->destroy();
  host.close();
  require(link->status().state == WorkerState::stopped, "it has come to its end");
  return 0;
}
