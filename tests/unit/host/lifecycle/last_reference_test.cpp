// Where those who called a plugin go on, and where its library is unmapped: never below code of that library.
#include <dlfcn.h>
#include <execinfo.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <future>
#include <span>

#include "host/runtime/async_call.hpp"
#include "tests/unit/host/lifecycle/rig.hpp"

namespace slipway::lifecycle {
namespace {

using runtime::Threading;

// Of the running stack.
std::ptrdiff_t frames_of(const std::filesystem::path& library) {
  std::array<void*, 256> frames{};
  const auto found = static_cast<std::size_t>(::backtrace(frames.data(), static_cast<int>(frames.size())));
  return std::ranges::count_if(std::span(frames).first(found), [&](const void* frame) {
    Dl_info info{};
    return ::dladdr(frame, &info) != 0 && info.dli_fname != nullptr && library == info.dli_fname;
  });
}

struct Answering {
  const char* name;
  const char* fixture;
  Threading threading;
};
void PrintTo(const Answering& answering, std::ostream* out) { *out << answering.name; }

class LastReferences : public Lifecycles, public ::testing::WithParamInterface<Answering> {
 protected:
  // The only package, with no reference to it but the one returned; `unmapping` hears from where that is dropped.
  std::shared_ptr<const void> load(const slipway_plugin*& table) {
    root_.install({.fixture = GetParam().fixture, .id = "gate-alpha"});
    auto library = loader_.load(loader::Catalog::scan({root_.path()}).packages().at(0)).value();
    table = &library->table();
    file_ = directory_.path() / "store" / library->digest();
    return {table, [this, library](const void*) mutable {
              unmapping_.set_value(frames_of(file_));
              library.reset();
            }};
  }
  // Below how many frames of the plugin its caller goes on.
  boost::asio::awaitable<std::ptrdiff_t> call_and_end(std::shared_ptr<runtime::Instance> instance) {
    runtime::CallRequest request{.payload = "{}"};
    const auto reply = co_await runtime::async_call(instance, std::move(request));
    const auto below = frames_of(file_);
    EXPECT_TRUE(reply.ok()) << reply.status().message;
    const runtime::StopSettings settings;
    const Status ended = co_await instance->stop(settings);
    EXPECT_EQ(to_string(ended), "OK: ");
    co_return below;
  }

  std::filesystem::path file_;
  std::promise<std::ptrdiff_t> unmapping_;
};

TEST_P(LastReferences, NeitherTheCallerNorTheLibrarysEndComesOnThePluginsStack) {
  const slipway_plugin* table = nullptr;
  auto library = load(table);
  auto instance =
      runtime::Instance::create(runtime_, *table, std::move(library),
                                {.name = "alpha", .plugin = "gate-alpha", .threading = GetParam().threading},
                                std::make_shared<ListeningSink>(on_log_, on_request_));
  ASSERT_TRUE(instance.ok()) << instance.status().message;
  ASSERT_EQ(to_string(await_on(runtime_, (*instance)->start(seconds(5)))), "OK: ");
  EXPECT_EQ(await_on(runtime_, call_and_end(std::move(*instance))), 0);
  EXPECT_EQ(unmapping_.get_future().get(), 0);
  EXPECT_EQ(loader_.residents().fate_of(file_.filename(), seconds(5)), loader::Fate::unloaded);
}

INSTANTIATE_TEST_SUITE_P(Ways, LastReferences,
                         ::testing::Values(Answering{"inside_invoke", "sound", Threading::serial},
                                           Answering{"inside_the_callers_invoke", "sound", Threading::concurrent},
                                           Answering{"from_its_own_thread", "answers_from_a_thread", Threading::serial},
                                           Answering{"of_a_pool", "sound", Threading::blocking}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace slipway::lifecycle
