#include "host/rollout/troubles.hpp"

#include <algorithm>

namespace slipway::rollout {
namespace {

constexpr std::int64_t kShortest = 100'000'000;
constexpr std::int64_t kLongest = 5'000'000'000;

}  // namespace

void Troubles::failed(const std::string& binding, Status status, Instant now) {
  const auto [entry, fresh] = list_.try_emplace(binding);
  Trouble& trouble = entry->second;
  if (fresh) trouble.since = now;
  trouble.status = std::move(status);
  const std::int64_t wait = std::min(kLongest, kShortest << std::min(trouble.attempts++, 10));
  const auto half = static_cast<std::uint64_t>(wait / 2);
  trouble.retry_at = now + Duration{wait / 2 + static_cast<std::int64_t>(random_->below(half))};
}

const Trouble* Troubles::of(const std::string& binding) const {
  const auto found = list_.find(binding);
  return found == list_.end() ? nullptr : &found->second;
}

bool Troubles::resting(const std::string& binding, Instant now) const {
  const Trouble* trouble = of(binding);
  return trouble != nullptr && now < trouble->retry_at && trouble->retry_at - now <= Duration{kLongest};
}

std::optional<Instant> Troubles::next() const {
  std::optional<Instant> first;
  for (const auto& [binding, trouble] : list_) first = first ? std::min(*first, trouble.retry_at) : trouble.retry_at;
  return first;
}

std::vector<std::string> Troubles::sentences() const {
  std::vector<std::string> list;
  for (const auto& [binding, trouble] : list_) {
    list.push_back("binding \"" + binding + "\" has failed " + std::to_string(trouble.attempts) + " times since " +
                   to_string(trouble.since) + ", last with " + to_string(trouble.status));
  }
  return list;
}

}  // namespace slipway::rollout
