#include "host/manifest/permissions.hpp"

#include <gtest/gtest.h>

namespace slipway::manifest {
namespace {

TEST(Permissions, WhatIsGrantedIsNotMissing) {
  Permissions wanted;
  wanted.network = {{"10.0.0.1"}};
  wanted.files = {{"/etc/x"}};
  Permissions granted;
  granted.network = {{"*"}};
  granted.files = {{"/etc/y", "/etc/x"}};
  EXPECT_EQ(missing(wanted, granted), "");
  EXPECT_EQ(missing({}, {}), "");
}

TEST(Permissions, WhatIsMissingIsNamed) {
  Permissions wanted;
  wanted.network = {{"10.0.0.1", "*"}};
  wanted.processes = {{"haproxy"}};
  Permissions granted;
  granted.network = {{"10.0.0.2"}};
  EXPECT_EQ(missing(wanted, granted), "network (10.0.0.1, *), processes (haproxy)");
}

}  // namespace
}  // namespace slipway::manifest
