#include "host/app/spans.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "host/runtime/runtime.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/manual_clock.hpp"

namespace slipway::app {
namespace {

// In the daemon's order. A span is a batch, so that each one wakes the sender.
struct SpanRig {
  config::OtlpConfig otlp{.endpoint = "http://127.0.0.1:9", .batch = 1, .sample_ratio = share(100)};
  test::ManualClock clock;
  base::SeededRandom random{3};
  telemetry::Metrics metrics;
  telemetry::Log log = telemetry::Log::to([](std::string_view) {}, {}, clock);
  SpanSource source{otlp, clock, random, metrics};
  std::optional<runtime::Runtime> runtime{std::in_place, runtime::RuntimeSettings{.threads = 1}};
  std::optional<services::HttpClient> client{std::in_place, runtime->executor(), services::HttpClientSettings{}};
  std::optional<Spans> spans{
      std::in_place, source, otlp, rollout::HostIdentity{}, runtime->executor(), *client, clock, random, log, metrics};
};

boost::asio::awaitable<void> hang(telemetry::OpenSpan span, std::atomic<bool>& hangs) {
  boost::asio::steady_timer never(co_await boost::asio::this_coro::executor, std::chrono::hours(24));
  hangs = true;
  co_await never.async_wait(boost::asio::use_awaitable);
  span.fail("somebody has woken it");
}

TEST(Spans, OfWorkThatHangsAtTheEndAreFinishedWhenTheSenderAndTheRuntimeAreGone) {
  SpanRig rig;
  rig.runtime->start();
  rig.spans->start();
  std::atomic<bool> hangs{false};
  const telemetry::Trace trace = rig.source.tracer()->begin_trace();
  boost::asio::co_spawn(rig.runtime->executor(),
                        hang(rig.source.tracer()->open(trace, "", telemetry::SpanKind::internal, "hangs"), hangs),
                        boost::asio::detached);
  ASSERT_TRUE(test::eventually([&] { return hangs.load(); }));
  rig.spans.reset();
  rig.client.reset();
  rig.runtime->stop();
  EXPECT_EQ(rig.source.queue()->size(), 0U);
  rig.runtime.reset();
  const auto left = rig.source.queue()->take();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].name, "hangs");
  EXPECT_FALSE(left[0].error);
}

}  // namespace
}  // namespace slipway::app
