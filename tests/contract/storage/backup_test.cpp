// slipway.backup/1: what one store keeps goes into any other and comes back the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <slipway/interfaces/backup.hpp>
#include <slipway/interfaces/storage.hpp>

#include "tests/contract/hosted.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {
namespace {

using backup::Purpose;
using backup::Row;
using backup::RowKind;
using Rows = std::vector<Row>;

// An empty place for a store, and instances on it.
class Place {
 public:
  explicit Place(std::string kind) : kind_(std::move(kind)) {
    if (kind_ == "postgres") server_ = std::make_unique<PostgresServer>();
  }
  std::unique_ptr<Hosted> open(Purpose purpose) {
    Json config{{"purpose", std::string(to_name(purpose))}};
    if (server_) {
      config["connection"] = server_->connection();
      config["owner_connection"] = server_->connection("slipway_owner");
    } else {
      config["path"] = file();
    }
    return std::make_unique<Hosted>("storage-" + kind_, config);
  }
  [[nodiscard]] std::string file() const { return (directory_.path() / "store.db").string(); }
  [[nodiscard]] std::string name() const {
    if (!server_) return "database \"" + file() + "\"";
    return "database \"slipway\" on " + server_->folder().string() + ":" + std::to_string(server_->port());
  }

 private:
  const std::string kind_;
  TemporaryDirectory directory_;
  std::unique_ptr<PostgresServer> server_;
};

template <class Method>
auto ask(Driver& driver, const typename Method::Request& request) {
  return call<storage::Interface, Method>(driver, request);
}
Result<backup::ImportReply> import_page(Driver& driver, const backup::ImportRequest& request) {
  return call<backup::Interface, backup::Import>(driver, request);
}
Result<backup::ExportReply> export_page(Driver& driver, std::int64_t page) {
  return call<backup::Interface, backup::Export>(driver, {page});
}

Rows rows_of(Driver& driver) {
  Rows rows;
  bool more = true;
  for (std::int64_t number = 0; more; ++number) {
    auto page = export_page(driver, number);
    EXPECT_TRUE(page.ok()) << to_string(page.status());
    if (!page.ok()) break;
    rows.insert(rows.end(), page->rows.begin(), page->rows.end());
    more = page->more;
    EXPECT_TRUE(more || page->total == static_cast<std::int64_t>(rows.size()));
  }
  return rows;
}
Rows rows_in(Place& place) {
  const auto driver = place.open(Purpose::look);
  return rows_of(*driver);
}

// A few rows a page, so that there are many.
void fill(Place& place, const Rows& rows) {
  const auto driver = place.open(Purpose::fill);
  backup::ImportRequest page;
  for (const Row& row : rows) {
    page.rows.push_back(row);
    if (page.rows.size() < 7) continue;
    ASSERT_TRUE(import_page(*driver, page).ok());
    page = {.page = page.page + 1};
  }
  page.last = true;
  const auto done = import_page(*driver, page);
  ASSERT_TRUE(done.ok()) << to_string(done.status());
  EXPECT_EQ(done->rows, static_cast<std::int64_t>(rows.size()));
}

constexpr int kRecords = 1200;  // more than one page

storage::WriteRequest batch_of_hard_ones() {
  storage::WriteRequest batch{.batch = "one"};
  for (const char* tenant : {"acme", "zoo", "\xc3\xa4rger"}) {
    batch.puts.push_back({{tenant, "thing", "a"}, "text of " + std::string(tenant)});
    batch.puts.push_back({{tenant, "other", "b/c"}, std::string("zero \0 and \x01, \" and \\", 21)});
    for (int i = 0; i < 5; ++i) batch.appends.push_back({{tenant, "events"}, "entry " + std::to_string(i)});
    batch.trims.push_back({{tenant, "events"}, 2});
    batch.appends.push_back({{tenant, "gone"}, "entry"});
    batch.trims.push_back({{tenant, "gone"}, 1});
  }
  batch.puts.push_back({{"acme", "large", "1"}, std::string(700'000, 'x')});
  batch.puts.push_back({{"acme", "large", "2"}, std::string(700'000, 'y')});
  return batch;
}

void write_much(Place& place) {
  const auto store = place.open(Purpose::serve);
  ASSERT_TRUE(ask<storage::Write>(*store, batch_of_hard_ones()).ok());
  ASSERT_TRUE(ask<storage::Write>(*store, {.puts = {{{"acme", "thing", "a"}, "second version"}}}).ok());
  for (int i = 0; i < kRecords; i += 400) {
    storage::WriteRequest batch;
    for (int j = i; j < i + 400; ++j) batch.puts.push_back({{"acme", "many", std::to_string(j)}, "v"});
    ASSERT_TRUE(ask<storage::Write>(*store, batch).ok());
  }
  for (const char* owner : {"one", "two", "two"}) {
    const auto lease = ask<storage::Lease>(*store, {.name = "engine", .owner = owner});
    ASSERT_TRUE(lease.ok());
    ASSERT_TRUE(
        ask<storage::Lease>(
            *store, {.name = "engine", .owner = owner, .action = storage::LeaseAction::release, .token = lease->token})
            .ok());
  }
}

class Backup : public testing::TestWithParam<std::pair<std::string, std::string>> {
 protected:
  Place from_{GetParam().first};
  Place to_{GetParam().second};
};

TEST_P(Backup, goes_into_another_store_and_back_without_loss) {
  write_much(from_);
  const Rows rows = rows_in(from_);
  ASSERT_GT(rows.size(), kRecords);
  fill(to_, rows);
  EXPECT_TRUE(rows_in(to_) == rows);
  Place back(GetParam().first);
  fill(back, rows_in(to_));
  EXPECT_TRUE(rows_in(back) == rows);
}

TEST_P(Backup, is_worked_on_as_if_it_had_always_been_there) {
  write_much(from_);
  fill(to_, rows_in(from_));
  const auto store = to_.open(Purpose::serve);
  const auto found = ask<storage::Get>(*store, {{{"acme", "thing", "a"}}});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->records.at(0).value, "second version");
  EXPECT_EQ(found->records.at(0).version, 2);
  const auto read = ask<storage::Read>(*store, {.stream = {"zoo", "events"}});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->first, 3);
  EXPECT_EQ(read->last, 5);
  EXPECT_EQ(read->entries.at(0).value, "entry 2");
  const auto trimmed = ask<storage::Read>(*store, {.stream = {"zoo", "gone"}});
  EXPECT_EQ(trimmed->first, 0);
  EXPECT_EQ(trimmed->last, 1);
  const auto appended = ask<storage::Append>(*store, {.stream = {"zoo", "gone"}, .values = {"next"}});
  EXPECT_THAT(appended->sequences, testing::ElementsAre(2));
  const auto changed = ask<storage::Write>(
      *store, {.expect = {{{"acme", "thing", "a"}, 2}}, .puts = {{{"acme", "thing", "a"}, "third"}}});
  ASSERT_TRUE(changed.ok()) << to_string(changed.status());
  EXPECT_THAT(changed->versions, testing::ElementsAre(3));
}

TEST_P(Backup, leaves_leases_free_and_their_tokens_grow_on) {
  write_much(from_);
  std::int64_t held = 0;
  {
    const auto store = from_.open(Purpose::serve);
    held = ask<storage::Lease>(*store, {.name = "engine", .owner = "the old host", .ttl = seconds(3600)})->token;
  }
  fill(to_, rows_in(from_));
  const auto store = to_.open(Purpose::serve);
  const auto lease = ask<storage::Lease>(*store, {.name = "engine", .owner = "the new host"});
  ASSERT_TRUE(lease.ok()) << to_string(lease.status());
  EXPECT_GT(lease->token, held);
}

TEST_P(Backup, does_not_go_into_a_store_that_is_not_empty) {
  write_much(to_);
  const auto driver = to_.open(Purpose::fill);
  EXPECT_EQ(to_string(import_page(*driver, {}).status()),
            "FAILED_PRECONDITION: " + to_.name() +
                " is not empty; rows are imported into an empty store only, so give it a new one");
}

TEST_P(Backup, of_which_the_end_never_came_leaves_nothing) {
  const Rows rows{{.row = RowKind::record, .tenant = "acme", .kind = "thing", .name = "a", .number = 1, .value = "v"}};
  {
    const auto driver = to_.open(Purpose::fill);
    ASSERT_TRUE(import_page(*driver, {.rows = rows}).ok());
    ASSERT_TRUE(import_page(*driver, {.page = 1, .rows = {}}).ok());
  }
  EXPECT_THAT(rows_in(to_), testing::IsEmpty());
}

TEST_P(Backup, with_an_entry_that_has_no_stream_is_refused_and_leaves_nothing) {
  const Rows rows{{.row = RowKind::record, .tenant = "acme", .kind = "thing", .name = "a", .number = 1, .value = "v"},
                  {.row = RowKind::stream, .tenant = "acme", .name = "events", .number = 1},
                  {.row = RowKind::entry, .tenant = "acme", .name = "events", .number = 2, .value = "v"}};
  {
    const auto driver = to_.open(Purpose::fill);
    EXPECT_EQ(to_string(import_page(*driver, {.rows = rows, .last = true}).status()),
              "INVALID_ARGUMENT: there is an entry whose stream has not come, or ends before it");
    EXPECT_EQ(to_string(import_page(*driver, {.page = 1, .rows = {}}).status()),
              "FAILED_PRECONDITION: page 1 was asked for and page 0 comes next; begin again with page 0");
  }
  EXPECT_THAT(rows_in(to_), testing::IsEmpty());
}

TEST_P(Backup, is_of_one_moment_while_the_store_goes_on) {
  write_much(from_);
  const Rows before = rows_in(from_);
  const auto serving = from_.open(Purpose::serve);
  const auto looking = from_.open(Purpose::look);
  auto page = export_page(*looking, 0);
  ASSERT_TRUE(page.ok()) << to_string(page.status());
  ASSERT_TRUE(ask<storage::Write>(*serving, {.puts = {{{"zoo", "zz", "late"}, "v"}}}).ok());
  Rows rows = page->rows;
  for (std::int64_t number = 1; page->more; ++number) {
    page = export_page(*looking, number);
    ASSERT_TRUE(page.ok());
    rows.insert(rows.end(), page->rows.begin(), page->rows.end());
  }
  EXPECT_TRUE(rows == before);
  EXPECT_EQ(rows_of(*looking).size(), before.size() + 1);
}

TEST_P(Backup, begins_with_what_the_store_is) {
  const auto none = call<backup::Interface, backup::Describe>(*to_.open(Purpose::look), {});
  ASSERT_TRUE(none.ok()) << to_string(none.status());
  EXPECT_EQ(none->place, to_.name());
  EXPECT_EQ(none->schema, 0);
  ASSERT_EQ(none->pending.size(), static_cast<std::size_t>(none->known));
  EXPECT_EQ(none->pending[0].name, "records, streams, leases and batches");
  to_.open(Purpose::serve);
  const auto some = call<backup::Interface, backup::Describe>(*to_.open(Purpose::look), {});
  EXPECT_EQ(some->schema, some->known);
  EXPECT_THAT(some->pending, testing::IsEmpty());
}

TEST_P(Backup, is_no_work_for_an_instance_that_serves_and_serving_none_for_one_of_the_backup) {
  const auto serving = to_.open(Purpose::serve);
  EXPECT_EQ(to_string(export_page(*serving, 0).status()),
            "FAILED_PRECONDITION: the store was opened to \"serve\"; this is for another purpose");
  EXPECT_EQ(import_page(*serving, {}).status().code, Code::failed_precondition);
  const auto looking = to_.open(Purpose::look);
  EXPECT_EQ(to_string(ask<storage::Get>(*looking, {{{"acme", "thing", "a"}}}).status()),
            "FAILED_PRECONDITION: the store was opened to \"look\"; this is for another purpose");
  EXPECT_EQ(ask<storage::Write>(*looking, {}).status().code, Code::failed_precondition);
}

INSTANTIATE_TEST_SUITE_P(Stores, Backup,
                         testing::Values(std::pair("sqlite", "postgres"), std::pair("postgres", "sqlite")),
                         [](const auto& stores) { return stores.param.first + "_to_" + stores.param.second; });

}  // namespace
}  // namespace slipway::test
