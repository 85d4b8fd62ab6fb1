#include "plugins/storage/postgres/faults.hpp"

#include <gtest/gtest.h>

namespace slipway::postgres {
namespace {

Fault seen(const char* state) { return fault_of("database \"d\" on h:1", state, "ERROR:  it failed\nCONTEXT: here\n"); }

TEST(Faults, tell_what_helps_and_what_it_is_to_the_caller) {
  struct Case {
    const char* state;
    Remedy remedy;
    Code code;
  };
  for (const Case& one :
       {Case{"40001", Remedy::again, Code::unavailable}, Case{"40P01", Remedy::again, Code::unavailable},
        Case{"55P03", Remedy::again, Code::unavailable}, Case{"25006", Remedy::reconnect, Code::unavailable},
        Case{"57P01", Remedy::reconnect, Code::unavailable}, Case{"08006", Remedy::reconnect, Code::unavailable},
        Case{"57014", Remedy::none, Code::unavailable}, Case{"53100", Remedy::none, Code::resource_exhausted},
        Case{"53200", Remedy::none, Code::resource_exhausted}, Case{"42501", Remedy::none, Code::unavailable},
        Case{"42P01", Remedy::none, Code::unavailable}, Case{"42703", Remedy::none, Code::unavailable},
        Case{"XX001", Remedy::none, Code::data_loss}, Case{"42601", Remedy::none, Code::internal}}) {
    EXPECT_EQ(seen(one.state).remedy(), one.remedy) << one.state;
    EXPECT_EQ(seen(one.state).status().code, one.code) << one.state;
  }
}

TEST(Faults, have_the_servers_first_line_and_the_way_out) {
  EXPECT_EQ(seen("53100").status().message,
            "database \"d\" on h:1: it failed; free space there, writing goes on by itself then");
  EXPECT_EQ(seen("57P01").status().message, "database \"d\" on h:1 cannot be reached: it failed");
  EXPECT_EQ(seen("42P01").status().message,
            "database \"d\" on h:1: it failed; its tables are not the store's, writing goes on by itself when they are "
            "again");
  EXPECT_EQ(seen("42601").status().message, "database \"d\" on h:1: it failed (42601)");
}

}  // namespace
}  // namespace slipway::postgres
