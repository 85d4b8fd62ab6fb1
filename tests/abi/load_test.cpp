// Plugins of every released SDK, built against the header that they came with, in today's host.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/host/loader/loading.hpp"

namespace slipway::loader {
namespace {

// What the plugin said about the last call.
struct Answer {
  int completions = 0;
  slipway_status status = -1;
  std::string text;
};

void complete(void* context, std::uint64_t, slipway_status status, slipway_blob payload) {
  auto& answer = *static_cast<Answer*>(context);
  ++answer.completions;
  answer.status = status;
  answer.text.assign(reinterpret_cast<const char*>(payload.data), payload.size);
  if (payload.release != nullptr) payload.release(payload.owner);
}

slipway_host host_of(Answer& answer) {
  return {.size = sizeof(slipway_host),
          .abi_minor = SLIPWAY_ABI_MINOR,
          .context = &answer,
          .complete = complete,
          .is_cancelled = [](void*, std::uint64_t) { return 0U; },
          .request = [](void*, slipway_span, slipway_span, std::uint64_t, slipway_span, std::int64_t) {},
          .wake = [](void*, std::uint64_t) {},
          .log = [](void*, std::uint32_t, slipway_span, slipway_span) {},
          .metric = [](void*, std::uint32_t, slipway_span, slipway_span, double) {}};
}

slipway_span span_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST_F(Loading, APluginOfAbi10IsLoadedAndAnswers) {
  root_.install({.fixture = "abi_1_0"});
  const auto library = load();
  ASSERT_TRUE(library.ok()) << library.status().message;
  const slipway_plugin& table = (*library)->table();
  Answer answer;
  const slipway_host host = host_of(answer);
  slipway_instance* instance = nullptr;
  slipway_blob error{};
  ASSERT_EQ(table.create(&host, span_of("{}"), &instance, &error), SLIPWAY_OK);
  ASSERT_EQ(table.start(instance, &error), SLIPWAY_OK);
  slipway_call call{};
  call.size = sizeof call;
  call.interface_index = 1;
  call.id = 7;
  call.budget_ns = SLIPWAY_NO_DEADLINE;
  table.invoke(instance, &call);
  EXPECT_EQ(answer.completions, 1);
  EXPECT_EQ(answer.status, SLIPWAY_OK);
  EXPECT_EQ(answer.text, R"({"condition":"healthy","checks":[]})");
  call.interface_index = 0;
  call.id = 8;
  call.payload = span_of("{}");
  table.invoke(instance, &call);
  EXPECT_EQ(answer.completions, 1);
  table.on_reply(instance, 8, SLIPWAY_OK, span_of("{}"));
  EXPECT_EQ(answer.text, R"({"state":"open","reason":"a timer ran"})");
  table.quiesce(instance);
  table.destroy(instance);
}

}  // namespace
}  // namespace slipway::loader
