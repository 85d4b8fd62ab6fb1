// How many rollouts are under way, and in which states: what their bound goes by, and the gauge. Safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "host/rollout/rollout_model.hpp"
#include "host/telemetry/metrics.hpp"

namespace slipway::rollout {

class Census {
  struct Counts {
    std::mutex mutex;
    std::uint32_t active = 0;
    std::uint32_t reserved = 0;
  };

 public:
  // The right to begin one more; gives its place back unless it was filled. That of a request which is thrown away with
  // its context outlives the census.
  class Place {
   public:
    explicit Place(std::shared_ptr<Counts> counts) : counts_(std::move(counts)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

   private:
    friend class Census;
    std::shared_ptr<Counts> counts_;
  };
  using PlacePtr = std::unique_ptr<Place>;

  Census(telemetry::Metrics& metrics, std::uint32_t most) : metrics_(metrics), most_(most) {}

  // From the next rollout on; those under way go on.
  void set_most(std::uint32_t most) { most_ = most; }
  // RESOURCE_EXHAUSTED when as many are under way, or about to be, as may be.
  Result<PlacePtr> reserve();
  // An application's rollout went from one state to another; none stands for no rollout, or one that has ended. Fills
  // the place, if there is one.
  void moved(std::optional<State> from, std::optional<State> to, PlacePtr place = nullptr);

 private:
  telemetry::Metrics& metrics_;
  std::atomic<std::uint32_t> most_;
  const std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace slipway::rollout
