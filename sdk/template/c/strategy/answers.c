/* A strategy that starts all new replicas beside the old ones, and moves all traffic at once. It is pure: each answer
 * depends on the request alone, and what it has to remember travels in the state. */
#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instant.h"

const slipway_span kInterfaces[2] = {INTERFACE("slipway.strategy/1"), INTERFACE("slipway.plugin/1")};

enum { kValidate = 0, kPlan = 1, kStep = 2, kMigrate = 3, kAllTraffic = 1000000 };

/* Seconds of "250ms", "1m30s", "2h"; -1 for anything else. */
static double duration_of(const char* text) {
  static const struct unit {
    const char* name;
    double seconds;
  } kUnits[] = {{"h", 3600}, {"ms", 1e-3}, {"m", 60}, {"s", 1}, {"us", 1e-6}, {"ns", 1e-9}};
  if (strcmp(text, "0") == 0) return 0;
  double sum = 0;
  do {
    char* end = NULL;
    if (*text < '0' || *text > '9') return -1;
    const double count = strtod(text, &end);
    size_t i = 0;
    while (i < sizeof kUnits / sizeof *kUnits && strncmp(end, kUnits[i].name, strlen(kUnits[i].name)) != 0) ++i;
    if (i == sizeof kUnits / sizeof *kUnits) return -1;
    sum += count * kUnits[i].seconds;
    text = end + strlen(kUnits[i].name);
  } while (*text != 0);
  return sum;
}

static double number_or(slipway_span value, double otherwise) {
  json_number(value, &otherwise);
  return otherwise;
}
static int is_true(slipway_span value) { return value.size == 4 && memcmp(value.data, "true", 4) == 0; }
static int is_false(slipway_span value) { return value.size == 5 && memcmp(value.data, "false", 5) == 0; }

/* "10m" unless set otherwise. */
static void deadline_text(slipway_span config, slipway_span request, char* text, uint64_t size) {
  snprintf(text, size, "10m");
  json_text(json_setting(config, request, "deadline"), text, size);
}

static slipway_status validate(slipway_span config, slipway_span request, json_writer* out) {
  char deadline[64];
  deadline_text(config, request, deadline, sizeof deadline);
  if (duration_of(deadline) > 0) {
    json_write(out, "{\"problems\":[]}");
    return SLIPWAY_OK;
  }
  json_write(out, "{\"problems\":[{\"path\":\"/deadline\",\"value\":");
  json_write_string(out, deadline);
  json_write(out, ",\"message\":\"want a duration above 0, 10m for instance\"}]}");
  return SLIPWAY_OK;
}

static void write_group(json_writer* out, const char* role, double replicas, double weight) {
  json_write(out, "{\"role\":");
  json_write_string(out, role);
  json_write(out, ",\"replicas\":");
  json_write_number(out, replicas);
  json_write(out, ",\"weight\":");
  json_write_number(out, weight);
  json_write(out, "}");
}
static void write_groups(json_writer* out, double replicas, int moved, int has_stable) {
  json_write(out, "\"groups\":[");
  write_group(out, "next", replicas, moved ? kAllTraffic : 0);
  if (has_stable) json_write(out, ",");
  if (has_stable) write_group(out, "stable", replicas, moved ? 0 : kAllTraffic);
  json_write(out, "]");
}
/* Without its closing brace. */
static void write_wait(json_writer* out, int moved) {
  json_write(
      out, moved
               ? ",\"wait\":{\"kind\":\"traffic\",\"what\":\"all traffic to reach the new release\",\"next\":\"finish\""
               : ",\"wait\":{\"kind\":\"replicas\",\"what\":\"every new replica to be ready\",\"next\":\"move all "
                 "traffic\"");
}
static void write_reason(json_writer* out, int moved) {
  json_write(out, moved ? ",\"step\":1,\"steps\":2,\"reason\":\"all traffic moves to the new release\"}"
                        : ",\"step\":0,\"steps\":2,\"reason\":\"the new replicas start beside the old ones\"}");
}

