// slipway.backup/1: everything that a store keeps, out of one and into another. For the commands `slipway storage`,
// which open a store that nobody works with through this instance.
//
// The rows have one order, the same in every store: records by kind, tenant and name, streams by tenant and name, their
// entries by tenant, name and number, leases by name, all bytewise. A lease goes without its owner: what remains of it
// is the token that it has come to. Names of batches stay behind.
//
// A store that provides it takes "purpose" in its configuration: "serve" by default, "look" for an instance that only
// describes and exports and changes nothing, also beside a host that is at work where the store allows it, and "fill"
// for one that only imports.
#pragma once

#include <slipway/interface.hpp>

namespace slipway::backup {

inline constexpr std::string_view kId = "slipway.backup/1";

enum class Purpose { serve, look, fill };
constexpr auto enum_names(Purpose) {
  return std::array<EnumName<Purpose>, 3>{
      {{Purpose::serve, "serve"}, {Purpose::look, "look"}, {Purpose::fill, "fill"}}};
}

enum class RowKind { record, stream, entry, lease };
constexpr auto enum_names(RowKind) {
  return std::array<EnumName<RowKind>, 4>{
      {{RowKind::record, "record"}, {RowKind::stream, "stream"}, {RowKind::entry, "entry"}, {RowKind::lease, "lease"}}};
}

struct Row {
  RowKind row = RowKind::record;
  std::string tenant;
  std::string kind;
  std::string name;
  std::int64_t number = 0;
  Instant at;
  std::string value;
  static constexpr auto fields() {
    return slipway::fields(
        required("row", &Row::row, "What it is."),
        field("tenant", &Row::tenant, "Whose it is; empty for a lease.", at_most(63)),
        field("kind", &Row::kind, "Of a record: its kind.", at_most(63)),
        required("name", &Row::name, "Id of a record, name of a stream (an entry has its stream's) or lease.",
                 between(1, 512)),
        required("number", &Row::number,
                 "Version of a record, newest number of a stream, number of an entry, token of a lease.", at_least(0)),
        field("at", &Row::at, "When it was written."),
        field("value", &Row::value, "Text of a record or an entry.", at_most(1 << 20)));
  }
  bool operator==(const Row&) const = default;
};

// A numbered change of the schema.
struct Step {
  std::int64_t number = 0;
  std::string name;
  static constexpr auto fields() {
    return slipway::fields(required("number", &Step::number, "Its number."),
                           required("name", &Step::name, "What for."));
  }
};

struct DescribeReply {
  std::string place;
  std::int64_t schema = 0;
  std::int64_t known = 0;
  std::vector<Step> pending;
  std::int64_t rows = 0;
  static constexpr auto fields() {
    return slipway::fields(required("place", &DescribeReply::place, "Where the store is, for people."),
                           required("schema", &DescribeReply::schema, "Newest step applied; 0 for none."),
                           required("known", &DescribeReply::known, "Newest step that this version knows."),
                           required("pending", &DescribeReply::pending, "Steps that the next start applies."),
                           required("rows", &DescribeReply::rows, "How many rows it would export."));
  }
};

struct ExportRequest {
  std::int64_t page = 0;
  static constexpr auto fields() {
    return slipway::fields(required("page", &ExportRequest::page,
                                    "0 begins a view of one moment; the pages of it are asked for in order.",
                                    at_least(0)));
  }
};
struct ExportReply {
  std::vector<Row> rows;
  std::int64_t total = 0;
  bool more = false;
  static constexpr auto fields() {
    return slipway::fields(required("rows", &ExportReply::rows, "In order."),
                           required("total", &ExportReply::total, "Rows of all pages."),
                           required("more", &ExportReply::more, "Whether another page follows."));
  }
};

struct ImportRequest {
  std::int64_t page = 0;
  std::vector<Row> rows;
  bool last = false;
  static constexpr auto fields() {
    return slipway::fields(
        required("page", &ImportRequest::page, "0 begins, and leaves nothing of what was begun before.", at_least(0)),
        required("rows", &ImportRequest::rows, "In order.", at_most(1000)),
        required("last", &ImportRequest::last, "Makes the rows of all pages durable; before it none is."));
  }
};
struct ImportReply {
  std::int64_t rows = 0;
  static constexpr auto fields() {
    return slipway::fields(required("rows", &ImportReply::rows, "Rows of all pages up to here."));
  }
};

struct Describe {
  static constexpr std::string_view name = "describe";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.describe(std::forward<decltype(rest)>(rest)...)) {
    return plugin.describe(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "The state of the schema, and how much there is.";
  using Request = Empty;
  using Reply = DescribeReply;
};
struct Export {
  static constexpr std::string_view name = "export";
  static constexpr auto call =
      [](auto& plugin, auto&&... rest) -> decltype(plugin.export_rows(std::forward<decltype(rest)>(rest)...)) {
    return plugin.export_rows(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "The next page of all rows.";
  using Request = ExportRequest;
  using Reply = ExportReply;
};
struct Import {
  static constexpr std::string_view name = "import";
  static constexpr auto call =
      [](auto& plugin, auto&&... rest) -> decltype(plugin.import_rows(std::forward<decltype(rest)>(rest)...)) {
    return plugin.import_rows(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc =
      "The next page of rows for an empty store; FAILED_PRECONDITION when it is not empty.";
  using Request = ImportRequest;
  using Reply = ImportReply;
};
struct Interface : MethodList<Describe, Export, Import> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::backup
