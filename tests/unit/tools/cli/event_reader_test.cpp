#include "tools/cli/event_reader.hpp"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

constexpr char kTwo[] =
    "retry: 1000\n: connected\n\n"
    "id: 7\nevent: rollout.started\ndata: {\"rollout\":\"r1\"}\n\n"
    ": nothing new\n\n"
    "id: 8\nevent: rollout.ended\ndata: {\"rollout\":\"r1\"}\n\n";

class EventReaderTest : public testing::Test {
 protected:
  std::string seen;
  bool more = true;
  EventReader reader{[this](const ServerEvent& event) {
                       seen += event.id + " " + event.type + " " + to_text(event.data) + "\n";
                       return more;
                     },
                     "6"};
};

TEST_F(EventReaderTest, reads_events_however_their_bytes_are_cut) {
  for (const char byte : std::string_view(kTwo)) EXPECT_TRUE(reader.feed({&byte, 1}));
  EXPECT_EQ(seen, "7 rollout.started {\"rollout\":\"r1\"}\n8 rollout.ended {\"rollout\":\"r1\"}\n");
  EXPECT_EQ(reader.last_id(), "8");
}

TEST_F(EventReaderTest, ends_with_the_event_after_which_no_more_are_wanted) {
  more = false;
  EXPECT_FALSE(reader.feed(kTwo));
  EXPECT_TRUE(reader.finished());
  EXPECT_EQ(reader.last_id(), "7");
}

TEST_F(EventReaderTest, reads_an_event_again_whose_first_half_was_lost_with_its_connection) {
  reader.feed("id: 7\nevent: rollout.started\ndata: {\"rollout\":");
  reader.feed("\"r1\"}\n");
  reader.lose_rest();
  EXPECT_EQ(reader.last_id(), "6");
  reader.feed(kTwo);
  EXPECT_EQ(seen, "7 rollout.started {\"rollout\":\"r1\"}\n8 rollout.ended {\"rollout\":\"r1\"}\n");
}

TEST_F(EventReaderTest, takes_every_form_of_a_line_that_the_standard_has) {
  reader.feed("id:9\r\nevent:a\r\ndata:[1,\r\ndata: 2]\r\nunknown\r\n\r\n");
  EXPECT_EQ(seen, "9 a [1,2]\n");
}

TEST_F(EventReaderTest, passes_over_what_is_no_json) {
  reader.feed("id: 7\ndata: {\n\nid: 8\ndata: {}\n\n");
  EXPECT_EQ(seen, "8  {}\n");
}

}  // namespace
}  // namespace slipway::cli
