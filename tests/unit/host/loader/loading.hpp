// A loader with a root and a store of its own.
#pragma once

#include <gtest/gtest.h>

#include "host/loader/catalog.hpp"
#include "host/loader/loader.hpp"
#include "tests/support/plugin_package.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/unchecked_signatures.hpp"

namespace slipway::loader {

class Loading : public ::testing::Test {
 protected:
  std::filesystem::path store() const { return directory_.path() / "store"; }
  // The only package below the root.
  Installed installed() const {
    const Catalog catalog = Catalog::scan({root_.path()});
    EXPECT_TRUE(catalog.faults().empty()) << catalog.faults().front().status.message;
    return catalog.packages().at(0);
  }
  Result<std::shared_ptr<const Library>> load() { return loader_.load(installed()); }
  // The message with which loading the only package is refused.
  std::string refusal() { return load().status().message; }

  test::TemporaryDirectory directory_;
  test::PluginRoot root_{directory_.path() / "root"};
  test::UncheckedSignatures unchecked_;
  Loader loader_{{.store = store()}, unchecked_};
};

}  // namespace slipway::loader
