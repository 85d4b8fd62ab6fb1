// ask-strategy LIBRARY: a strategy's plugin answers the questions on the standard input, one step a line.
#include <iostream>
#include <slipway/interfaces/strategy.hpp>

#include "tests/simulation/real_plugin.hpp"

int main(int count, char** values) {
  if (count != 2) return 2;
  slipway::sim::RealPlugin plugin(values[1]);
  constexpr auto kStep = slipway::strategy::Interface::index_of<slipway::strategy::Step>();
  for (std::string question; std::getline(std::cin, question);) {
    const auto answer = plugin.call(slipway::strategy::kId, kStep, question);
    if (!answer.ok()) {
      std::cerr << to_string(answer.status()) << "\n";
      return 1;
    }
    std::cout << *answer << "\n";
  }
}
