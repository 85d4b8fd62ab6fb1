#include <gtest/gtest.h>

#include <slipway/detail/versioned_state.hpp>

namespace slipway::detail {
namespace {

struct Walked {
  static constexpr std::int64_t kVersion = 2;
  std::int64_t steps = 0;
  std::string last;
  bool operator==(const Walked&) const = default;
  static constexpr auto fields() {
    return slipway::fields(field("steps", &Walked::steps, "Steps so far."), field("last", &Walked::last, "The last."));
  }
};
struct Nothing {
  static constexpr std::int64_t kVersion = 1;
  static constexpr auto fields() { return slipway::fields(); }
};
struct Chosen {
  std::int64_t size = 3;
  std::optional<Duration> pause;
  static constexpr auto fields() {
    return slipway::fields(field("size", &Chosen::size, "A size."), field("pause", &Chosen::pause, "A time."));
  }
};

using Versioned = VersionedState<Walked>;

Walked migrated(const Json& state, std::int64_t version) {
  return {version * 100 + state.value("paces", 0), "migrated"};
}
Walked refused(const Json&, std::int64_t version) { Versioned::refuse(version, "this walker"); }

TEST(VersionedState, IsWrittenWithItsVersionFirst) {
  EXPECT_EQ(Versioned::write({7, "left"}).text, R"({"version":2,"steps":7,"last":"left"})");
  EXPECT_EQ(VersionedState<Nothing>::write({}).text, R"({"version":1})");
}

TEST(VersionedState, ComesBackInWhateverFormItTravelled) {
  const Walked walked{7, "left"};
  EXPECT_EQ(Versioned::read(Versioned::write(walked), refused), walked);
  EXPECT_EQ(Versioned::read({R"({"last":"left","steps":7,"version":2})"}, refused), walked) << "another order";
  EXPECT_EQ(Versioned::read({R"({"version":2,"steps":7,"last":"\u006ceft"})"}, refused), walked) << "an escape";
  EXPECT_EQ(Versioned::read({R"({"steps":7,"last":"left"})"}, refused), walked)
      << "a state without a version is its own";
  EXPECT_EQ(Versioned::read({}, refused), Walked());
  VersionedState<Nothing>::read(VersionedState<Nothing>::write({}), [](const Json&, std::int64_t) -> Nothing {
    throw Error(Code::internal, "asked to migrate its own version");
  });
}

TEST(VersionedState, AnotherVersionIsMigratedOrRefused) {
  EXPECT_EQ(Versioned::read({R"({"version":1,"paces":5})"}, migrated), (Walked{105, "migrated"}));
  EXPECT_EQ(Versioned::read({R"({"version":21,"steps":5})"}, migrated).steps, 2100) << "2 is no prefix of 21";
  try {
    Versioned::read({R"({"version":1})"}, refused);
    FAIL() << "version 1 was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(),
              Status(Code::failed_precondition, "the state has version 1, this walker reads version 2 only"));
  }
}

TEST(VersionedState, WhatIsWrongWithItIsSaid) {
  for (const char* wrong : {R"({"version":2,"steps":"many"})", R"({"version":2,"steps":1.5})", "[]", "7", "{"})
    EXPECT_THROW(Versioned::read({wrong}, refused), Error) << wrong;
}

TEST(VersionedState, KnowsAFieldThatWouldHideItsVersion) {
  struct Hidden {
    std::int64_t version = 0;
    static constexpr auto fields() { return slipway::fields(field("version", &Hidden::version, "Not the state's.")); }
  };
  static_assert(has_field<Hidden>("version"));
  static_assert(!has_field<Walked>("version"));
  static_assert(!has_field<Nothing>("version"));
}

TEST(MergedSettings, AreTheSameWithAndWithoutATree) {
  const auto merged = [](const Json& defaults, const char* given) {
    const auto result = merged_over<Chosen>(defaults, {given});
    return result.ok() ? encode_text(*result) : to_string(result.status());
  };
  EXPECT_EQ(merged(Json::object(), R"({"pause":"1m"})"), R"({"size":3,"pause":"1m"})");
  EXPECT_EQ(merged({{"size", 9}}, R"({"pause":"1m"})"), R"({"size":9,"pause":"1m"})");
  EXPECT_EQ(merged({{"pause", "1m"}}, R"({"pause":null})"), R"({"size":3})");
  EXPECT_EQ(merged(Json::object(), R"({"pause":null})"), R"({"size":3})");
  EXPECT_EQ(merged({{"size", 9}}, ""), R"({"size":9})");
  EXPECT_EQ(merged(Json::object(), R"({"sise":9})"),
            "INVALID_ARGUMENT: the settings document is not valid; /sise: is no field here; there are size, pause (was "
            "9)");
}

}  // namespace
}  // namespace slipway::detail
