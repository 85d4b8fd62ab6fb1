// Documents laid over each other: a later one wins, field by field, and each field remembers who wrote it.
#pragma once

#include <map>
#include <slipway/json.hpp>
#include <string>

#include "host/config/fault.hpp"
#include "host/config/source.hpp"

namespace slipway::config {

class Layers {
 public:
  // Objects are merged; every other value, lists too, replaces what was there.
  void add(const Source& source);

  [[nodiscard]] const Json& value() const { return value_; }
  // Who wrote what is at the path; for a path that is not there, who wrote what is nearest above it.
  [[nodiscard]] Place place_of(const std::string& path) const;
  [[nodiscard]] Fault fault(Problem problem) const;

 private:
  void merge(Json& into, const Json& from, const std::string& path, const Source& source);
  void forget(const std::string& path);

  Json value_ = Json::object();
  std::map<std::string, Place> places_;
  std::string last_file_;
};

}  // namespace slipway::config
