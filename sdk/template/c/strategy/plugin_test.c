#include "test_host.h"

enum { kValidate = 0, kPlan = 1, kStep = 2, kMigrate = 3 };

#define BOTH(next, stable)                                         \
  "\"groups\":[{\"role\":\"next\",\"replicas\":3,\"weight\":" next \
  "},{\"role\":\"stable\",\"replicas\":3,\"weight\":" stable "}]"
#define STATE(moved, most_ready, since) \
  "\"state\":{\"version\":1,\"moved\":" moved ",\"most_ready\":" most_ready ",\"since\":\"" since "\"}"
#define SEEN(ready, weight)                                                                         \
  "\"settings\":{},\"observation\":{\"replicas\":3,\"groups\":[{\"role\":\"next\",\"ready\":" ready \
  ",\"weight\":" weight "}]},\"now\":\"2028-02-29T23:59:30Z\""
#define STARTS \
  ",\"wait\":{\"kind\":\"replicas\",\"what\":\"every new replica to be ready\",\"next\":\"move all traffic\""
#define STARTS_REASON ",\"step\":0,\"steps\":2,\"reason\":\"the new replicas start beside the old ones\"}"
#define MOVES ",\"wait\":{\"kind\":\"traffic\",\"what\":\"all traffic to reach the new release\",\"next\":\"finish\""
#define MOVES_REASON ",\"step\":1,\"steps\":2,\"reason\":\"all traffic moves to the new release\"}"

int main(void) {
  static test_host host;
  if (!begin(&host, "{\"deadline\":\"1m30s\"}")) return 1;
  ask(&host, "two of three are ready", kStep, "{\"state\":null," SEEN("2", "0") "}", SLIPWAY_OK,
      "{" STATE("false", "2", "2028-02-29T23:59:30Z") "," BOTH("0", "1000000") STARTS
      ",\"until\":\"2028-03-01T00:01:00Z\"}" STARTS_REASON);
  ask(&host, "all are ready", kStep, "{" STATE("false", "2", "2028-02-29T23:59:00Z") "," SEEN("3", "0") "}", SLIPWAY_OK,
      "{" STATE("true", "3", "2028-02-29T23:59:30Z") "," BOTH("1000000", "0") MOVES
      ",\"until\":\"2028-03-01T00:01:00Z\"}" MOVES_REASON);
  ask(&host, "the traffic has moved", kStep, "{" STATE("true", "3", "2028-02-29T23:59:00Z") "," SEEN("3", "1000000") "}", SLIPWAY_OK,
      "{" STATE("true", "3", "2028-02-29T23:59:00Z") ",\"groups\":[{\"role\":\"next\",\"replicas\":3,\"weight\":1000000}],"
      "\"outcome\":\"promoted\",\"reason\":\"all traffic is on the new release\"}");
  ask(&host, "nothing goes forward", kStep, "{" STATE("false", "2", "2028-02-29T23:58:00Z") "," SEEN("2", "0") "}",
      SLIPWAY_OK,
      "{" STATE("false", "2", "2028-02-29T23:58:00Z") "," BOTH(
          "0", "1000000") ",\"outcome\":\"failed\",\"reason\":\"no progress for 1m30s\"}");
  ask(&host, "the plan", kPlan, "{\"settings\":{},\"replicas\":3,\"start_time\":\"2s\"}", SLIPWAY_OK,
      "{\"moments\":[{\"at\":\"0s\"," BOTH("0", "1000000") STARTS
      "}" STARTS_REASON ",{\"at\":\"2s\"," BOTH("1000000", "0") MOVES "}" MOVES_REASON "],\"earliest_end\":\"2s\"}");
  ask(&host, "good settings", kValidate, "{\"settings\":{\"deadline\":\"2h\"}}", SLIPWAY_OK, "{\"problems\":[]}");
  ask(&host, "bad settings", kValidate, "{\"settings\":{\"deadline\":\"soon\"}}", SLIPWAY_OK,
      "{\"problems\":[{\"path\":\"/deadline\",\"value\":\"soon\",\"message\":\"want a duration above 0, 10m for "
      "instance\"}]}");
  ask(&host, "its own state", kMigrate, "{\"state\":{\"version\":1},\"from_version\":1}", SLIPWAY_OK,
      "{\"state\":{\"version\":1}}");
  ask(&host, "a state of tomorrow", kMigrate, "{\"state\":{},\"from_version\":2}", SLIPWAY_FAILED_PRECONDITION,
      "{\"message\":\"the state has another version than 1, the only one that this strategy reads\"}");
  end(&host);
  return host.faults == 0 ? 0 : 1;
}
