// A control plane that can be killed: opens the provider in a folder, applies one desired state, says "ready" once it
// has come true, and stays.
//   provider_driver CONFIG DESIRED     (files with JSON)
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <slipway/interfaces/provider.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>
#include <sstream>

namespace {

using namespace slipway;

std::string text_of(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 64;
  const test::Library library(PROVIDER_LIBRARY);
  test::FakeHost host(library.table());
  if (!host.run(value_or_throw(parse_json(text_of(words[1])))).ok()) return 1;
  const auto desired = value_or_throw(decode_text<provider::Desired>(text_of(words[2]), "desired"));
  if (!host.call<provider::Interface, provider::Apply>(desired).ok()) return 2;
  const auto converged = [&] {
    const auto seen = host.call<provider::Interface, provider::Observe>({desired.tenant, desired.application});
    return seen.ok() && seen->converged;
  };
  if (!host.wait_until(converged, seconds(20))) return 3;
  std::cout << "ready" << std::endl;
  for (;;) ::pause();
}
