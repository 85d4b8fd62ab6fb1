// The revisions of the profile, as people look at them.
#include <charconv>

#include "host/app/profiles.hpp"

namespace slipway::app {

Profiles::Answer<rollout::Page<lifecycle::Revision>> Profiles::history(rollout::PageRequest page) {
  std::int64_t before = 0;
  if (!page.cursor.empty()) {
    const char* const end = page.cursor.data() + page.cursor.size();
    const auto read = std::from_chars(page.cursor.data(), end, before);
    if (read.ec != std::errc() || read.ptr != end || before <= 0)
      co_return Status(Code::invalid_argument, "the query is not valid",
                       {{"?cursor", to_text(page.cursor), "want a next_cursor of an earlier page"}});
  }
  const std::size_t limit = static_cast<std::size_t>(page.limit) + 1;
  auto list = co_await aside([this, before, limit] { return revisions_.list(before, limit); });
  if (!list.ok()) co_return list.status();
  rollout::Page<lifecycle::Revision> result{std::move(*list), ""};
  if (result.items.size() > static_cast<std::size_t>(page.limit)) {
    result.items.pop_back();
    result.next = std::to_string(result.items.back().number);
  }
  co_return result;
}

Profiles::Answer<lifecycle::Revision> Profiles::revision(std::int64_t number) {
  co_return co_await aside([this, number] { return revisions_.get(number); });
}

}  // namespace slipway::app
