#include <stdlib.h>
#include <unistd.h>

#include "test_host.h"

static const char kEvent[] =
    "{\"id\":\"ev-1\",\"type\":\"rollout.succeeded\",\"tenant\":\"acme\",\"at\":\"2026-01-31T12:00:00Z\",\"summary\":"
    "\"done \\u00e4\"}";
static const char kLine[] =
    "{\"id\":\"ev-1\",\"at\":\"2026-01-31T12:00:00Z\",\"type\":\"rollout.succeeded\",\"tenant\":\"acme\",\"summary\":"
    "\"done \\u00e4\"}\n";

static void expect_file(test_host* host, const char* path, const char* wanted) {
  char text[1024] = "";
  FILE* file = fopen(path, "r");
  const size_t size = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file != NULL) fclose(file);
  if (size == strlen(wanted) && strcmp(text, wanted) == 0) return;
  ++host->faults;
  fprintf(stderr, "the file has %s, wanted %s\n", text, wanted);
}

int main(void) {
  static test_host host;
  char folder[] = "/tmp/acme-greeter-XXXXXX";
  if (mkdtemp(folder) == NULL || chdir(folder) != 0) return 1;

  if (!begin(&host, "{\"file\":\"events\"}")) return 1;
  ask(&host, "an event", 0, kEvent, SLIPWAY_OK, "{}");
  expect_file(&host, "events", kLine);
  ask(&host, "an event without an id", 0, "{}", SLIPWAY_INVALID_ARGUMENT,
      "{\"message\":\"the request has no \\\"id\\\"\"}");
  end(&host);
  if (!begin(&host, "{\"file\":\"nowhere/events\"}")) return 1;
  ask(&host, "a folder that is not there", 0, kEvent, SLIPWAY_UNAVAILABLE,
      "{\"message\":\"can't append to the file nowhere/events\"}");
  end(&host);
  if (!begin(&host, "{}")) return 1;
  ask(&host, "no file", 0, kEvent, SLIPWAY_FAILED_PRECONDITION,
      "{\"message\":\"there is no \\\"file\\\" in the configuration\"}");
  end(&host);
  unlink("events");
  rmdir(folder);
  return host.faults == 0 ? 0 : 1;
}
