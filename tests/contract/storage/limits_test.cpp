#include "tests/contract/storage/storage_contract.hpp"

namespace slipway::test {
namespace {

using storage::StreamRef;
using testing::ElementsAre;

// A request at a limit, and the same with one more, which is refused under this path.
struct Limit {
  std::string path;
  std::function<Status(std::size_t size)> ask;
  std::size_t most;
};

std::vector<std::string> paths_of(const Status& status) {
  std::vector<std::string> paths;
  for (const auto& problem : status.problems) paths.push_back(problem.path);
  return paths;
}

std::string text(std::size_t size) { return std::string(size, 'x'); }

class StorageLimits : public StorageContract {
 protected:
  template <class Method>
  std::function<Status(std::size_t)> asking(std::function<typename Method::Request(std::size_t)> make) {
    return [this, make = std::move(make)](std::size_t size) { return ask<Method>(make(size)).status(); };
  }
  std::function<Status(std::size_t)> writing(std::function<storage::WriteRequest(std::size_t)> make) {
    return asking<storage::Write>(std::move(make));
  }
  static void expect_limit(const Limit& limit) {
    const Status taken = limit.ask(limit.most);
    EXPECT_TRUE(taken.ok()) << limit.path << ": " << to_string(taken);
    const Status refused = limit.ask(limit.most + 1);
    EXPECT_EQ(refused.code, Code::invalid_argument) << limit.path;
    EXPECT_THAT(paths_of(refused), ElementsAre(limit.path));
  }
};

TEST_P(StorageLimits, names_may_be_as_long_as_the_interface_says_and_no_longer) {
  for (const Limit& limit : std::vector<Limit>{
           {"/puts/0/key/tenant", writing([](auto n) {
              return storage::WriteRequest{.puts = {{{text(n), "k", "i"}, "v"}}};
            }),
            63},
           {"/puts/0/key/kind", writing([](auto n) {
              return storage::WriteRequest{.puts = {{{"t", text(n), "i"}, "v"}}};
            }),
            63},
           {"/puts/0/key/id", writing([](auto n) {
              return storage::WriteRequest{.puts = {{{"t", "k", text(n)}, "v"}}};
            }),
            512},
           {"/appends/0/stream/name", writing([](auto n) {
              return storage::WriteRequest{.appends = {{{"t", text(n)}, "v"}}};
            }),
            512},
           {"/batch", writing([](auto n) { return storage::WriteRequest{.batch = text(n)}; }), 128},
           {"/name",
            asking<storage::Lease>([](auto n) { return storage::LeaseRequest{.name = text(n), .owner = "one"}; }), 512},
           {"/owner",
            asking<storage::Lease>([](auto n) { return storage::LeaseRequest{.name = text(n), .owner = text(n)}; }),
            128},
       }) {
    expect_limit(limit);
  }
}

TEST_P(StorageLimits, lists_may_be_as_long_as_the_interface_says_and_no_longer) {
  const storage::Key absent = thing("absent");
  const StreamRef log{"acme", "log"};
  for (const Limit& limit : std::vector<Limit>{
           {"/keys", asking<storage::Get>([&](auto n) { return storage::GetRequest{std::vector(n, absent)}; }), 500},
           {"/expect", writing([&](auto n) {
              return storage::WriteRequest{.expect = std::vector(n, storage::Expect{absent, 0})};
            }),
            500},
           {"/removes", writing([&](auto n) { return storage::WriteRequest{.removes = std::vector(n, absent)}; }), 500},
           {"/puts", writing([](auto n) { return storage::WriteRequest{.puts = std::vector(n, put("often", "v"))}; }),
            500},
           {"/appends", writing([&](auto n) {
              return storage::WriteRequest{.appends = std::vector(n, storage::AppendOp{log, "e"})};
            }),
            500},
           {"/trims", writing([&](auto n) {
              return storage::WriteRequest{.trims = std::vector(n, storage::Trim{log, 1})};
            }),
            16},
           {"/values", asking<storage::Append>([&](auto n) {
              return storage::AppendRequest{log, std::vector(n, std::string("e"))};
            }),
            500},
       }) {
    expect_limit(limit);
  }
}

TEST_P(StorageLimits, an_entry_may_be_as_large_as_a_record_and_no_larger) {
  expect_limit({"/appends/0/value", writing([](auto n) {
                  return storage::WriteRequest{.appends = {{{"acme", "log"}, text(n)}}};
                }),
                static_cast<std::size_t>(storage::kMaxValueBytes)});
}

TEST_P(StorageLimits, every_name_needs_a_tenant) {
  EXPECT_THAT(paths_of(ask<storage::Get>({{thing("a", "")}}).status()), ElementsAre("/keys/0/tenant"));
  EXPECT_THAT(paths_of(ask<storage::Append>({{"", "log"}, {"e"}}).status()), ElementsAre("/stream/tenant"));
  EXPECT_THAT(paths_of(ask<storage::Read>({.stream = {"", "log"}}).status()), ElementsAre("/stream/tenant"));
  EXPECT_THAT(paths_of(write({.expect = {{thing("a", ""), 0}},
                              .puts = {put("a", "v", "")},
                              .removes = {thing("a", "")},
                              .appends = {{{"", "log"}, "e"}},
                              .trims = {{{"", "log"}, 1}}})
                           .status()),
              ElementsAre("/expect/0/key/tenant", "/puts/0/key/tenant", "/removes/0/tenant", "/appends/0/stream/tenant",
                          "/trims/0/stream/tenant"));
}

TEST_P(StorageLimits, what_is_wanted_at_once_is_refused_when_it_is_too_much_for_one_answer) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(write({.puts = {put(id, text(1 << 20))}}).ok());
  EXPECT_TRUE(ask<storage::Get>({{thing("a"), thing("b")}}).ok());
  EXPECT_EQ(to_string(ask<storage::Get>({{thing("a"), thing("b"), thing("c")}}).status()),
            "RESOURCE_EXHAUSTED: the 3 records wanted have more than 2097152 bytes together; ask for fewer at once");
}

TEST_P(StorageLimits, a_page_ends_before_it_is_too_large_and_the_next_goes_on) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(write({.puts = {put(id, text(900'000))}}).ok());
  const auto first = ask<storage::Scan>({.tenant = "acme", .kind = "thing"});
  ASSERT_EQ(first->records.size(), 2U);
  const auto second = ask<storage::Scan>({.tenant = "acme", .kind = "thing", .after = first->next});
  ASSERT_EQ(second->records.size(), 1U);
  EXPECT_EQ(second->records[0].key.id, "c");
  EXPECT_EQ(second->next, "");
}

TEST_P(StorageLimits, a_piece_of_a_stream_ends_before_it_is_too_large) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ask<storage::Append>({{"acme", "log"}, {text(900'000)}}).ok());
  EXPECT_EQ(ask<storage::Read>({.stream = {"acme", "log"}})->entries.size(), 2U);
  EXPECT_EQ(ask<storage::Read>({.stream = {"acme", "log"}, .after = 2})->entries.size(), 1U);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Plugins, StorageLimits, testing::ValuesIn(storage_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
