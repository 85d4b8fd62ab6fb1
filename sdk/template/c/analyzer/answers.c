/* An analyzer that wants one number below a limit for some windows in a row. */
#include "answers.h"

#include <string.h>

const slipway_span kInterfaces[2] = {INTERFACE("slipway.analyzer/1"), INTERFACE("slipway.plugin/1")};

enum { kValidate = 0, kJudge = 1 };

typedef struct settings {
  char metric[129];
  double limit;
  double windows;
} settings;

static double number_or(slipway_span value, double otherwise) {
  json_number(value, &otherwise);
  return otherwise;
}

static settings read_settings(slipway_span config, slipway_span request) {
  settings made = {"error_ratio", 0, 0};
  json_text(json_setting(config, request, "metric"), made.metric, sizeof made.metric);
  made.limit = number_or(json_setting(config, request, "limit"), 0.05);
  made.windows = number_or(json_setting(config, request, "windows"), 3);
  return made;
}

static slipway_status validate(slipway_span config, slipway_span request, json_writer* out) {
  const settings read = read_settings(config, request);
  if (read.windows >= 1 && read.windows <= 1000 && read.windows == (int)read.windows) {
    json_write(out, "{\"problems\":[],\"least_windows\":");
    json_write_number(out, read.windows);
    json_write(out, "}");
  } else {
    json_write(out, "{\"problems\":[{\"path\":\"/windows\",\"value\":\"");
    json_write_number(out, read.windows);
    json_write(out, "\",\"message\":\"want a whole number from 1 to 1000\"}]}");
  }
  return SLIPWAY_OK;
}

/* The number of the judged group; 0 when it is missing. */
static int find_value(slipway_span request, const char* metric, double* value) {
  char role[64] = "next";
  json_text(json_member(request, "role"), role, sizeof role);
  uint64_t place = 0;
  slipway_span group;
  while (json_next_item(json_member(request, "groups"), &place, &group)) {
    char name[64];
    if (json_text(json_member(group, "role"), name, sizeof name) >= 0 && strcmp(name, role) == 0)
      return json_number(json_member(json_member(group, "values"), metric), value);
  }
  return 0;
}

static void write_judgement(json_writer* out, double good, const char* verdict) {
  json_write(out, "{\"state\":{\"version\":1,\"good\":");
  json_write_number(out, good);
  json_write(out, "},\"measurements\":");
  json_write_number(out, good);
  json_write(out, ",\"method\":\"acme.greeter/1\",\"verdict\":\"");
  json_write(out, verdict);
  json_write(out, "\",\"reason\":\"");
}

static slipway_status judge(slipway_span config, slipway_span request, json_writer* out) {
  const settings read = read_settings(config, request);
  const slipway_span state = json_member(request, "state");
  if (number_or(json_member(state, "version"), 1) != 1) {
    json_write(out, "the state has another version than 1, the only one that this analyzer reads");
    return SLIPWAY_FAILED_PRECONDITION;
  }
  double good = number_or(json_member(state, "good"), 0);
  double value = 0;
  if (!find_value(request, read.metric, &value)) { /* missing data is neither success nor failure */
    write_judgement(out, good, "insufficient_data");
    json_write(out, "the number is missing");
  } else if (value > read.limit) {
    write_judgement(out, good, "fail");
    json_write_number(out, value);
    json_write(out, " is more than ");
    json_write_number(out, read.limit);
  } else {
    good += 1;
    write_judgement(out, good, good >= read.windows ? "pass" : "continue");
    json_write_number(out, value);
    json_write(out, " is good for the window ");
    json_write_number(out, good);
    json_write(out, " of ");
    json_write_number(out, read.windows);
  }
  json_write(out, "\"}");
  return SLIPWAY_OK;
}

slipway_status answer(slipway_span config, uint32_t method, slipway_span request, json_writer* out) {
  if (method == kValidate) return validate(config, request, out);
  if (method == kJudge) return judge(config, request, out);
  json_write(out, "slipway.analyzer/1 has no such method");
  return SLIPWAY_UNIMPLEMENTED;
}
