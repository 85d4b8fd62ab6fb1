// One program of a command check: started in a process group of its own, with nothing open but /dev/null and a pipe.
#pragma once

#include <sys/types.h>

#include <map>
#include <slipway/document.hpp>
#include <string>
#include <vector>

namespace slipway::probe {

enum class Output { text, tap };
constexpr auto enum_names(Output) {
  return std::array<EnumName<Output>, 2>{{{Output::text, "text"}, {Output::tap, "tap"}}};
}

struct Command {
  std::vector<std::string> words;
  std::map<std::string, std::string> environment;  // all of it; nothing of the daemon's is handed on
  Output output = Output::text;
};

// Belongs to one thread. The destructor kills what still runs, with all that it started, and reaps it.
class Child {
 public:
  // Throws Error: NOT_FOUND or PERMISSION_DENIED when the program can't be started, RESOURCE_EXHAUSTED otherwise.
  explicit Child(const Command& command);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  // Descriptors to wait on, owned by the child: readable at its end, and when there is output.
  [[nodiscard]] int end_descriptor() const { return end_; }
  [[nodiscard]] int output_descriptor() const { return output_; }
  // Reads what is there without waiting; false at the end of the output. Only the newest bytes are kept: 4 KiB, or 256
  // KiB of a report.
  bool read_output();
  [[nodiscard]] const std::string& output() const { return tail_; }
  void kill();
  // After the end: "" for exit status 0, else "exit status 3: last line of its output" or "killed by signal 9".
  std::string reap();

 private:
  [[nodiscard]] std::string last_line() const;

  pid_t pid_ = -1;
  int end_ = -1;
  int output_ = -1;
  std::size_t kept_;
  std::string tail_;
};

}  // namespace slipway::probe
