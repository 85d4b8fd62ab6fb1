// Threads that code of a library has begun and left running: unmapping it under them would end the process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slipway::loader {

struct AddressRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  [[nodiscard]] bool contains(std::uintptr_t address) const { return address >= begin && address < end; }
};

// "name (id)" of each thread of this process that began with a function or an object of the range, as glibc notes it
// beside the thread's stack. Finds none on a machine other than x86-64, none that never sleeps, and none where a
// sanitizer begins every thread itself. Takes about a millisecond. [any thread]
std::vector<std::string> threads_begun_in(AddressRange range);

}  // namespace slipway::loader
