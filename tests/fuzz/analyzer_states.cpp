// Evidence of a state, of any bytes, also as the packed numbers of a track: refused, or restored so that it is kept as
// the same and comes to numbers.
#include <cmath>
#include <cstring>

#include "plugins/analyzers/common/packed.hpp"
#include "plugins/analyzers/sequential/evidence.hpp"
#include "tests/fuzz/harness.hpp"

namespace {

using namespace slipway;
using namespace slipway::sequential;

void check(const Track& track) {
  const Settings settings;
  Evidence evidence(settings);
  try {
    evidence.restore(track);
  } catch (const Error& error) {
    return fuzz::require(!std::string(error.what()).empty(), "a refusal says why");
  }
  const Track kept = evidence.save();
  Evidence again(settings);
  again.restore(kept);
  fuzz::require(again.save().evidence == kept.evidence, "what was restored is kept as it is");
  const Strength strength = evidence.strength({.number = 2, .planned = 4});
  for (const double log : {strength.severe, strength.worse, strength.sign, strength.above, strength.pass})
    fuzz::require(!std::isnan(log), "evidence is a number");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto track = decode_text<Track>(text, "track"); track.ok()) check(*track);
  Track track;
  track.evidence = text;
  check(track);
  // The bytes themselves as numbers, as many as a fresh track has.
  const Track fresh = Evidence(Settings{}).save();
  auto numbers = packed::unpack<double>(fresh.evidence, "fresh");
  for (std::size_t i = 0; i < numbers.size() && (i + 1) * sizeof(double) <= size; ++i)
    std::memcpy(&numbers[i], data + i * sizeof(double), sizeof(double));
  track.evidence = packed::pack<double>(numbers);
  check(track);
  return 0;
}
