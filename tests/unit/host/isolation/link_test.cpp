// The host's end against workers that say what no worker of ours would.
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <future>
#include <slipway/interfaces/plugin.hpp>

#include "tests/support/fake_worker.hpp"
#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

constexpr std::uint64_t kRestore = UINT64_MAX;
constexpr std::uint64_t kTaken = UINT64_MAX - 1;
constexpr Listener::Weight kUnasked = Listener::Weight::unasked;

std::string good(std::string_view payload = {}) {
  return head_of(Outcome{SLIPWAY_OK, payload.size(), {}}) + std::string(payload);
}

// What a worker says that loads, creates and starts; false for every other message.
bool comes_up(FakeEnd& end, const Frame& message) {
  const Loaded loaded{.status = SLIPWAY_OK, .interfaces = {"slipway.gate/1", "slipway.plugin/1"}};
  switch (message.kind) {
    case FrameKind::hello:
      return end.send({FrameKind::welcome, 0, 0, text_of(std::vector<std::uint32_t>{1})}), true;
    case FrameKind::setup:
      return end.send({FrameKind::loaded, 0, 0, text_of(loaded)}), true;
    case FrameKind::create:
      return end.send({FrameKind::created, 0, 0, good()}), true;
    case FrameKind::start:
      return end.send({FrameKind::started, 0, 0, good()}), true;
    case FrameKind::destroy:
      return end.send({FrameKind::destroyed, 0, 0, {}}), true;
    default:
      return false;
  }
}

// The host's table, which keeps what it is asked for and answers nothing.
struct SilentHost {
  std::atomic<int> requests{0};
  std::atomic<int> wakes{0};
  runtime::Collected<std::string> logs;
  slipway_host table{};

  SilentHost() {
    table.size = sizeof(table);
    table.context = this;
    table.complete = [](void*, std::uint64_t, slipway_status, slipway_blob payload) {
      if (payload.release != nullptr) payload.release(payload.owner);
    };
    table.request = [](void* self, slipway_span, slipway_span, std::uint64_t, slipway_span, std::int64_t) {
      ++static_cast<SilentHost*>(self)->requests;
    };
    table.wake = [](void* self, std::uint64_t) { ++static_cast<SilentHost*>(self)->wakes; };
    table.log = [](void* self, std::uint32_t, slipway_span message, slipway_span) {
      static_cast<SilentHost*>(self)->logs.add(std::string(reinterpret_cast<const char*>(message.data), message.size));
    };
  }
};

class Link : public IsolatedTest {
 protected:
  Link() {
    link.setup = [](pid_t) { return slipway::isolation::Setup{}; };
    link.restart.first = seconds(600);
    link.heartbeat = link.hang = seconds(600);
  }
  ~Link() override {
    if (made) made->destroy();
    made.reset();
  }
  // `beside` hears what is no part of coming up.
  void run(std::function<void(FakeEnd&, const Frame&)> beside) {
    made = std::make_shared<WorkerLink>(link, runtime, std::make_unique<FakeWorkers>([beside](FakeEnd& end) {
                                          while (const auto message = end.next()) {
                                            if (!comes_up(end, *message)) beside(end, *message);
                                          }
                                        }),
                                        std::make_shared<base::SeededRandom>(7));
    slipway_blob error{};
    ASSERT_TRUE(made->open().ok());
    ASSERT_EQ(made->create(&host.table, {}, &error), SLIPWAY_OK);
    ASSERT_EQ(made->start(&error), SLIPWAY_OK);
  }
  void say_to_worker(std::uint64_t id = 1) {
    const slipway_call call{.size = sizeof(slipway_call), .id = id, .budget_ns = INT64_MAX};
    made->invoke(call);
  }

  SilentHost host;
  // What workers have seen.
  std::atomic<int> asked{0};
  std::atomic<int> pings{0};
  std::atomic<int> refused{0};
  LinkSettings link;
  std::shared_ptr<WorkerLink> made;
};

TEST_F(Link, what_the_host_has_not_asked_for_counts_as_a_flood_whatever_it_is) {
  run([](FakeEnd&, const Frame&) {});
  const std::string forged = good("forged");
  const Frame unasked[] = {{FrameKind::pong, 0, 0, {}},
                           {FrameKind::pong, 0, 1, {}},
                           {FrameKind::complete, 0, kTaken, forged},
                           {FrameKind::complete, 0, kRestore, forged},
                           {FrameKind::created, 0, 0, forged},
                           {FrameKind::destroyed, 0, 0, forged}};
  for (const Frame& frame : unasked) {
    const auto weight = made->heard(frame);
    ASSERT_TRUE(weight.ok());
    EXPECT_EQ(*weight, kUnasked) << static_cast<int>(frame.kind) << " " << frame.id;
  }
}

TEST_F(Link, a_checkpoint_is_not_asked_for_while_one_is) {
  link.heartbeat = link.checkpoint = milliseconds(1);
  run([this](FakeEnd& end, const Frame& message) {
    if (message.kind == FrameKind::call) ++asked;
    if (message.kind == FrameKind::ping) ++pings, end.send({FrameKind::pong, 0, message.id, {}});
  });
  ASSERT_TRUE(eventually([&] { return asked > 0; }));
  const int then = pings;
  ASSERT_TRUE(eventually([&] { return pings > then + 10; }));
  EXPECT_EQ(asked, 1);
}

