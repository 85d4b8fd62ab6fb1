#include "host/loader/begun_threads.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>

#include "host/loader/descriptor.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;
using Word = std::uintptr_t;

constexpr std::size_t kPage = 4096;
constexpr std::size_t kStackPages = 32;       // from where a thread sleeps up to what glibc keeps above its stack
constexpr std::size_t kControlWords = 0x120;  // struct pthread of glibc 2.36 has 0x900 bytes
constexpr int kLooks = 3;                     // at a thread that does not sleep
constexpr std::chrono::milliseconds kLookAgain{1};

// Memory of this process, of which nobody promises that it is there.
class Memory {
 public:
  Memory() : file_(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC)) {}

  template <std::size_t N>
  [[nodiscard]] bool read(Word address, std::array<Word, N>& words) const {
    return ::pread(file_.get(), words.data(), sizeof words, static_cast<off_t>(address)) == sizeof words;
  }

 private:
  Descriptor file_;
};

using Control = std::array<Word, kControlWords>;

// Where a sleeping thread's stack ends, from the last words but one of its line (proc(5)); nothing for one that runs.
std::optional<Word> stack_pointer(const fs::path& task) {
  std::ifstream file(task / "syscall");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const auto last = line.rfind(' ');
  const auto before = last == line.npos ? line.npos : line.rfind(" 0x", last - 1);
  if (before == line.npos) return std::nullopt;
  Word value = 0;
  const char* const end = line.data() + last;
  const auto read = std::from_chars(line.data() + before + 3, end, value, 16);
  return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

std::optional<Word> patient_stack_pointer(const fs::path& task) {
  for (int look = 1;; ++look) {
    const auto found = stack_pointer(task);
    if (found || look == kLooks) return found;
    std::this_thread::sleep_for(kLookAgain);
  }
}

bool names_thread(const Control& control, int id) {
  return std::ranges::any_of(control, [id](Word word) { return static_cast<int>(word & 0xffffffff) == id; });
}

// What glibc knows of a thread lies above its stack and begins with its own address, twice (ELF TLS, variant II).
std::optional<Control> control_of(const Memory& memory, Word stack, int id) {
  std::array<Word, kPage / sizeof(Word)> page{};
  Control control{};
  const Word first = stack / kPage * kPage;
  for (std::size_t i = 0; i < kStackPages && memory.read(first + i * kPage, page); ++i) {
    for (std::size_t k = 0; k + 2 < page.size(); ++k) {
      const Word here = first + i * kPage + k * sizeof(Word);
      if (page[k] != here || page[k + 2] != here) continue;
      if (memory.read(here, control) && names_thread(control, id)) return control;
    }
  }
  return std::nullopt;
}

// The start function itself, or an object with a virtual table of the range, as std::thread begins with.
bool began_in(const Memory& memory, const Control& control, AddressRange range) {
  return std::ranges::any_of(control, [&](Word word) {
    std::array<Word, 1> behind{};
    return range.contains(word) || (memory.read(word, behind) && range.contains(behind[0]));
  });
}

std::string name_of(const fs::path& task) {
  std::ifstream file(task / "comm");
  std::string name;
  std::getline(file, name);
  return "\"" + name + "\" (" + task.filename().string() + ")";
}

}  // namespace

std::vector<std::string> threads_begun_in(AddressRange range) {
  std::vector<std::string> names;
#if defined(__x86_64__)
  const Memory memory;
  std::error_code error;
  for (const auto& task : fs::directory_iterator("/proc/self/task", error)) {
    const int id = std::atoi(task.path().filename().c_str());
    if (id == ::getpid() || id == ::gettid()) continue;
    const auto stack = patient_stack_pointer(task.path());
    const auto control = stack ? control_of(memory, *stack, id) : std::nullopt;
    if (control && began_in(memory, *control, range)) names.push_back(name_of(task.path()));
  }
#endif
  return names;
}

}  // namespace slipway::loader
