// Runs a harness over each file of a folder: as it is, cut off, and with bytes changed by a fixed sequence, so that the
// normal test run explores a little around every seed and finds the same every time.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/harness.hpp"

namespace {

constexpr int kMutations = 300;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void run(const std::string& bytes) {
  // A copy of exactly this size, so that a sanitizer sees each read beyond the end.
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

std::string mutated(std::string bytes, std::mt19937& random) {
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random()) % bound; };
  for (std::size_t changes = 1 + below(4); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = below(bytes.size());
    switch (below(5)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes.erase(at, 1 + below(8));
        break;
      case 2:
        bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(32)));
        break;
      case 3:
        bytes.resize(at);
        break;
      default:
        bytes.insert(at, 1, "{}[]\"':,&*!|>#\\\n\t-0$"[below(20)]);
        break;
    }
  }
  return bytes;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 || !std::filesystem::is_directory(arguments[1])) {
    std::cerr << "usage: fuzz_NAME FOLDER\n";
    return 2;
  }
  std::vector<std::filesystem::path> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) seeds.push_back(entry.path());
  std::sort(seeds.begin(), seeds.end());
  std::mt19937 random(20260131);  // NOLINT: the same sequence in each run is the point
  run("");
  for (const auto& seed : seeds) {
    const std::string bytes = bytes_of(seed);
    run(bytes);
    for (int i = 0; i < kMutations; ++i) run(mutated(bytes, random));
  }
  std::cout << seeds.size() << " seeds, " << kMutations << " mutations each\n";
  return seeds.empty() ? 1 : 0;
}
