#include "tools/kit/guarded.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace slipway::kit {
namespace {

struct Region {
  std::atomic<std::uint8_t*> begin{nullptr};
  std::atomic<std::size_t> size{0};
  std::atomic<const char*> label{nullptr};
  std::atomic<bool> given_back{false};
};

// Given back regions stay watched until so many others were made.
constexpr std::size_t kRegions = 4096;
std::array<Region, kRegions> regions;
std::atomic<std::size_t> made{0};
std::atomic<Board*> board_of_faults{nullptr};

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

// What of a region the plugin did wrong; null when the address belongs to none.
const char* finding(const void* address, const char*& label) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  for (const Region& region : regions) {
    const auto begin = reinterpret_cast<std::uintptr_t>(region.begin.load());
    if (at < begin || at - begin >= region.size) continue;
    label = region.label;
    return region.given_back ? " were used after the call had returned; copy what must outlive it"
                             : " were written to, or read beyond their end, while they were borrowed";
  }
  return nullptr;
}

// Only what a handler may do: no allocation, no lock.
void on_fault(int signal, siginfo_t* info, void*) {
  const char* label = "";
  if (const char* what = finding(info->si_addr, label); what != nullptr) {
    char text[256] = "";
    std::strncat(text, label, 100);
    std::strncat(text, what, 150);
    board_of_faults.load()->decide(Verdict::fail, text);
    ::_exit(0);
  }
  ::signal(signal, SIG_DFL);
}

// Makes room in the ring.
void forget(Region& region) {
  std::uint8_t* begin = region.begin.exchange(nullptr);
  if (begin != nullptr) ::munmap(begin, region.size);
}

}  // namespace

Borrowed::Borrowed(std::string_view bytes, const char* label) : size_(bytes.size()), slot_(made++ % kRegions) {
  const std::size_t page = page_size();
  const std::size_t inner = std::max(page, (size_ + page - 1) / page * page);
  void* memory = ::mmap(nullptr, inner + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no memory for borrowed bytes");
  auto* begin = static_cast<std::uint8_t*>(memory);
  // The end of the bytes is the end of a page.
  std::uint8_t* data = begin + page + inner - size_;
  if (size_ > 0) std::memcpy(data, bytes.data(), size_);
  data_ = data;
  Region& region = regions[slot_];
  forget(region);
  region.label = label;
  region.given_back = false;
  region.size = inner + 2 * page;
  region.begin = begin;
  ::mprotect(begin, page, PROT_NONE);
  ::mprotect(begin + page, inner, PROT_READ);
  ::mprotect(begin + page + inner, page, PROT_NONE);
}

void Borrowed::give_back() {
  Region& region = regions[slot_];
  if (data_ == nullptr) return;
  data_ = nullptr;
  region.given_back = true;
  std::uint8_t* begin = region.begin;
  const std::size_t size = region.size;
  ::madvise(begin, size, MADV_DONTNEED);
  ::mprotect(begin, size, PROT_NONE);
}

void watch_borrowed_bytes(Board& board) {
  board_of_faults = &board;
  static std::array<char, 65536> stack;
  const stack_t alternate{stack.data(), 0, stack.size()};
  ::sigaltstack(&alternate, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int signal : {SIGSEGV, SIGBUS}) ::sigaction(signal, &action, nullptr);
}

}  // namespace slipway::kit
