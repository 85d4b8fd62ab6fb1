// What a rollout could not do lately, by binding: for backing off, and for `why`.
#pragma once

#include <map>
#include <optional>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>
#include <vector>

#include "host/base/random.hpp"

namespace slipway::rollout {

struct Trouble {
  Status status;
  Instant since;
  Instant retry_at;
  std::int32_t attempts = 0;
};

class Troubles {
 public:
  explicit Troubles(base::Random& random) : random_(&random) {}

  // Doubles the wait from 100 ms to 5 s, each time between half and all of it.
  void failed(const std::string& binding, Status status, Instant now);
  void fine(const std::string& binding) { list_.erase(binding); }
  [[nodiscard]] const Trouble* of(const std::string& binding) const;
  // Whether the binding should be left alone for now.
  [[nodiscard]] bool resting(const std::string& binding, Instant now) const;
  [[nodiscard]] bool none() const { return list_.empty(); }
  // The next moment at which something should be tried again.
  [[nodiscard]] std::optional<Instant> next() const;
  // One sentence for each: which binding, since when, what it said.
  [[nodiscard]] std::vector<std::string> sentences() const;

 private:
  base::Random* random_;
  std::map<std::string, Trouble> list_;
};

}  // namespace slipway::rollout
