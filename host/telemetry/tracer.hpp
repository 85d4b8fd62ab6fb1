// Spans while their work goes on.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/base/random.hpp"
#include "host/telemetry/span.hpp"

namespace slipway::telemetry {

// One that nobody wants to hear of is empty: it holds no memory, reads no clock, and everything done to it does
// nothing. One thread at a time.
class OpenSpan {
 public:
  OpenSpan() = default;
  OpenSpan(OpenSpan&&) = default;
  OpenSpan& operator=(OpenSpan&&) = default;
  ~OpenSpan();

  explicit operator bool() const { return work_ != nullptr; }
  // For what is done on its behalf. Precondition: it isn't empty.
  [[nodiscard]] std::string traceparent() const;
  void rename(std::string_view name);
  // Texts are cut as they would be when sent.
  // `name` outlives the span. Never a secret, never a body.
  void set(std::string_view name, std::string_view value);
  void set(std::string_view name, std::int64_t value);
  void link(std::string_view traceparent);
  void fail(std::string_view reason);

 private:
  friend class Tracer;
  struct Work;
  explicit OpenSpan(std::unique_ptr<Work> work);

  struct Finish {
    void operator()(Work* work) const;
  };
  std::unique_ptr<Work, Finish> work_;
};

// Thread-safe. All that it is given outlives it and its spans.
class Tracer {
 public:
  // `ratio`: of the traces that begin here, parts per million are told. Whether others are is their caller's word.
  Tracer(SpanSink& sink, const base::Clock& clock, base::Random& random, std::uint32_t ratio)
      : sink_(sink), clock_(clock), random_(random), ratio_(ratio) {}

  // A trace that begins here, sampled or not: by its id alone, so that every host says the same of it (as
  // TraceIdRatioBased, OpenTelemetry's specification, Trace SDK).
  [[nodiscard]] Trace begin_trace();
  // A span of `self`, whose traceparent was given out already.
  OpenSpan open(const Trace& self, std::string_view parent_id, SpanKind kind, std::string name);
  // A part of what the traceparent names; empty when that isn't sampled or isn't well-formed.
  OpenSpan child(std::string_view traceparent, SpanKind kind, std::string name);

 private:
  friend class OpenSpan;

  SpanSink& sink_;
  const base::Clock& clock_;
  base::Random& random_;
  const std::uint32_t ratio_;
};

}  // namespace slipway::telemetry
