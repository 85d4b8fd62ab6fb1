#include "tools/kit/board.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace slipway::kit {
namespace {

enum : std::uint32_t { kOpen, kWriting, kDecided };

template <std::size_t Size>
void put(char (&to)[Size], std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), Size - 1);
  text.copy(to, size);
  to[size] = '\0';
}

}  // namespace

struct Board::Page {
  std::atomic<std::uint32_t> decided;
  Verdict verdict;
  char reason[3000];
  char phase[600];
};

Board Board::make() {
  // Without MFD_CLOEXEC: the test's process inherits it.
  const int descriptor = ::memfd_create("slipway-kit", 0);
  if (descriptor < 0 || ::ftruncate(descriptor, sizeof(Page)) != 0) throw std::runtime_error("no shared memory");
  return attach(descriptor);
}

Board Board::attach(int descriptor) {
  void* page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (page == MAP_FAILED) throw std::runtime_error("no shared memory");
  return {descriptor, static_cast<Page*>(page)};
}

Board::Board(Board&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), page_(std::exchange(other.page_, nullptr)) {}

Board::~Board() {
  if (page_ == nullptr) return;
  ::munmap(page_, sizeof(Page));
  ::close(descriptor_);
}

void Board::at(std::string_view phase) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  put(page_->phase, phase);
}

std::string Board::phase() const { return page_->phase; }

void Board::decide(Verdict verdict, std::string_view reason) noexcept {
  std::uint32_t open = kOpen;
  if (!page_->decided.compare_exchange_strong(open, kWriting)) return;
  page_->verdict = verdict;
  put(page_->reason, reason);
  page_->decided = kDecided;
}

std::optional<Outcome> Board::outcome() const {
  if (page_->decided != kDecided) return std::nullopt;
  return Outcome{page_->verdict, page_->reason};
}

}  // namespace slipway::kit
