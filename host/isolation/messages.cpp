#include "host/isolation/messages.hpp"

#include <type_traits>
#include <utility>

namespace slipway::isolation {
namespace {

// Lists are short; more is no message of ours.
constexpr std::uint32_t kMaxList = 1024;

class Writer {
 public:
  explicit Writer(std::size_t room = 0) { bytes_.reserve(room); }
  template <class Number>
  requires(std::is_arithmetic_v<Number>) Writer& put(Number value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  Writer& put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
    return *this;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class Number>
  requires(std::is_arithmetic_v<Number>) Reader& get(Number& value) {
    if (bytes_.size() < sizeof(value)) return fail();
    bytes_.copy(reinterpret_cast<char*>(&value), sizeof(value));
    bytes_.remove_prefix(sizeof(value));
    return *this;
  }
  Reader& get(std::string_view& text) {
    std::uint32_t size = 0;
    get(size);
    if (bytes_.size() < size) return fail();
    text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return *this;
  }
  Reader& get(std::string& text) {
    std::string_view view;
    get(view);
    text = view;
    return *this;
  }
  std::uint32_t count() {
    std::uint32_t number = 0;
    get(number);
    if (number > kMaxList) fail();
    return good_ ? number : 0;
  }
  // All that is left.
  std::string_view rest() { return std::exchange(bytes_, {}); }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return good_ && bytes_.empty(); }

 private:
  Reader& fail() {
    good_ = false;
    bytes_ = {};
    return *this;
  }

  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace

std::string head_of(const Call& call) {
  // So much is enough for a call with its trace.
  return Writer(160)
      .put(call.interface_index)
      .put(call.method)
      .put(call.budget_ns)
      .put(call.traceparent)
      .put(call.tenant)
      .put(call.subject)
      .put(call.roles)
      .take();
}

bool read(std::string_view bytes, Call& call) {
  Reader reader(bytes);
  reader.get(call.interface_index).get(call.method).get(call.budget_ns);
  reader.get(call.traceparent).get(call.tenant).get(call.subject).get(call.roles);
  call.payload = reader.rest();
  return reader.good();
}

std::string head_of(const Outcome& outcome) { return Writer().put(outcome.status).put(outcome.size).take(); }

bool read(std::string_view bytes, Outcome& outcome) {
  Reader reader(bytes);
  reader.get(outcome.status).get(outcome.size);
  outcome.payload = reader.rest();
  return reader.good() && outcome.payload.size() <= outcome.size;
}

std::string head_of(const Request& request) {
  return Writer().put(request.budget_ns).put(request.size).put(request.service).put(request.method).take();
}

bool read(std::string_view bytes, Request& request) {
  Reader reader(bytes);
  reader.get(request.budget_ns).get(request.size).get(request.service).get(request.method);
  request.payload = reader.rest();
  return reader.good() && request.payload.size() <= request.size;
}

std::string text_of(const std::vector<std::uint32_t>& versions) {
  Writer writer;
  writer.put(static_cast<std::uint32_t>(versions.size()));
  for (const std::uint32_t version : versions) writer.put(version);
  return writer.take();
}

bool read(std::string_view bytes, std::vector<std::uint32_t>& versions) {
  Reader reader(bytes);
  versions.assign(reader.count(), 0);
  for (std::uint32_t& version : versions) reader.get(version);
  // A later protocol may say more here.
  return reader.good();
}

std::string text_of(const Setup& setup) {
  Writer writer;
  writer.put(setup.abi_major).put(setup.abi_minor).put(static_cast<std::uint32_t>(setup.threading));
  writer.put(setup.blocking_threads).put(setup.open_calls);
  writer.put(setup.call_bytes).put(setup.reply_bytes).put(setup.request_bytes);
  writer.put(setup.memory_bytes).put(setup.open_files).put(setup.own_network).put(setup.own_user);
  writer.put(setup.filter_while_loading).put(setup.filter).put(static_cast<std::uint32_t>(setup.paths.size()));
  for (const std::string& path : setup.paths) writer.put(path);
  return writer.take();
}

bool read(std::string_view bytes, Setup& setup) {
  Reader reader(bytes);
  std::uint32_t threading = 0;
  reader.get(setup.abi_major).get(setup.abi_minor).get(threading).get(setup.blocking_threads).get(setup.open_calls);
  reader.get(setup.call_bytes).get(setup.reply_bytes).get(setup.request_bytes);
  reader.get(setup.memory_bytes).get(setup.open_files).get(setup.own_network).get(setup.own_user);
  reader.get(setup.filter_while_loading).get(setup.filter);
  setup.paths.assign(reader.count(), {});
  for (std::string& path : setup.paths) reader.get(path);
  setup.threading = static_cast<WorkerThreading>(threading);
  return reader.done() && threading <= 2;
}

std::string text_of(const Loaded& loaded) {
  Writer writer;
  writer.put(loaded.status).put(loaded.message).put(static_cast<std::uint32_t>(loaded.interfaces.size()));
  for (const std::string& id : loaded.interfaces) writer.put(id);
  writer.put(static_cast<std::uint32_t>(loaded.protections.size()));
  for (const Protection& one : loaded.protections) writer.put(one.name).put(one.lacking);
  return writer.take();
}

bool read(std::string_view bytes, Loaded& loaded) {
  Reader reader(bytes);
  reader.get(loaded.status).get(loaded.message);
  loaded.interfaces.assign(reader.count(), {});
  for (std::string& id : loaded.interfaces) reader.get(id);
  loaded.protections.assign(reader.count(), {});
  for (Protection& one : loaded.protections) reader.get(one.name).get(one.lacking);
  return reader.done();
}

std::string text_of(const LogRecord& record) {
  return Writer().put(record.level).put(record.message).put(record.fields).take();
}

bool read(std::string_view bytes, LogRecord& record) {
  Reader reader(bytes);
  return reader.get(record.level).get(record.message).get(record.fields).done();
}

std::string text_of(const Sample& sample) {
  return Writer().put(sample.kind).put(sample.value).put(sample.name).put(sample.labels).take();
}

bool read(std::string_view bytes, Sample& sample) {
  Reader reader(bytes);
  return reader.get(sample.kind).get(sample.value).get(sample.name).get(sample.labels).done();
}

}  // namespace slipway::isolation
