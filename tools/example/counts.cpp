#include "tools/example/counts.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace slipway::example {
namespace {

constexpr char kMagic[8] = "SLWCNT1";
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "the page is shared between processes");

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

int open_file(const std::string& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) fail("cannot create the count file " + file);
  if (ftruncate(descriptor, sizeof(CountPage)) != 0) fail("cannot size the count file " + file);
  return descriptor;
}

CountPage* map_page(const std::string& file) {
  const int descriptor = file.empty() ? -1 : open_file(file);
  const int flags = file.empty() ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
  void* page = mmap(nullptr, sizeof(CountPage), PROT_READ | PROT_WRITE, flags, descriptor, 0);
  if (page == MAP_FAILED) fail("cannot map the count file " + file);
  if (descriptor >= 0) close(descriptor);
  return static_cast<CountPage*>(page);
}

std::string page_to_json(const CountPage& page) {
  nlohmann::ordered_json document{{"version", page.version}, {"pid", page.pid}, {"received", page.received.load()}};
  for (std::size_t digit = 1; digit < std::size(page.by_class); ++digit) {
    document[std::to_string(digit) + "xx"] = page.by_class[digit].load();
  }
  document["injected"] = page.injected.load();
  document["unsent"] = page.unsent.load();
  document["last_us"] = page.last_us.load();
  document["slow"] = page.slow.load();
  return document.dump();
}

}  // namespace

Counts::Counts(const std::string& file, const std::string& version) : page_(map_page(file)) {
  std::memcpy(page_->magic, kMagic, sizeof kMagic);
  version.copy(page_->version, sizeof page_->version - 1);
  page_->pid = static_cast<std::uint64_t>(getpid());
}

Counts::~Counts() { munmap(page_, sizeof(CountPage)); }

void Counts::received() {
  using std::chrono::microseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  ++page_->received;
  page_->last_us = std::chrono::duration_cast<microseconds>(now).count();
}

std::string Counts::to_json() const { return page_to_json(*page_); }

void Counts::took(std::chrono::duration<double> time) {
  for (std::size_t i = 0; i < kSeconds.size(); ++i) up_to_[i] += time.count() <= kSeconds[i] ? 1U : 0U;
  ++up_to_.back();
}

std::string Counts::to_metrics() const {
  const std::string version = "{version=\"" + std::string(page_->version) + "\",";
  std::ostringstream text;
  text << "# TYPE example_requests_total counter\n";
  for (std::size_t digit = 1; digit < std::size(page_->by_class); ++digit)
    text << "example_requests_total" << version << "code=\"" << digit << "xx\"} " << page_->by_class[digit] << '\n';
  text << "# TYPE example_request_duration_seconds histogram\n";
  const std::string bucket = "example_request_duration_seconds_bucket" + version + "le=\"";
  for (std::size_t i = 0; i < kSeconds.size(); ++i) text << bucket << kSeconds[i] << "\"} " << up_to_[i] << '\n';
  text << bucket << "+Inf\"} " << up_to_.back() << '\n';
  return text.str();
}

std::string show_count_file(const std::string& file) {
  CountPage page{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(&page), sizeof page);
  if (stream.gcount() != sizeof page || std::memcmp(page.magic, kMagic, sizeof kMagic) != 0) {
    throw std::runtime_error(file + " is not a count file of slipway-example");
  }
  page.version[sizeof page.version - 1] = '\0';
  return page_to_json(page);
}

}  // namespace slipway::example
