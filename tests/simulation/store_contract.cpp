// The contract of storage, held by the store on which all simulations stand.
#include "host/base/forward_clock.hpp"
#include "tests/contract/storage/storage_contract.hpp"
#include "tools/rehearse/memory_store.hpp"
#include "tools/rehearse/serve.hpp"

namespace slipway::test {
namespace {

// What is in memory stays as long as the test's directory, through each start.
class InMemory final : public Driver {
 public:
  InMemory(const std::filesystem::path& directory) {
    static std::filesystem::path served;
    static std::unique_ptr<simulate::MemoryStore> kept;
    if (served != directory) kept = std::make_unique<simulate::MemoryStore>(clock());
    served = directory;
    store_ = kept.get();
  }
  Result<std::string> call(std::string_view, std::uint32_t method, std::string payload, const CallOptions&) override {
    return simulate::serve<storage::Interface>(*store_, method, payload);
  }

 private:
  static const base::Clock& clock() {
    static const base::SystemClock system;
    static const base::ForwardClock forward(system);
    return forward;
  }
  simulate::MemoryStore* store_;
};

}  // namespace

std::vector<StoragePlugin> storage_plugins() {
  return {{"memory", [](const std::filesystem::path& directory) { return std::make_unique<InMemory>(directory); }}};
}

INSTANTIATE_TEST_SUITE_P(Plugins, StorageContract, testing::ValuesIn(storage_plugins()),
                         [](const auto& plugin) { return plugin.param.name; });

}  // namespace slipway::test
