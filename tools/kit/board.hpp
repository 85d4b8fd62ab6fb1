// What a test's process leaves behind for the one that started it: how it ended, and where it was. Shared memory, so
// that it is still there when the process was killed in the middle of a plugin.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tools/kit/verdict.hpp"

namespace slipway::kit {

class Board {
 public:
  // Throws std::runtime_error. `attach` takes the descriptor of the process that made it.
  static Board make();
  static Board attach(int descriptor);
  Board(Board&& other) noexcept;
  Board& operator=(Board&&) = delete;
  ~Board();

  // Inherited by processes that are started.
  [[nodiscard]] int descriptor() const { return descriptor_; }

  // Where the test is: "invoke of acme.echo/1 method 0". From any thread.
  void at(std::string_view phase);
  [[nodiscard]] std::string phase() const;

  // The first word counts. From any thread, and from a signal's handler.
  void decide(Verdict verdict, std::string_view reason) noexcept;
  [[nodiscard]] std::optional<Outcome> outcome() const;

 private:
  struct Page;
  Board(int descriptor, Page* page) : descriptor_(descriptor), page_(page) {}

  int descriptor_;
  Page* page_;
};

}  // namespace slipway::kit
