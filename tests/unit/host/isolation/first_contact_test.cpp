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

// The store's file, to which somebody writes after it was verified.
class ChangedInTheStore : public FirstContactTest {
 protected:
  ChangedInTheStore() {
    std::filesystem::copy_file(std::filesystem::path(SLIPWAY_FIXTURES) / "worker_tricks.so", stored);
    package = package_of("worker_tricks", stored);
  }
  void change() const { std::ofstream(stored, std::ios::binary | std::ios::app) << "x"; }
  std::string refusal() const {
    return stored.string() + ": was changed after it was verified; see who else writes to the store of plugins";
  }

  const std::filesystem::path stored = folder.path() / "stored.so";
  loader::VerifiedPackage package;
};

TEST_F(ChangedInTheStore, it_is_not_mapped_at_the_first_contact) {
  change();
  EXPECT_EQ(check_in_worker(runtime, package, isolation), Status(Code::failed_precondition, refusal()));
}

TEST_F(ChangedInTheStore, it_is_not_mapped_at_the_start_of_a_worker) {
  change();
  EXPECT_EQ(make(package).status(), Status(Code::failed_precondition, "tricks: " + refusal()));
}

TEST_F(ChangedInTheStore, it_is_not_mapped_at_a_restart) {
  auto made = make(package);
  ASSERT_TRUE(made.ok()) << to_string(made.status());
  instance = made->instance;
  worker = made->worker;
  ASSERT_EQ(runtime::await_on(runtime, instance->start(seconds(10))), Status());
  change();
  ::kill(worker->status().process, SIGKILL);
  EXPECT_TRUE(eventually([&] { return worker->status().reason.find(refusal()) != std::string::npos; }));
  EXPECT_NE(worker->status().state, WorkerState::running);
}

}  // namespace
}  // namespace slipway::isolation
