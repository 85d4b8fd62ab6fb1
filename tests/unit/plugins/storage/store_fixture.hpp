// A store in a directory of its own, called and awaited in one line.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "plugins/storage/sqlite/batch.hpp"
#include "plugins/storage/sqlite/records.hpp"
#include "plugins/storage/sqlite/store.hpp"
#include "plugins/storage/sqlite/streams.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {

inline constexpr auto kPatience = std::chrono::seconds(20);

inline storage::Put put(const std::string& id, const std::string& value) { return {{"acme", "thing", id}, value}; }

template <class T>
T awaited(std::future<T> future) {
  if (future.wait_for(kPatience) != std::future_status::ready) throw std::runtime_error("no answer in time");
  return future.get();
}

// Starts the work on the store's writer and returns what it will end with.
template <class Work>
auto write_later(sqlite::Store& store, Work work) {
  using Reply = std::invoke_result_t<Work&, sqlite::Database&, Instant>;
  auto promise = std::make_shared<std::promise<Result<Reply>>>();
  auto future = promise->get_future();
  store.write(
      sqlite::make_job(std::move(work), [promise](Result<Reply> result) { promise->set_value(std::move(result)); }));
  return future;
}

inline Result<storage::WriteReply> write(sqlite::Store& store, const storage::WriteRequest& request) {
  return awaited(write_later(
      store, [request](sqlite::Database& database, Instant now) { return sqlite::write(database, request, now); }));
}
inline Result<storage::LeaseReply> lease(sqlite::Store& store, const storage::LeaseRequest& request) {
  return awaited(write_later(
      store, [request](sqlite::Database& database, Instant now) { return sqlite::lease(database, request, now); }));
}

template <class Work>
auto read(sqlite::Store& store, Work work) {
  using Reply = std::invoke_result_t<Work&, sqlite::Database&, Instant>;
  auto promise = std::make_shared<std::promise<Result<Reply>>>();
  auto future = promise->get_future();
  store.read(
      sqlite::make_job(std::move(work), [promise](Result<Reply> result) { promise->set_value(std::move(result)); }));
  return awaited(std::move(future));
}
inline Result<storage::GetReply> get(sqlite::Store& store, const std::string& id) {
  return read(store, [id](sqlite::Database& database, Instant) {
    return sqlite::get(database, {{{"acme", "thing", id}}});
  });
}

class StoreTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "store.db"; }
  [[nodiscard]] sqlite::StoreSettings settings() const { return {.database = {.path = path()}}; }

 private:
  TemporaryDirectory directory_;
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
