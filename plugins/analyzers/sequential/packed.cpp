#include "plugins/analyzers/sequential/packed.hpp"

#include <algorithm>
#include <bit>
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <cmath>
#include <slipway/status.hpp>

namespace slipway::sequential {
namespace {

static_assert(std::endian::native == std::endian::little, "the numbers of a state are written as they lie in memory");

namespace iterators = boost::archive::iterators;
using Encoded = iterators::base64_from_binary<iterators::transform_width<const char*, 6, 8>>;
using Decoded = iterators::transform_width<iterators::binary_from_base64<const char*>, 8, 6>;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Code::invalid_argument, "the evidence of the state is damaged: " + why);
}

}  // namespace

// Padded with zero bits to whole characters and no further, which the length tells apart.
std::string pack(std::span<const double> numbers) {
  std::string bytes(reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes());
  bytes.append((3 - bytes.size() % 3) % 3, '\0');
  return {Encoded(bytes.data()), Encoded(bytes.data() + bytes.size())};
}

std::vector<double> unpack(std::string_view text) {
  if (text.size() % 4 != 0) refuse("its length is no multiple of 4");
  std::string bytes;
  try {
    bytes.assign(Decoded(text.begin()), Decoded(text.end()));
  } catch (const iterators::dataflow_exception&) {
    refuse("it has a character that is not of base64");
  }
  std::vector<double> numbers(bytes.size() / sizeof(double));
  std::copy_n(bytes.data(), numbers.size() * sizeof(double), reinterpret_cast<char*>(numbers.data()));
  if (std::any_of(numbers.begin(), numbers.end(), [](double n) { return std::isnan(n) || n == INFINITY; }))
    refuse("it has a number that is not finite");
  return numbers;
}

}  // namespace slipway::sequential
