// Conditions over numbers by name: "error_ratio < 5% and latency_p99 <= baseline.latency_p99 * 1.2".
//
//   condition   or, and, not (also ||, &&, !), parentheses, comparisons < <= > >= == !=
//   number      + - * / and parentheses; 5% is 0.05; times are milliseconds: 250ms, 1.5s, 800us
//   name        letters, digits and _; baseline.<name> is the value of the group that is compared with
//
// Parsing is bounded (bytes, nodes, depth) and checks types: a comparison compares numbers, and, or and not join
// conditions. Values and pure functions; no thread rules.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::threshold {

enum class Op : std::uint8_t {
  number,
  name,
  negate,
  add,
  subtract,
  multiply,
  divide,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  land,
  lor,
  lnot
};
constexpr bool is_comparison(Op op) { return op >= Op::less && op <= Op::not_equal; }
constexpr bool is_condition(Op op) { return op >= Op::less; }

// A node of the tree; operands are positions in Expression::nodes. begin and end say where it stands in the text.
struct Node {
  Op op = Op::number;
  double number = 0;
  std::string name;
  std::size_t left = 0, right = 0;
  std::size_t begin = 0, end = 0;
};

// The root is the last node.
struct Expression {
  std::string text;
  std::vector<Node> nodes;
};

inline constexpr std::size_t kMostBytes = 1'024;
inline constexpr std::size_t kMostNodes = 256;
inline constexpr int kMostDepth = 32;

// INVALID_ARGUMENT names the column, counted in bytes from 1, what is wanted and what is there.
Result<Expression> parse(std::string_view text);

// Looks a name up ("error_ratio", "baseline.error_ratio"); nothing when there is no such value.
using Lookup = std::function<std::optional<double>(const std::string& name)>;

// unclear: it rests on a number that is none (0/0). missing: it rests on a value that is not there.
enum class Truth : std::uint8_t { no, yes, unclear, missing };

struct Outcome {
  Truth truth = Truth::no;
  std::size_t decisive = 0;  // the comparison that decided it
  std::string missing;       // the value that is not there
};

// A condition's truth by Kleene's rules: `false and missing` is false, `true or missing` true.
Outcome evaluate(const Expression& expression, const Lookup& lookup);

// A comparison for people, with what its sides came to: "error_ratio 0.198" and "< 0.05".
struct Spoken {
  std::string left;
  std::string right;
};
Spoken speak(const Expression& expression, std::size_t comparison, const Lookup& lookup);

// Every name that occurs, once each, in order.
std::vector<std::string> names_in(const Expression& expression);

// A number for people: at most six digits.
std::string to_text(double number);

}  // namespace slipway::threshold
