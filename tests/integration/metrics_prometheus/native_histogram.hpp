// A native histogram as a target tells it: the delimited protobuf of io.prometheus.client.MetricFamily.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace slipway::test {

inline constexpr const char* kProtobuf =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

// Of release 2.0, with no observation in the zero bucket (below 0.001).
std::string native_histogram(const std::string& name, int schema, const std::map<int, std::int64_t>& buckets);

// took_native{release="1.0"}: 10 observations at zero, 30 above 1 and up to 2, 60 above 2 and up to 4.
std::string native_histogram();

// A target that counts what it is told in a native histogram, and knows each number. Safe from any thread.
class Observing {
 public:
  explicit Observing(std::string name) : name_(std::move(name)) {}
  void observe(const std::vector<double>& values);
  // As libraries do that reached their most buckets: each bucket is one of 2^(2^-schema).
  void make_coarser(int schema);
  void begin_anew();
  [[nodiscard]] std::string told() const;

 private:
  std::string name_;
  mutable std::mutex mutex_;
  int schema_ = 3;
  std::vector<double> values_;
};

}  // namespace slipway::test
