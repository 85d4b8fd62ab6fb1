#include "tests/contract/gate/gate_contract.hpp"

namespace slipway::test {
namespace {

using strategy::GateState;

TEST_P(GateContract, a_state_comes_with_a_reason) {
  for (const GateState state : {GateState::open, GateState::pending, GateState::closed}) {
    const auto gate = GetParam().start(state);
    const auto reply = check(*gate, request());
    ASSERT_TRUE(reply.ok()) << to_string(reply.status());
    EXPECT_EQ(reply->state, state);
    EXPECT_NE(reply->reason, "");
  }
}

TEST_P(GateContract, a_pending_gate_says_when_to_ask_again_and_that_lies_ahead) {
  const auto gate = GetParam().start(GateState::pending);
  const auto reply = check(*gate, request());
  ASSERT_TRUE(reply->retry_at.has_value());
  EXPECT_GT(*reply->retry_at, kAsked);
}

TEST_P(GateContract, every_action_is_answered) {
  const auto gate = GetParam().start(GateState::open);
  for (const gate::Action action : {gate::Action::start, gate::Action::advance, gate::Action::promote}) {
    EXPECT_EQ(check(*gate, request(action))->state, GateState::open) << to_name(action);
  }
}

TEST_P(GateContract, the_same_question_has_the_same_answer) {
  const auto gate = GetParam().start(GateState::pending);
  const auto first = check(*gate, request());
  EXPECT_EQ(encode(*check(*gate, request())), encode(*first));
}

TEST_P(GateContract, settings_that_it_does_not_know_are_refused_by_name) {
  const auto gate = GetParam().start(GateState::open);
  auto asked = request();
  asked.settings = {{"no_such_setting", 1}};
  const Status status = check(*gate, asked).status();
  EXPECT_EQ(status.code, Code::invalid_argument);
  ASSERT_EQ(status.problems.size(), 1U);
  EXPECT_EQ(status.problems[0].path, "/no_such_setting");
}

TEST_P(GateContract, documents_that_are_none_are_refused) {
  const auto gate = GetParam().start(GateState::open);
  for (const char* payload : {"", "nonsense", "\xff", "[]", "{}", R"({"now":7})", R"({"action":"destroy"})"}) {
    EXPECT_EQ(gate->call(gate::kId, 0, payload, {}).status().code, Code::invalid_argument) << payload;
  }
  EXPECT_EQ(gate->call(gate::kId, 1, "{}", {}).status().code, Code::unimplemented);
}

}  // namespace
}  // namespace slipway::test
