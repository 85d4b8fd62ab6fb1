// slipway.storage/1: records, journals and leases, durable before the answer comes.
//
// A record is named by tenant, kind and id and holds opaque text. Its version grows with each write and starts at 1;
// 0 stands for "does not exist". A stream is an append-only list named by tenant and name; its sequence numbers start
// at 1 and grow by one. Time is the store's own.
#pragma once

#include <slipway/interface.hpp>

namespace slipway::storage {

inline constexpr std::string_view kId = "slipway.storage/1";
inline constexpr std::int64_t kMaxValueBytes = 1 << 20;

struct Key {
  std::string tenant;
  std::string kind;
  std::string id;
  static constexpr auto fields() {
    return slipway::fields(required("tenant", &Key::tenant, "Whose it is.", between(1, 63)),
                           required("kind", &Key::kind, "Kind of record.", between(1, 63)),
                           required("id", &Key::id, "Its name within the kind.", between(1, 512)));
  }
  auto operator<=>(const Key&) const = default;
};

struct Record {
  Key key;
  std::string value;
  std::int64_t version = 0;
  Instant updated_at;
  static constexpr auto fields() {
    return slipway::fields(required("key", &Record::key, "Its name."), required("value", &Record::value, "Its text."),
                           required("version", &Record::version, "Grows with each write."),
                           field("updated_at", &Record::updated_at, "When it was written."));
  }
};

struct GetRequest {
  std::vector<Key> keys;
  static constexpr auto fields() {
    return slipway::fields(required("keys", &GetRequest::keys, "Records wanted.", between(1, 500)));
  }
};
struct GetReply {
  std::vector<Record> records;
  static constexpr auto fields() {
    return slipway::fields(
        required("records", &GetReply::records, "Those that exist, in the order asked, all of one moment."));
  }
};

// The batch is refused (ABORTED, naming the key) unless the record has this version now; 0 means it must not exist.
struct Expect {
  Key key;
  std::int64_t version = 0;
  static constexpr auto fields() {
    return slipway::fields(required("key", &Expect::key, "The record."),
                           required("version", &Expect::version, "Its version; 0 for none.", at_least(0)));
  }
};
// The batch is refused (ABORTED) unless the lease is held under this token and has not run out.
struct ExpectLease {
  std::string name;
  std::int64_t token = 0;
  static constexpr auto fields() {
    return slipway::fields(required("name", &ExpectLease::name, "The lease.", between(1, 512)),
                           required("token", &ExpectLease::token, "Its fencing token."));
  }
};
struct Put {
  Key key;
  std::string value;
  static constexpr auto fields() {
    return slipway::fields(required("key", &Put::key, "The record."),
                           required("value", &Put::value, "Its new text.", at_most(kMaxValueBytes)));
  }
};
struct StreamRef {
  std::string tenant;
  std::string name;
  static constexpr auto fields() {
    return slipway::fields(required("tenant", &StreamRef::tenant, "Whose it is.", between(1, 63)),
                           required("name", &StreamRef::name, "Its name.", between(1, 512)));
  }
};
struct AppendOp {
  StreamRef stream;
  std::string value;
  static constexpr auto fields() {
    return slipway::fields(required("stream", &AppendOp::stream, "The stream."),
                           required("value", &AppendOp::value, "The entry's text.", at_most(kMaxValueBytes)));
  }
};
// Entries of a stream up to and including this sequence number go.
struct Trim {
  StreamRef stream;
  std::int64_t through = 0;
  static constexpr auto fields() {
    return slipway::fields(required("stream", &Trim::stream, "The stream."),
                           required("through", &Trim::through, "Last sequence number that goes."));
  }
};

// All or nothing. `batch` names it: writing the same batch again within a day answers as the first time did.
struct WriteRequest {
  std::string batch;
  std::vector<Expect> expect;
  std::vector<ExpectLease> expect_leases;
  std::vector<Put> puts;
  std::vector<Key> removes;
  std::vector<AppendOp> appends;
  std::vector<Trim> trims;
  static constexpr auto fields() {
    return slipway::fields(
        field("batch", &WriteRequest::batch, "Unique name of the batch, or empty for one that need not be repeatable.",
              at_most(128)),
        field("expect", &WriteRequest::expect, "Versions that must hold.", at_most(500)),
        field("expect_leases", &WriteRequest::expect_leases, "Leases that must be held.", at_most(16)),
        field("puts", &WriteRequest::puts, "Records to write.", at_most(500)),
        field("removes", &WriteRequest::removes, "Records to remove; absent ones are no fault.", at_most(500)),
        field("appends", &WriteRequest::appends, "Entries to append, in order.", at_most(500)),
        field("trims", &WriteRequest::trims, "Streams to shorten.", at_most(16)));
  }
};
struct WriteReply {
  std::vector<std::int64_t> versions;
  std::vector<std::int64_t> sequences;
  Instant at;
  static constexpr auto fields() {
    return slipway::fields(required("versions", &WriteReply::versions, "New version of each put, in order."),
                           required("sequences", &WriteReply::sequences, "Sequence number of each append, in order."),
                           field("at", &WriteReply::at, "The store's time."));
  }
};

struct ScanRequest {
  std::string tenant;
  std::string kind;
  std::string prefix;
  std::string after;
  std::int32_t limit = 100;
  static constexpr auto fields() {
    return slipway::fields(
        field("tenant", &ScanRequest::tenant, "Whose records; empty for every tenant's, for the host's own recovery."),
        required("kind", &ScanRequest::kind, "Kind of records.", between(1, 63)),
        field("prefix", &ScanRequest::prefix, "Begin of their ids."),
        field("after", &ScanRequest::after, "The cursor of the page before; empty for the first page."),
        field("limit", &ScanRequest::limit, "Records a page.", between(1, 1000)));
  }
};
struct ScanReply {
  std::vector<Record> records;
  std::string next;
  static constexpr auto fields() {
    return slipway::fields(required("records", &ScanReply::records, "In order of tenant and id (bytewise)."),
                           field("next", &ScanReply::next, "Cursor of the next page; empty at the end."));
  }
};

struct Entry {
  std::int64_t sequence = 0;
  std::string value;
  Instant at;
  static constexpr auto fields() {
    return slipway::fields(required("sequence", &Entry::sequence, "Its number in the stream."),
                           required("value", &Entry::value, "Its text."),
                           required("at", &Entry::at, "When it was appended."));
  }
};
struct AppendRequest {
  StreamRef stream;
  std::vector<std::string> values;
  static constexpr auto fields() {
    return slipway::fields(required("stream", &AppendRequest::stream, "The stream."),
                           required("values", &AppendRequest::values, "Entries, in order.", between(1, 500)));
  }
};
struct AppendReply {
  std::vector<std::int64_t> sequences;
  static constexpr auto fields() {
    return slipway::fields(required("sequences", &AppendReply::sequences, "Their numbers."));
  }
};
struct ReadRequest {
  StreamRef stream;
  std::int64_t after = 0;
  std::int32_t limit = 100;
  static constexpr auto fields() {
    return slipway::fields(required("stream", &ReadRequest::stream, "The stream."),
                           field("after", &ReadRequest::after, "Entries above this number.", at_least(0)),
                           field("limit", &ReadRequest::limit, "Entries at most.", between(1, 1000)));
  }
};
struct ReadReply {
  std::vector<Entry> entries;
  std::int64_t first = 0;
  std::int64_t last = 0;
  static constexpr auto fields() {
    return slipway::fields(required("entries", &ReadReply::entries, "In order."),
                           required("first", &ReadReply::first, "Oldest number kept; 0 for an empty stream."),
                           required("last", &ReadReply::last, "Newest number ever given; 0 for none."));
  }
};

enum class LeaseAction { acquire, renew, release, look };
constexpr auto enum_names(LeaseAction) {
  return std::array<EnumName<LeaseAction>, 4>{{{LeaseAction::acquire, "acquire"},
                                               {LeaseAction::renew, "renew"},
                                               {LeaseAction::release, "release"},
                                               {LeaseAction::look, "look"}}};
}
struct LeaseRequest {
  std::string name;
  std::string owner;
  LeaseAction action = LeaseAction::acquire;
  std::int64_t token = 0;
  Duration ttl = seconds(10);
  static constexpr auto fields() {
    return slipway::fields(required("name", &LeaseRequest::name, "The lease.", between(1, 512)),
                           required("owner", &LeaseRequest::owner, "Who wants it.", between(1, 128)),
                           required("action", &LeaseRequest::action, "What to do."),
                           field("token", &LeaseRequest::token, "For renew and release: the token held."),
                           field("ttl", &LeaseRequest::ttl, "How long it is good for, by the store's clock."));
  }
};
// acquire answers FAILED_PRECONDITION while another owner holds it. Each acquisition gets a larger token; the owner
// that holds it already keeps its token. look changes nothing and asks for nothing: whoever looks reads how the lease
// stands, one that never was included.
struct LeaseReply {
  std::int64_t token = 0;
  Instant expires_at;
  std::string owner;
  Instant changed_at;
  Instant at;
  static constexpr auto fields() {
    return slipway::fields(required("token", &LeaseReply::token, "Fencing token."),
                           required("expires_at", &LeaseReply::expires_at, "By the store's clock."),
                           required("owner", &LeaseReply::owner, "Who holds it, or held it last; empty for nobody."),
                           field("changed_at", &LeaseReply::changed_at,
                                 "When it was taken, renewed or given back last; 0 for a lease that never was."),
                           field("at", &LeaseReply::at, "The store's time."));
  }
};

struct Get {
  static constexpr std::string_view name = "get";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.get(std::forward<decltype(rest)>(rest)...)) {
    return plugin.get(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Records by name.";
  using Request = GetRequest;
  using Reply = GetReply;
};
struct Write {
  static constexpr std::string_view name = "write";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.write(std::forward<decltype(rest)>(rest)...)) {
    return plugin.write(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "An atomic batch with preconditions; durable when it answers.";
  using Request = WriteRequest;
  using Reply = WriteReply;
};
struct Scan {
  static constexpr std::string_view name = "scan";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.scan(std::forward<decltype(rest)>(rest)...)) {
    return plugin.scan(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc =
      "Records of a kind, in order, by pages that stay stable under concurrent writes.";
  using Request = ScanRequest;
  using Reply = ScanReply;
};
struct Append {
  static constexpr std::string_view name = "append";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.append(std::forward<decltype(rest)>(rest)...)) {
    return plugin.append(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Entries at the end of a stream.";
  using Request = AppendRequest;
  using Reply = AppendReply;
};
struct Read {
  static constexpr std::string_view name = "read";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.read(std::forward<decltype(rest)>(rest)...)) {
    return plugin.read(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Entries of a stream, in order.";
  using Request = ReadRequest;
  using Reply = ReadReply;
};
struct Lease {
  static constexpr std::string_view name = "lease";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.lease(std::forward<decltype(rest)>(rest)...)) {
    return plugin.lease(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Takes, renews, gives back or looks at a lease.";
  using Request = LeaseRequest;
  using Reply = LeaseReply;
};
struct Interface : MethodList<Get, Write, Scan, Append, Read, Lease> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::storage
