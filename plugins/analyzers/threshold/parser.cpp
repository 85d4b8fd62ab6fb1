#include <array>
#include <charconv>

#include "plugins/analyzers/threshold/expression.hpp"

namespace slipway::threshold {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Recursive descent; the first fault ends it by an exception that parse() catches.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { advance(); }

  std::vector<Node> run() {
    const std::size_t root = disjunction();
    if (!token_.empty()) want("the end, \"and\" or \"or\"");
    if (!is_condition(nodes_[root].op))
      throw Error(Code::invalid_argument, "want a condition like \"error_ratio < 5%\", this is a number");
    return std::move(nodes_);
  }

 private:
  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMostDepth)
        parser_.refuse(parser_.at_, "nested deeper than " + std::to_string(kMostDepth) + " levels");
    }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    ~Deeper() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  std::size_t disjunction() {
    std::size_t left = conjunction();
    while (accept("or") || accept("||")) left = joined(Op::lor, left, conjunction());
    return left;
  }
  std::size_t conjunction() {
    std::size_t left = negation();
    while (accept("and") || accept("&&")) left = joined(Op::land, left, negation());
    return left;
  }
  std::size_t negation() {
    const Deeper deeper(*this);
    const std::size_t begin = at_;
    if (!accept("not") && !accept("!")) return comparison();
    const std::size_t operand = condition(negation());
    return add({.op = Op::lnot, .left = operand, .begin = begin, .end = nodes_[operand].end});
  }
  std::size_t comparison() {
    const std::size_t left = sum();
    const auto op = comparator();
    if (!op) return left;
    const std::size_t right = number(sum());
    if (comparator()) refuse(at_, "comparisons can't be chained; join them with \"and\"");
    return add(
        {.op = *op, .left = number(left), .right = right, .begin = nodes_[left].begin, .end = nodes_[right].end});
  }
  std::size_t sum() {
    std::size_t left = product();
    while (token_ == "+" || token_ == "-") {
      const Op op = take() == "+" ? Op::add : Op::subtract;
      left = computed(op, left, product());
    }
    return left;
  }
  std::size_t product() {
    std::size_t left = factor();
    while (token_ == "*" || token_ == "/") {
      const Op op = take() == "*" ? Op::multiply : Op::divide;
      left = computed(op, left, factor());
    }
    return left;
  }
  std::size_t factor() {
    const Deeper deeper(*this);
    const std::size_t begin = at_;
    if (accept("-")) {
      const std::size_t operand = number(factor());
      return add({.op = Op::negate, .left = operand, .begin = begin, .end = nodes_[operand].end});
    }
    if (accept("(")) {
      const std::size_t inner = disjunction();
      if (token_ != ")") want("\")\"");
      nodes_[inner].begin = begin;
      nodes_[inner].end = at_ + 1;
      advance();
      return inner;
    }
    if (!token_.empty() && is_digit(token_.front())) return literal();
    if (!token_.empty() && is_letter(token_.front())) return name();
    want("a number, a name or \"(\"");
  }

  std::size_t literal() {
    const std::size_t begin = at_;
    double value = 0;
    const auto [rest, error] =
        std::from_chars(token_.data(), token_.data() + token_.size(), value, std::chars_format::fixed);
    const std::string_view unit(rest, static_cast<std::size_t>(token_.data() + token_.size() - rest));
    if (error != std::errc{}) refuse(begin, "the number " + std::string(token_) + " is too large");
    const std::size_t end = begin + token_.size();
    const double scale = scale_of(unit);
    advance();
    return add({.op = Op::number, .number = value * scale, .begin = begin, .end = end});
  }
  double scale_of(std::string_view unit) const {
    if (unit.empty() || unit == "ms") return 1;
    if (unit == "%") return 0.01;
    if (unit == "s") return 1000;
    if (unit == "us") return 0.001;
    refuse(at_, "want a unit of %, us, ms and s, not \"" + std::string(unit) + "\"");
  }
  std::size_t name() {
    const std::size_t begin = at_;
    const std::string text(token_);
    if (text == "and" || text == "or" || text == "not") want("a number, a name or \"(\"");
    const std::size_t dot = text.find('.');
    const bool dotted = dot != text.npos;
    if (dotted &&
        (text.substr(0, dot) != "baseline" || dot + 1 == text.size() || text.find('.', dot + 1) != text.npos)) {
      refuse(begin, "want a name or baseline.<name>, not \"" + text + "\"");
    }
    advance();
    return add({.op = Op::name, .name = text, .begin = begin, .end = begin + text.size()});
  }

  std::optional<Op> comparator() {
    constexpr std::array<std::pair<std::string_view, Op>, 6> kAll{{{"<", Op::less},
                                                                   {"<=", Op::less_equal},
                                                                   {">", Op::greater},
                                                                   {">=", Op::greater_equal},
                                                                   {"==", Op::equal},
                                                                   {"!=", Op::not_equal}}};
    for (const auto& [text, op] : kAll) {
      if (accept(text)) return op;
    }
    return std::nullopt;
  }

  // Operands of the right type.
  std::size_t number(std::size_t node) const {
    if (is_condition(nodes_[node].op)) refuse(nodes_[node].begin, "want a number, this is a condition");
    return node;
  }
  std::size_t condition(std::size_t node) const {
    if (!is_condition(nodes_[node].op)) refuse(nodes_[node].begin, "want a condition, this is a number");
    return node;
  }
  std::size_t joined(Op op, std::size_t left, std::size_t right) {
    return binary(op, condition(left), condition(right));
  }
  std::size_t computed(Op op, std::size_t left, std::size_t right) { return binary(op, number(left), number(right)); }
  std::size_t binary(Op op, std::size_t left, std::size_t right) {
    return add({.op = op, .left = left, .right = right, .begin = nodes_[left].begin, .end = nodes_[right].end});
  }
  std::size_t add(Node node) {
    if (nodes_.size() == kMostNodes)
      refuse(at_, "more than " + std::to_string(kMostNodes) + " numbers, names and operators");
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
  }

  // Tokens.
  void advance() {
    std::size_t from = at_ + token_.size();
    while (from < text_.size() && (text_[from] == ' ' || text_[from] == '\t' || text_[from] == '\n')) ++from;
    at_ = from;
    token_ = text_.substr(from, length(from));
  }
  [[nodiscard]] std::size_t length(std::size_t from) const {
    if (from >= text_.size()) return 0;
    const auto run = [&](auto&& belongs) {
      std::size_t end = from;
      while (end < text_.size() && belongs(text_[end])) ++end;
      return end - from;
    };
    if (is_digit(text_[from])) return run([](char c) { return is_digit(c) || c == '.' || c == '%' || is_letter(c); });
    if (is_letter(text_[from])) return run([](char c) { return is_letter(c) || is_digit(c) || c == '.'; });
    for (const std::string_view two : {"<=", ">=", "==", "!=", "&&", "||"}) {
      if (text_.substr(from, 2) == two) return 2;
    }
    // A character of several bytes is one token, so that an error quotes it whole.
    std::size_t end = from + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;
    return end - from;
  }
  bool accept(std::string_view wanted) {
    if (token_ != wanted) return false;
    advance();
    return true;
  }
  std::string_view take() {
    const std::string_view taken = token_;
    advance();
    return taken;
  }

  [[noreturn]] void want(const std::string& what) const {
    refuse(at_, "want " + what + ", not " + (token_.empty() ? "the end" : "\"" + std::string(token_) + "\""));
  }
  [[noreturn]] static void refuse(std::size_t at, const std::string& message) {
    throw Error(Code::invalid_argument, "column " + std::to_string(at + 1) + ": " + message);
  }

  std::string_view text_;
  std::string_view token_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace

Result<Expression> parse(std::string_view text) {
  if (text.size() > kMostBytes) {
    return Status(Code::invalid_argument, "the condition has " + std::to_string(text.size()) + " bytes, at most " +
                                              std::to_string(kMostBytes) + " are allowed");
  }
  try {
    Expression expression{std::string(text), {}};
    expression.nodes = Parser(text).run();
    return expression;
  } catch (const Error& error) {
    return error.status();
  }
}

}  // namespace slipway::threshold
