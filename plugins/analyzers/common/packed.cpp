#include "plugins/analyzers/common/packed.hpp"

#include <algorithm>
#include <bit>
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <slipway/status.hpp>

namespace slipway::packed {
namespace {

static_assert(std::endian::native == std::endian::little, "the numbers of a state are written as they lie in memory");

namespace iterators = boost::archive::iterators;
using Encoded = iterators::base64_from_binary<iterators::transform_width<const char*, 6, 8>>;
using Decoded = iterators::transform_width<iterators::binary_from_base64<const char*>, 8, 6>;

std::string bytes_of(std::string_view text, std::string_view what) {
  if (text.size() % 4 != 0) damaged(what, "its length is no multiple of 4");
  try {
    return {Decoded(text.begin()), Decoded(text.end())};
  } catch (const iterators::dataflow_exception&) {
    damaged(what, "it has a character that is not of base64");
  }
}

}  // namespace

void damaged(std::string_view what, std::string_view why) {
  throw Error(Code::invalid_argument, std::string(what) + " is damaged: " + std::string(why));
}

// Padded with zero bits to whole characters and no further, which the length tells apart.
template <class Number>
std::string pack(std::span<const Number> numbers) {
  std::string bytes(reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes());
  bytes.append((3 - bytes.size() % 3) % 3, '\0');
  return {Encoded(bytes.data()), Encoded(bytes.data() + bytes.size())};
}

template <class Number>
std::vector<Number> unpack(std::string_view text, std::string_view what) {
  const std::string bytes = bytes_of(text, what);
  std::vector<Number> numbers(bytes.size() / sizeof(Number));
  std::copy_n(bytes.data(), numbers.size() * sizeof(Number), reinterpret_cast<char*>(numbers.data()));
  return numbers;
}

template std::string pack<float>(std::span<const float>);
template std::string pack<double>(std::span<const double>);
template std::vector<float> unpack<float>(std::string_view, std::string_view);
template std::vector<double> unpack<double>(std::string_view, std::string_view);

}  // namespace slipway::packed
