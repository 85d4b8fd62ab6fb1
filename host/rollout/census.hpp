// How many rollouts are under way, and in which states: what their bound goes by, and the gauge. Safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "host/rollout/rollout_model.hpp"
#include "host/telemetry/metrics.hpp"

namespace slipway::rollout {

class Census {
 public:
  // The right to begin one more; gives its place back unless it was filled. The census outlives it.
  class Place {
   public:
    explicit Place(Census& of) : of_(&of) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

   private:
    friend class Census;
    Census* of_;
  };
  using PlacePtr = std::unique_ptr<Place>;

  Census(telemetry::Metrics& metrics, std::uint32_t most) : metrics_(metrics), most_(most) {}

  // From the next rollout on; those under way go on.
  void set_most(std::uint32_t most);
  // RESOURCE_EXHAUSTED when as many are under way, or about to be, as may be.
  Result<PlacePtr> reserve();
  // An application's rollout went from one state to another; none stands for no rollout, or one that has ended. Fills
  // the place, if there is one.
  void moved(std::optional<State> from, std::optional<State> to, PlacePtr place = nullptr);

 private:
  void release();

  telemetry::Metrics& metrics_;
  std::mutex mutex_;
  std::uint32_t most_;
  std::uint32_t active_ = 0;
  std::uint32_t reserved_ = 0;
};

}  // namespace slipway::rollout
