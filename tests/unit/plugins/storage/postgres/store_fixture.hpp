// A store on a PostgreSQL server of the test's own, called and awaited in one line.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "plugins/storage/postgres/store.hpp"
#include "tests/support/postgres_server.hpp"

namespace slipway::test {

inline storage::Put put(const std::string& id, const std::string& value) { return {{"acme", "thing", id}, value}; }
inline storage::Key thing(const std::string& id) { return {"acme", "thing", id}; }

// Starts the write on a thread of its own, which has left the store when the answer is there.
inline std::future<Result<storage::WriteReply>> write_later(postgres::Store& store, storage::WriteRequest request) {
  return std::async(std::launch::async, [&store, request = std::move(request)] {
    auto promise = std::make_shared<std::promise<Result<storage::WriteReply>>>();
    store.write(request, &store::write,
                [promise](Result<storage::WriteReply> reply) { promise->set_value(std::move(reply)); });
    return promise->get_future().get();
  });
}

inline Result<storage::WriteReply> write(postgres::Store& store, storage::WriteRequest request) {
  Result<storage::WriteReply> result = Status(Code::unknown, "not answered");
  store.write(std::move(request), &store::write, [&](Result<storage::WriteReply> reply) { result = std::move(reply); });
  return result;
}

inline std::string value_of(postgres::Store& store, const std::string& id) {
  const auto reply = store.read(storage::GetRequest{{thing(id)}}, &postgres::get);
  return reply.records.empty() ? "-" : reply.records[0].value;
}

class PostgresTest : public testing::Test {
 protected:
  [[nodiscard]] postgres::Target target(const std::string& role = "slipway_app",
                                        const postgres::Timeouts& timeouts = {}) const {
    return postgres::parse_target(server_.connection(role), "/connection", timeouts);
  }
  [[nodiscard]] postgres::StoreSettings settings(const postgres::Timeouts& timeouts = {}) const {
    return {.target = target("slipway_app", timeouts), .owner = target("slipway_owner")};
  }
  PostgresServer server_;
};

// The message of the Error that the call throws.
template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return to_string(error.status());
  }
  return "no refusal";
}

}  // namespace slipway::test
