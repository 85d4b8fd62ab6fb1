#include "tools/kit/guarded.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace slipway::kit {
namespace {

// What a process that does this leaves on its board; "" when nothing was found.
std::string finding_of(const std::function<void(Borrowed&)>& misuse) {
  Board board = Board::make();
  const pid_t child = ::fork();
  if (child == 0) {
    watch_borrowed_bytes(board);
    Borrowed bytes("some bytes", "the bytes of a test");
    misuse(bytes);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const auto outcome = board.outcome();
  return outcome ? outcome->reason : "";
}

volatile std::uint8_t seen = 0;

TEST(BorrowedBytes, CanBeReadWhileTheyAreBorrowed) {
  EXPECT_EQ(finding_of([](Borrowed& bytes) {
              for (std::uint64_t i = 0; i < bytes.span().size; ++i) seen = bytes.span().data[i];
            }),
            "");
}

TEST(BorrowedBytes, AWriteIsFound) {
  EXPECT_EQ(finding_of([](Borrowed& bytes) {
              *reinterpret_cast<volatile std::uint8_t*>(reinterpret_cast<std::uintptr_t>(bytes.span().data)) = 1;
            }),
            "the bytes of a test were written to, or read beyond their end, while they were borrowed");
}

TEST(BorrowedBytes, AReadOfOneBytePastTheEndIsFound) {
  EXPECT_EQ(finding_of([](Borrowed& bytes) { seen = bytes.span().data[bytes.span().size]; }),
            "the bytes of a test were written to, or read beyond their end, while they were borrowed");
}

TEST(BorrowedBytes, AReadAfterTheCallIsFoundFromAnyThread) {
  EXPECT_EQ(finding_of([](Borrowed& bytes) {
              const std::uint8_t* kept = bytes.span().data;
              bytes.give_back();
              std::thread([kept] { seen = *kept; }).join();
            }),
            "the bytes of a test were used after the call had returned; copy what must outlive it");
}

TEST(BorrowedBytes, AnotherFaultEndsTheProcessAsItWould) {
  Board board = Board::make();
  const pid_t child = ::fork();
  if (child == 0) {
    watch_borrowed_bytes(board);
    *reinterpret_cast<volatile int*>(std::uintptr_t{16}) = 1;
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_FALSE(board.outcome().has_value());
  EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace slipway::kit
