#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "plugins/analyzers/threshold/expression.hpp"

namespace slipway::threshold {
namespace {

// A side of a comparison. A missing value makes everything computed from it missing.
struct Number {
  double value = 0;
  std::string missing;
};

class Evaluation {
 public:
  Evaluation(const Expression& expression, const Lookup& lookup) : nodes_(expression.nodes), lookup_(lookup) {}

  [[nodiscard]] Number number(std::size_t at) const {
    const Node& node = nodes_[at];
    if (node.op == Op::number) return {node.number, ""};
    if (node.op == Op::name) {
      const auto value = lookup_(node.name);
      return value ? Number{*value, ""} : Number{0, node.name};
    }
    const Number left = number(node.left);
    if (!left.missing.empty()) return left;
    if (node.op == Op::negate) return {-left.value, ""};
    Number right = number(node.right);
    if (right.missing.empty()) right.value = computed(node.op, left.value, right.value);
    return right;
  }

  [[nodiscard]] Outcome condition(std::size_t at) const {
    const Node& node = nodes_[at];
    if (is_comparison(node.op)) return comparison(at);
    Outcome left = condition(node.left);
    if (node.op == Op::lnot) {
      if (left.truth == Truth::no || left.truth == Truth::yes)
        left.truth = left.truth == Truth::no ? Truth::yes : Truth::no;
      return left;
    }
    const Truth decisive = node.op == Op::land ? Truth::no : Truth::yes;
    if (left.truth == decisive) return left;
    Outcome right = condition(node.right);
    if (right.truth == decisive) return right;
    // Neither decides: what is missing weighs more than what is unclear, and both more than the other answer.
    return std::max(left.truth, right.truth) == left.truth && left.truth > Truth::yes ? left : right;
  }

 private:
  [[nodiscard]] Outcome comparison(std::size_t at) const {
    const Node& node = nodes_[at];
    const Number left = number(node.left);
    const Number right = number(node.right);
    if (!left.missing.empty()) return {Truth::missing, at, left.missing};
    if (!right.missing.empty()) return {Truth::missing, at, right.missing};
    if (std::isnan(left.value) || std::isnan(right.value)) return {Truth::unclear, at, ""};
    return {holds(node.op, left.value, right.value) ? Truth::yes : Truth::no, at, ""};
  }
  static double computed(Op op, double a, double b) {
    switch (op) {
      case Op::add:
        return a + b;
      case Op::subtract:
        return a - b;
      case Op::multiply:
        return a * b;
      default:
        return b == 0 ? (a == 0 ? std::nan("") : std::copysign(INFINITY, a)) : a / b;
    }
  }
  static bool holds(Op op, double a, double b) {
    switch (op) {
      case Op::less:
        return a < b;
      case Op::less_equal:
        return a <= b;
      case Op::greater:
        return a > b;
      case Op::greater_equal:
        return a >= b;
      case Op::equal:
        return !(a < b) && !(a > b);
      default:
        return a < b || a > b;
    }
  }

  const std::vector<Node>& nodes_;
  const Lookup& lookup_;
};

std::string source(const Expression& expression, const Node& node) {
  return expression.text.substr(node.begin, node.end - node.begin);
}

constexpr std::string_view sign(Op op) {
  constexpr std::array<std::string_view, 6> kSigns{"<", "<=", ">", ">=", "==", "!="};
  return kSigns[static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::less)];
}

}  // namespace

Outcome evaluate(const Expression& expression, const Lookup& lookup) {
  return Evaluation(expression, lookup).condition(expression.nodes.size() - 1);
}

Spoken speak(const Expression& expression, std::size_t comparison, const Lookup& lookup) {
  const Node& node = expression.nodes[comparison];
  const Node& left = expression.nodes[node.left];
  const Node& right = expression.nodes[node.right];
  const Evaluation evaluation(expression, lookup);
  Spoken spoken{source(expression, left), std::string(sign(node.op)) + " " + source(expression, right)};
  if (left.op != Op::number) spoken.left += " " + to_text(evaluation.number(node.left).value);
  if (right.op != Op::number) spoken.right += " = " + to_text(evaluation.number(node.right).value);
  return spoken;
}

std::vector<std::string> names_in(const Expression& expression) {
  std::vector<std::string> names;
  for (const Node& node : expression.nodes) {
    if (node.op == Op::name && std::find(names.begin(), names.end(), node.name) == names.end())
      names.push_back(node.name);
  }
  return names;
}

std::string to_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return text.data();
}

}  // namespace slipway::threshold
