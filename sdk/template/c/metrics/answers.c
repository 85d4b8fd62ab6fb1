/* A metrics source that counts requests in access logs, <directory>/<application>-<release>.csv. A line is a moment in
 * seconds since 1970, a comma, and the status of an answer. Lines are only ever added, and only in the order of time,
 * so a window that was asked for twice has the same numbers. */
#include "answers.h"

#include <stdio.h>
#include <string.h>

#include "instant.h"

const slipway_span kInterfaces[2] = {INTERFACE("slipway.metrics/1"), INTERFACE("slipway.plugin/1")};

enum { kDescribe = 0, kQuery = 1 };

static const char kDescription[] =
    "{\"metrics\":[{\"name\":\"requests\",\"unit\":\"1\",\"doc\":\"Requests answered.\"},"
    "{\"name\":\"failures\",\"unit\":\"1\",\"doc\":\"Requests answered with 5xx.\"},"
    "{\"name\":\"error_ratio\",\"unit\":\"1\",\"doc\":\"failures / requests\"}],"
    "\"query_schema\":{\"type\":\"object\",\"additionalProperties\":false}}";

typedef struct counts {
  double requests;
  double failures;
} counts;

/* 0 when the log can't be read. */
static int count(const char* path, double from, double to, counts* seen) {
  FILE* file = fopen(path, "r");
  if (file == NULL) return 0;
  char line[256];
  while (fgets(line, sizeof line, file) != NULL) {
    double at = 0;
    int status = 0;
    if (sscanf(line, "%lf,%d", &at, &status) != 2 || at < from) continue;
    if (at >= to) break;
    seen->requests += 1;
    if (status >= 500) seen->failures += 1;
  }
  return fclose(file) == 0;
}

/* The text of a member that can't lead out of the folder; 0 when it is none. */
static int plain_text(slipway_span object, const char* name, char* text, uint64_t size) {
  const int64_t length = json_text(json_member(object, name), text, size);
  return length > 0 && length < (int64_t)size && text[0] != '.' && strpbrk(text, "/\\") == NULL;
}

static void write_value(json_writer* out, const char* name, double value) {
  json_write(out, name);
  json_write_number(out, value);
}

/* A number that could not be had is absent, never 0. */
static void write_samples(json_writer* out, slipway_span role, int known, counts seen) {
  json_write(out, "{\"role\":");
  json_write_span(out, role);
  if (!known) {
    json_write(out, ",\"completeness\":0,\"problem\":\"there is no access log of this release\"}");
    return;
  }
  write_value(out, ",\"values\":{\"requests\":", seen.requests);
  write_value(out, ",\"failures\":", seen.failures);
  if (seen.requests > 0) write_value(out, ",\"error_ratio\":", seen.failures / seen.requests);
  json_write(out, "}}");
}

static slipway_status query(slipway_span config, slipway_span request, json_writer* out) {
  char directory[1024] = "/var/log/slipway-access";
  char application[128];
  const slipway_span window = json_member(request, "window");
  const double from = instant_of(json_member(window, "from"));
  const double to = instant_of(json_member(window, "to"));
  if (!plain_text(request, "application", application, sizeof application) || to <= 0) {
    json_write(out, "the request has no \"application\", or no \"window\"");
    return SLIPWAY_INVALID_ARGUMENT;
  }
  json_text(json_member(config, "directory"), directory, sizeof directory);
  uint64_t place = 0;
  slipway_span group;
  json_write(out, "{\"groups\":[");
  for (int first = 1; json_next_item(json_member(request, "groups"), &place, &group); first = 0) {
    char release[128];
    char path[2048];
    counts seen = {0, 0};
    const slipway_span role = json_member(group, "role");
    if (!plain_text(group, "release", release, sizeof release) || role.size == 0 || role.data[0] != '"') {
      json_free(out);
      json_write(out, "a group has no \"role\", or no \"release\"");
      return SLIPWAY_INVALID_ARGUMENT;
    }
    snprintf(path, sizeof path, "%s/%s-%s.csv", directory, application, release);
    const int known = count(path, from, to, &seen);
    json_write(out, first ? "" : ",");
    write_samples(out, role, known, seen);
  }
  json_write(out, "]}");
  return SLIPWAY_OK;
}

slipway_status answer(slipway_span config, uint32_t method, slipway_span request, json_writer* out) {
  if (method == kQuery) return query(config, request, out);
  json_write(out, method == kDescribe ? kDescription : "slipway.metrics/1 has no such method");
  return method == kDescribe ? SLIPWAY_OK : SLIPWAY_UNIMPLEMENTED;
}
