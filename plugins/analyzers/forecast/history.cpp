#include "plugins/analyzers/forecast/history.hpp"

#include <bit>
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <cmath>
#include <cstring>
#include <slipway/status.hpp>

namespace slipway::forecast {
namespace {

static_assert(std::endian::native == std::endian::little, "the numbers of a state are written as they lie in memory");

namespace iterators = boost::archive::iterators;
using Encoded = iterators::base64_from_binary<iterators::transform_width<const char*, 6, 8>>;
using Decoded = iterators::transform_width<iterators::binary_from_base64<const char*>, 8, 6>;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Code::invalid_argument, "the points of the state are damaged: " + why);
}

}  // namespace

// Padded with zero bits to whole characters and no further, which the length tells apart.
std::string pack(std::span<const double> points) {
  const std::vector<float> floats(points.begin(), points.end());
  std::string bytes(floats.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), floats.data(), bytes.size());
  bytes.append((3 - bytes.size() % 3) % 3, '\0');
  return {Encoded(bytes.data()), Encoded(bytes.data() + bytes.size())};
}

std::vector<double> unpack(std::string_view text) {
  if (text.size() % 4 != 0) refuse("their length is no multiple of 4");
  std::string bytes;
  try {
    bytes.assign(Decoded(text.begin()), Decoded(text.end()));
  } catch (const iterators::dataflow_exception&) {
    refuse("they have a character that is not of base64");
  }
  std::vector<float> floats(bytes.size() / sizeof(float));
  if (floats.size() > kMostPoints) refuse("they are more than " + std::to_string(kMostPoints));
  std::memcpy(floats.data(), bytes.data(), floats.size() * sizeof(float));
  for (const float value : floats) {
    if (std::isinf(value)) refuse("they have a number that is not finite");
  }
  return {floats.begin(), floats.end()};
}

}  // namespace slipway::forecast