TEST_F(Link, wakes_beyond_those_that_the_host_takes_are_dropped_and_one_that_is_heard_makes_room) {
  link.wakes = 2;
  run([this](FakeEnd& end, const Frame& message) {
    if (message.kind == FrameKind::woken) return void(++refused);
    for (std::uint64_t token = 1; token <= 4; ++token) end.send({FrameKind::wake, 0, token, {}});
  });
  say_to_worker();
  ASSERT_TRUE(eventually([&] { return host.wakes == 2; }));
  made->on_wake(1);
  ASSERT_TRUE(eventually([&] { return refused == 1; }));
  say_to_worker(2);
  ASSERT_TRUE(eventually([&] { return host.wakes == 3; }));
}

TEST_F(Link, requests_without_an_answer_are_bounded_by_what_they_hold) {
  link.request_bytes = 50'000;
  link.all_request_bytes = 100'000;
  run([this](FakeEnd& end, const Frame& message) {
    if (message.kind == FrameKind::reply) {
      Outcome outcome;
      EXPECT_TRUE(read(message.body, outcome));
      EXPECT_EQ(outcome.status, SLIPWAY_RESOURCE_EXHAUSTED);
      EXPECT_THAT(std::string(outcome.payload),
                  testing::HasSubstr("the requests without an answer have more than 100000 bytes together"));
      ++refused;
      return;
    }
    const std::string payload(40'000, 'x');
    const std::string head = head_of(Request{1'000'000'000, payload.size(), "test", "ask", {}});
    for (std::uint64_t token = 1; token <= 4; ++token) end.send({FrameKind::request, 0, token, head + payload});
  });
  say_to_worker();
  ASSERT_TRUE(eventually([&] { return refused == 2; }));
  EXPECT_EQ(host.requests, 2);
}

TEST_F(Link, an_answer_beyond_what_may_wait_for_the_worker_is_an_error_and_no_end) {
  link.connection.outbox_bytes = 1 << 20;
  std::promise<void> may_read;
  std::vector<slipway_status> heard;
  std::string last;
  run([&](FakeEnd& end, const Frame& message) {
    if (message.kind == FrameKind::call) {
      for (std::uint64_t token = 1; token <= 3; ++token)
        end.send({FrameKind::request, 0, token, head_of(Request{1'000'000'000, 0, "test", "ask", {}})});
      return may_read.get_future().wait();
    }
    Outcome outcome;
    if (message.kind != FrameKind::reply || !read(message.body, outcome)) return;
    heard.push_back(outcome.status);
    if (outcome.status != SLIPWAY_OK) last = outcome.payload;
    ++asked;
  });
  say_to_worker();
  ASSERT_TRUE(eventually([&] { return host.requests == 3; }));
  const std::string text(900'000, 'x');
  for (std::uint64_t own = 1; own <= 3; ++own)
    made->on_reply(own, SLIPWAY_OK, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  may_read.set_value();
  ASSERT_TRUE(eventually([&] { return asked == 3; }));
  EXPECT_THAT(heard, testing::UnorderedElementsAre(SLIPWAY_OK, SLIPWAY_RESOURCE_EXHAUSTED, SLIPWAY_RESOURCE_EXHAUSTED));
  EXPECT_EQ(last,
            R"({"message":"more than 1048576 bytes would wait for its worker, the most that may","problems":[]})");
  EXPECT_EQ(made->status().state, WorkerState::running);
}

// Hears how many messages came, on a context that the test turns by hand. The host has asked for pongs alone.
struct Counting final : Listener {
  int heard_messages = 0;
  std::optional<std::string> end;
  Result<Weight> heard(const Frame& message) override {
    ++heard_messages;
    return message.kind == FrameKind::pong ? Weight::expected : Weight::unasked;
  }
  void ended(const std::string& why) override { end = why; }
};

const std::string kLong(60'000, 'x');

class Connections : public ::testing::Test {
 protected:
  void open(ConnectionSettings settings) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    its.emplace(loader::Descriptor(ends[1]));
    auto made = Connection::make(context, loader::Descriptor(ends[0]), settings);
    ASSERT_TRUE(made.ok());
    ours = *made;
    ours->listen(listener);
  }
  void hear(const Frame& frame) {
    its->send(frame);
    context.poll();
  }
  ~Connections() override {
    ours->close();
    context.poll();
  }

  boost::asio::io_context context;
  std::optional<FakeEnd> its;
  std::shared_ptr<Connection> ours;
  std::shared_ptr<Counting> listener = std::make_shared<Counting>();
};

TEST_F(Connections, pieces_that_carry_little_are_a_flood_too) {
  open({.incoming = {}, .messages_per_second = 1});
  hear({FrameKind::pong, 0, 1, {}});
  EXPECT_EQ(listener->heard_messages, 1);
  std::string pieces;
  for (int i = 0; i < 1000; ++i) append_frame(pieces, {FrameKind::log, kMore, 0, {}});
  its->send(pieces);
  context.poll();
  hear({FrameKind::pong, 0, 2, {}});
  // It would be read a thousand seconds later.
  EXPECT_EQ(listener->heard_messages, 1);
}

TEST_F(Connections, a_message_counts_by_its_bytes) {
  open({.incoming = {}, .messages_per_second = 2});
  hear({FrameKind::log, 0, 0, kLong});
  EXPECT_EQ(listener->heard_messages, 1);
  hear({FrameKind::pong, 0, 1, {}});
  // It would be read six seconds later.
  EXPECT_EQ(listener->heard_messages, 1);
}

TEST_F(Connections, a_flood_that_goes_on_is_an_end) {
  open({.incoming = {}, .messages_per_second = 1, .flood = milliseconds(1)});
  hear({FrameKind::log, 0, 0, kLong});
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!listener->end && std::chrono::steady_clock::now() < late) context.run_one_for(std::chrono::milliseconds(100));
  EXPECT_EQ(listener->end, "flooded the host for 1ms");
}

}  // namespace
}  // namespace slipway::isolation