static slipway_status plan(slipway_span request, json_writer* out) {
  const double replicas = number_or(json_member(request, "replicas"), 0);
  const int has_stable = !is_false(json_member(request, "has_stable"));
  const slipway_span given = json_member(request, "start_time");
  const slipway_span start = given.size != 0 ? given : (slipway_span){(const uint8_t*)"\"1s\"", 4};
  for (int moved = 0; moved < 2; ++moved) {
    json_write(out, moved ? ",{\"at\":" : "{\"moments\":[{\"at\":");
    if (moved) json_write_span(out, start);
    json_write(out, moved ? "," : "\"0s\",");
    write_groups(out, replicas, moved, has_stable);
    write_wait(out, moved);
    json_write(out, "}");
    write_reason(out, moved);
  }
  json_write(out, "],\"earliest_end\":");
  json_write_span(out, start);
  json_write(out, "}");
  return SLIPWAY_OK;
}

/* What a step hands to the next: whether the traffic was ordered to move, how many replicas were ready at the most, and
 * since when nothing went forward. */
typedef struct state {
  int moved;
  double most_ready;
  double since;
} state;

static void write_state(json_writer* out, const state* now) {
  json_write(out, "{\"state\":{\"version\":1,\"moved\":");
  json_write(out, now->moved ? "true" : "false");
  json_write(out, ",\"most_ready\":");
  json_write_number(out, now->most_ready);
  json_write(out, ",\"since\":");
  write_instant(out, now->since);
  json_write(out, "},");
}

static slipway_span group_of(slipway_span observation, const char* role) {
  const slipway_span none = {NULL, 0};
  uint64_t place = 0;
  slipway_span group;
  while (json_next_item(json_member(observation, "groups"), &place, &group)) {
    char name[64];
    if (json_text(json_member(group, "role"), name, sizeof name) >= 0 && strcmp(name, role) == 0) return group;
  }
  return none;
}

static slipway_status step(slipway_span config, slipway_span request, json_writer* out) {
  const slipway_span before = json_member(request, "state");
  const slipway_span observation = json_member(request, "observation");
  const slipway_span next = group_of(observation, "next");
  const double replicas = number_or(json_member(observation, "replicas"), 0);
  const double ready = number_or(json_member(next, "ready"), 0);
  const double now = instant_of(json_member(request, "now"));
  char deadline[64];
  deadline_text(config, request, deadline, sizeof deadline);
  if (duration_of(deadline) <= 0 || now <= 0) {
    json_write(out, "the request has no \"now\", or a \"deadline\" that is no duration above 0");
    return SLIPWAY_INVALID_ARGUMENT;
  }
  state kept = {is_true(json_member(before, "moved")), number_or(json_member(before, "most_ready"), -1),
                instant_of(json_member(before, "since"))};
  if (kept.moved && number_or(json_member(next, "weight"), 0) == kAllTraffic) {
    write_state(out, &kept);
    write_groups(out, replicas, 1, 0);
    json_write(out, ",\"outcome\":\"promoted\",\"reason\":\"all traffic is on the new release\"}");
    return SLIPWAY_OK;
  }
  const int moves = !kept.moved && ready >= replicas;
  if (ready > kept.most_ready || moves) kept.since = now;
  if (ready > kept.most_ready) kept.most_ready = ready;
  kept.moved = kept.moved || moves;
  const double late = kept.since + duration_of(deadline);
  write_state(out, &kept);
  write_groups(out, replicas, kept.moved, !is_false(json_member(request, "has_stable")));
  if (now >= late) {
    json_write(out, ",\"outcome\":\"failed\",\"reason\":\"no progress for ");
    json_write(out, deadline);
    json_write(out, "\"}");
    return SLIPWAY_OK;
  }
  write_wait(out, kept.moved);
  json_write(out, ",\"until\":");
  write_instant(out, late);
  json_write(out, "}");
  write_reason(out, kept.moved);
  return SLIPWAY_OK;
}

static slipway_status migrate(slipway_span request, json_writer* out) {
  if (number_or(json_member(request, "from_version"), 0) != 1) {
    json_write(out, "the state has another version than 1, the only one that this strategy reads");
    return SLIPWAY_FAILED_PRECONDITION;
  }
  json_write(out, "{\"state\":");
  json_write_span(out, json_member(request, "state"));
  json_write(out, "}");
  return SLIPWAY_OK;
}

slipway_status answer(slipway_span config, uint32_t method, slipway_span request, json_writer* out) {
  switch (method) {
    case kValidate:
      return validate(config, request, out);
    case kPlan:
      return plan(request, out);
    case kStep:
      return step(config, request, out);
    case kMigrate:
      return migrate(request, out);
    default:
      json_write(out, "slipway.strategy/1 has no such method");
      return SLIPWAY_UNIMPLEMENTED;
  }
}
