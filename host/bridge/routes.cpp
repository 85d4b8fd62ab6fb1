#include "host/bridge/routes.hpp"

namespace slipway::bridge {
namespace {

constexpr std::uint64_t kWhole = 1'000'000;

// FNV-1a: spread, stable and the same on every host.
std::uint64_t spread(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash ^ (hash >> 32);
}

// Whether call number n is one of its share: the whole part of n * share grows by one.
bool is_dealt(std::uint64_t n, std::uint32_t share) {
  const std::uint64_t turn = n % kWhole;
  return (turn + 1) * share / kWhole > turn * share / kWhole;
}

}  // namespace

const Way& Route::choose(std::string_view affinity) const {
  if (trial == nullptr) return *this;
  const bool tried =
      affinity.empty() ? is_dealt(trial->calls.fetch_add(1), trial->share) : spread(affinity) % kWhole < trial->share;
  return tried ? trial->way : *this;
}

const Route* RouteTable::find(std::string_view binding) const {
  if (const auto found = bindings_.find(binding); found != bindings_.end()) return &found->second;
  const auto found = versions_.find(binding);
  return found == versions_.end() ? nullptr : &found->second;
}

std::string RouteTable::names_like(std::string_view binding) const {
  const std::size_t dot = binding.find('.');
  const std::string_view kind = dot == std::string_view::npos ? std::string_view() : binding.substr(0, dot + 1);
  std::string text;
  for (const auto& [name, route] : bindings_) {
    if (name.starts_with(kind)) text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "none" : text;
}

std::shared_ptr<const RouteTable> Routes::capture() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

std::shared_ptr<const RouteTable> Routes::publish(std::shared_ptr<const RouteTable> table) {
  const std::lock_guard lock(mutex_);
  table_.swap(table);
  return table;
}

}  // namespace slipway::bridge
