#include "host/isolation/first_contact.hpp"

#include <gmock/gmock.h>

#include "tests/support/temporary_directory.hpp"
#include "tests/unit/host/isolation/rig.hpp"

namespace slipway::isolation {
namespace {

class FirstContactTest : public IsolatedTest {
 protected:
  Status check(const std::string& fixture, const std::string& version = "1.0") {
    FirstContact contact(runtime, folder.path() / "first-contacts", version, isolation);
    return contact.check(package_of(fixture));
  }
  test::TemporaryDirectory folder;
};

TEST_F(FirstContactTest, a_sound_library_passes) { EXPECT_EQ(check("sound"), Status()); }

TEST_F(FirstContactTest, a_library_is_refused_for_what_it_says_in_the_worker) {
  EXPECT_EQ(to_string(check("entry_refuses_silently")),
            "FAILED_PRECONDITION: its entry function refused: it gave no reason");
}

TEST_F(FirstContactTest, what_has_passed_is_not_run_again_by_the_same_version) {
  ASSERT_EQ(check("sound"), Status());
  isolation.program.path = "/nowhere/slipway-worker";
  EXPECT_EQ(check("sound"), Status());
  EXPECT_EQ(check("sound", "1.1").code, Code::unavailable);
  EXPECT_EQ(check("create_fails").code, Code::unavailable);
}

TEST_F(FirstContactTest, what_was_refused_is_run_again) {
  ASSERT_FALSE(check("table_without_destroy").ok());
  EXPECT_FALSE(check("table_without_destroy").ok());
}

TEST_F(FirstContactTest, a_library_whose_constructor_ends_the_process_ends_a_worker) {
  EXPECT_THAT(to_string(check("constructor_ends_the_process")),
              testing::StartsWith("UNAVAILABLE: its worker ended by signal 6 (Aborted)"));
}

}  // namespace
}  // namespace slipway::isolation
