#include "test_host.h"

enum { kValidate = 0, kJudge = 1 };

int main(void) {
  static test_host host;
  if (!begin(&host, "{\"windows\":2}")) return 1;
  ask(&host, "a good window", kJudge,
      "{\"settings\":{},\"groups\":[{\"role\":\"next\",\"values\":{\"error_ratio\":0.01}}]}", SLIPWAY_OK,
      "{\"state\":{\"version\":1,\"good\":1},\"measurements\":1,\"method\":\"acme.greeter/1\",\"verdict\":\"continue\","
      "\"reason\":\"0.01 is good for the window 1 of 2\"}");
  ask(&host, "the last good window", kJudge,
      "{\"state\":{\"version\":1,\"good\":1},\"groups\":[{\"role\":\"next\",\"values\":{\"error_ratio\":0.01}}]}",
      SLIPWAY_OK,
      "{\"state\":{\"version\":1,\"good\":2},\"measurements\":2,\"method\":\"acme.greeter/1\",\"verdict\":\"pass\","
      "\"reason\":\"0.01 is good for the window 2 of 2\"}");
  ask(&host, "a bad window", kJudge,
      "{\"settings\":{\"limit\":0.1},\"groups\":[{\"role\":\"next\",\"values\":{\"error_ratio\":0.5}}]}", SLIPWAY_OK,
      "{\"state\":{\"version\":1,\"good\":0},\"measurements\":0,\"method\":\"acme.greeter/1\",\"verdict\":\"fail\","
      "\"reason\":\"0.5 is more than 0.1\"}");
  ask(&host, "missing data", kJudge, "{\"groups\":[{\"role\":\"stable\",\"values\":{\"error_ratio\":0.5}}]}",
      SLIPWAY_OK,
      "{\"state\":{\"version\":1,\"good\":0},\"measurements\":0,\"method\":\"acme.greeter/"
      "1\",\"verdict\":\"insufficient_data\","
      "\"reason\":\"the number is missing\"}");
  ask(&host, "a state of tomorrow", kJudge, "{\"state\":{\"version\":2}}", SLIPWAY_FAILED_PRECONDITION,
      "{\"message\":\"the state has another version than 1, the only one that this analyzer reads\"}");
  ask(&host, "good settings", kValidate, "{\"settings\":{}}", SLIPWAY_OK, "{\"problems\":[],\"least_windows\":2}");
  ask(&host, "bad settings", kValidate, "{\"settings\":{\"windows\":0}}", SLIPWAY_OK,
      "{\"problems\":[{\"path\":\"/windows\",\"value\":\"0\",\"message\":\"want a whole number from 1 to 1000\"}]}");
  end(&host);
  return host.faults == 0 ? 0 : 1;
}
