#include "tools/cli/hand_over.hpp"

#include <unistd.h>

#include <filesystem>

namespace slipway::cli {

Exit hand_over(const std::string& program, std::vector<std::string> words) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = (self.parent_path() / program).string();
  words.insert(words.begin(), !error && access(beside.c_str(), X_OK) == 0 ? beside : program);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(argv.front(), argv.data());
  throw Failure(0, "can't run " + program + "; install it beside this program or in the PATH");
}

}  // namespace slipway::cli
