#include "host/telemetry/otlp.hpp"

#include <algorithm>
#include <charconv>
#include <slipway/json.hpp>
#include <slipway/writer.hpp>

namespace slipway::telemetry {
namespace {

constexpr std::int64_t kStatusError = 2;

void put(Writer& out, std::string_view name, std::string_view value) {
  out.field(name);
  out.text(value);
}

void put(Writer& out, std::string_view name, Instant moment) { put(out, name, std::to_string(moment.ns)); }

void write_attribute(Writer& out, std::string_view name, const Span::Value& value) {
  out.begin_object();
  out.field("key");
  out.text(name);
  out.field("value");
  out.begin_object();
  if (const auto* text = std::get_if<std::string>(&value)) {
    put(out, "stringValue", cut_attribute(*text));
  } else {
    put(out, "intValue", std::to_string(std::get<std::int64_t>(value)));
  }
  out.end_object();
  out.end_object();
}

void write_resource(Writer& out, const Resource& resource) {
  out.field("resource");
  out.begin_object();
  out.field("attributes");
  out.begin_array();
  write_attribute(out, "service.name", resource.service);
  write_attribute(out, "service.version", resource.version);
  write_attribute(out, "service.instance.id", resource.instance);
  out.end_array();
  out.end_object();
}

void write_link(Writer& out, const Trace& other) {
  out.field("links");
  out.begin_array();
  out.begin_object();
  put(out, "traceId", other.trace_id);
  put(out, "spanId", other.span_id);
  out.end_object();
  out.end_array();
}

void write_span(Writer& out, const Span& span) {
  out.begin_object();
  put(out, "traceId", span.trace.trace_id);
  put(out, "spanId", span.trace.span_id);
  if (!span.parent_id.empty()) put(out, "parentSpanId", span.parent_id);
  out.field("flags");
  out.natural(span.trace.flags);
  put(out, "name", cut_attribute(span.name));
  out.field("kind");
  out.natural(static_cast<std::uint64_t>(span.kind));
  put(out, "startTimeUnixNano", span.begin);
  put(out, "endTimeUnixNano", span.end);
  out.field("attributes");
  out.begin_array();
  for (const auto& [name, value] : span.attributes) write_attribute(out, name, value);
  out.end_array();
  if (span.link) write_link(out, *span.link);
  out.field("status");
  out.begin_object();
  if (span.error) {
    out.field("code");
    out.integer(kStatusError);
    put(out, "message", cut_attribute(*span.error));
  }
  out.end_object();
  out.end_object();
}

// A 64-bit number is a text, and some collectors write it as a number.
std::int64_t number_of(const Json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  std::int64_t number = 0;
  if (const auto* text = value.get_ptr<const std::string*>())
    std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

std::string_view cut_attribute(std::string_view text) {
  if (text.size() <= kLongestAttribute) return text;
  std::size_t size = kLongestAttribute;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

std::string otlp_traces(const Resource& resource, std::span<const Span> spans) {
  TextWriter out;
  out.begin_object();
  out.field("resourceSpans");
  out.begin_array();
  out.begin_object();
  write_resource(out, resource);
  out.field("scopeSpans");
  out.begin_array();
  out.begin_object();
  out.field("scope");
  out.begin_object();
  put(out, "name", "slipway");
  put(out, "version", resource.version);
  out.end_object();
  out.field("spans");
  out.begin_array();
  for (const Span& span : spans) write_span(out, span);
  out.end_array();
  out.end_object();
  out.end_array();
  out.end_object();
  out.end_array();
  out.end_object();
  return out.take();
}

PartialSuccess partial_success(std::string_view body) {
  const auto reply = parse_json(body, {.bytes = std::size_t{64} << 10, .depth = 16});
  if (!reply.ok() || !reply->is_object()) return {};
  const auto found = reply->find("partialSuccess");
  if (found == reply->end() || !found->is_object()) return {};
  PartialSuccess result;
  if (const auto rejected = found->find("rejectedSpans"); rejected != found->end())
    result.rejected = std::max<std::int64_t>(0, number_of(*rejected));
  if (const auto message = found->find("errorMessage"); message != found->end() && message->is_string())
    result.message = message->get<std::string>();
  return result;
}

}  // namespace slipway::telemetry
