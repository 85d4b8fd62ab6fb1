// What a library may do wrong at first contact: one fixture a defect, and the text of its refusal.
#include <gtest/gtest.h>

#include "tests/unit/host/loader/loading.hpp"

namespace slipway::loader {
namespace {

class PluginRefusal : public Loading {
 protected:
  // The refusal of a fixture, without the words that every refusal begins with. Nothing of it may stay mapped.
  std::string refusal_of(const std::string& fixture) {
    const auto folder = root_.install({.fixture = fixture});
    const std::string begin = "plugin gate-fixture 1.0.0: " + (folder / "gate-fixture.so").string() + ": ";
    const std::string text = refusal();
    EXPECT_TRUE(text.starts_with(begin)) << text;
    EXPECT_FALSE(is_resident(store() / base::sha256_hex_of_file(folder / "gate-fixture.so").value()));
    EXPECT_TRUE(loader_.residents().parked().empty());
    return text.substr(std::min(begin.size(), text.size()));
  }
};

TEST_F(PluginRefusal, ALibraryThatIsNoPluginIsToldHowToBecomeOne) {
  EXPECT_EQ(refusal_of("no_entry"),
            "exports no slipway_plugin_entry; define it with SLIPWAY_PLUGIN, or in C as in slipway/abi/plugin.h, and "
            "build with slipway_add_plugin");
}

TEST_F(PluginRefusal, AnUndefinedSymbolIsNamedAtLoadAndNotAtItsFirstCall) {
  const auto text = refusal_of("undefined_symbol");
  EXPECT_TRUE(text.starts_with("cannot be mapped: " + store().string() + "/")) << text;
  EXPECT_TRUE(text.ends_with(": undefined symbol: nobody_defines_this")) << text;
}

TEST_F(PluginRefusal, ASecondExportIsNamed) {
  EXPECT_EQ(refusal_of("extra_export"),
            "exports more than slipway_plugin_entry: helper_for_others; link with the version script that "
            "slipway_add_plugin sets");
}

TEST_F(PluginRefusal, AUniqueSymbolIsCountedBeforeItCanPinTheLibrary) {
  EXPECT_EQ(
      refusal_of("unique_symbol"),
      "exports more than slipway_plugin_entry: _Z14shared_counterv, _ZZ14shared_countervE7counter, 1 of them "
      "unique, which would keep it in memory for ever; link with the version script that slipway_add_plugin sets");
}

TEST_F(PluginRefusal, ALibrarySearchPathIsRefused) {
  EXPECT_EQ(refusal_of("search_path"),
            "brings the library search path \"/opt/elsewhere\" (RPATH or RUNPATH); link without -rpath, in CMake with "
            "BUILD_WITH_INSTALL_RPATH ON and no INSTALL_RPATH");
}

TEST_F(PluginRefusal, AnExecutableStackIsRefused) {
  EXPECT_EQ(refusal_of("executable_stack"), "asks for an executable stack; link with -z noexecstack");
}

TEST_F(PluginRefusal, TheReasonOfTheEntryFunctionIsKept) {
  EXPECT_EQ(refusal_of("entry_refuses"), "its entry function refused: it wants a host with a moon");
}

TEST_F(PluginRefusal, ASilentRefusalIsCalledThat) {
  EXPECT_EQ(refusal_of("entry_refuses_silently"), "its entry function refused: it gave no reason");
}

TEST_F(PluginRefusal, RubbishInsteadOfAReasonIsShownAsValidText) {
  EXPECT_EQ(refusal_of("entry_refuses_with_rubbish"),
            "its entry function refused: its reason is no error document: \"\xEF\xBF\xBD\xEF\xBF\xBD{\"");
}

TEST_F(PluginRefusal, ATableThatEndsEarlyIsRefusedByItsSize) {
  EXPECT_EQ(refusal_of("table_too_small"), "its table has " + std::to_string(offsetof(slipway_plugin, destroy)) +
                                               " bytes; ABI 1.0 wants at least " +
                                               std::to_string(sizeof(slipway_plugin)));
}

TEST_F(PluginRefusal, ATableOfAnotherMajorNamesBothVersions) {
  EXPECT_EQ(refusal_of("table_of_another_major"),
            "its table is of ABI 2.0; this host speaks 1.0; build the plugin for ABI 1");
}

TEST_F(PluginRefusal, ATableThatWantsANewerMinorNamesBothVersions) {
  EXPECT_EQ(refusal_of("table_wants_a_newer_minor"),
            "its table asks for ABI 1.9 or a later minor; this host speaks 1.0; install an older version of the plugin "
            "or a newer slipwayd");
}

TEST_F(PluginRefusal, AMissingFunctionIsNamed) {
  EXPECT_EQ(refusal_of("table_without_destroy"), "its table has no function destroy; every function is required");
}

TEST_F(PluginRefusal, ATableWithoutInterfacesIsRefused) {
  EXPECT_EQ(refusal_of("table_without_interfaces"), "its table lists 0 interfaces; want 1 to 64");
}

TEST_F(PluginRefusal, AnInterfaceIdIsNotReadBeyondItsBound) {
  EXPECT_EQ(refusal_of("table_with_an_endless_interface"),
            "the id of interface 1 in its table has 18446744073709551615 bytes; want 1 to 128");
}

TEST_F(PluginRefusal, EveryPluginAnswersThePluginInterface) {
  EXPECT_EQ(refusal_of("table_without_plugin_interface"),
            "provides no slipway.plugin/1; every plugin answers health and quiesce");
}

TEST_F(PluginRefusal, InterfacesOtherThanThoseOfTheManifestAreNamed) {
  const auto folder = root_.install({.interfaces = {"slipway.strategy/1", "slipway.gate/1"}});
  EXPECT_EQ(refusal(), "plugin gate-fixture 1.0.0: " + folder.string() +
                           "/gate-fixture.so: provides slipway.gate/1, its plugin.json says slipway.strategy/1, "
                           "slipway.gate/1; make them equal, in the same order");
}

TEST_F(PluginRefusal, ASharedLibraryMustProvideWhatTheSecondPackageSaysToo) {
  root_.install({.version = "1.0.0"});
  root_.install({.version = "1.1.0", .interfaces = {"slipway.strategy/1"}});
  const Catalog catalog = Catalog::scan({root_.path()});
  const auto first = loader_.load(catalog.packages().at(0));
  EXPECT_TRUE(first.ok());
  EXPECT_FALSE(loader_.load(catalog.packages().at(1)).ok());
}

}  // namespace
}  // namespace slipway::loader
