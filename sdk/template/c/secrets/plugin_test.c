#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_host.h"

enum { kResolve = 0, kList = 1 };

static void write_file(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  if (file == NULL) exit(1);
  fputs(text, file);
  fclose(file);
}

int main(void) {
  static test_host host;
  char folder[] = "/tmp/acme-greeter-XXXXXX";
  if (mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("acme", 0700) != 0) return 1;
  write_file("acme/TOKEN", "hunter2\n");
  write_file("acme/BROKEN", "\xff");

  if (!begin(&host, "{\"directory\":\".\",\"names\":[\"TOKEN\",\"BROKEN\",\"ABSENT\"]}")) return 1;
  ask(&host, "a secret", kResolve, "{\"tenant\":\"acme\",\"names\":[\"TOKEN\"]}", SLIPWAY_OK,
      "{\"values\":{\"TOKEN\":\"hunter2\"}}");
  ask(&host, "one that is not listed", kResolve, "{\"tenant\":\"acme\",\"names\":[\"TOKEN\",\"OTHER\"]}",
      SLIPWAY_NOT_FOUND, "{\"message\":\"no such secret; add it to \\\"names\\\": OTHER\"}");
  ask(&host, "one without a file", kResolve, "{\"tenant\":\"acme\",\"names\":[\"TOKEN\",\"ABSENT\"]}",
      SLIPWAY_UNAVAILABLE, "{\"message\":\"there is no file to read for the secret ABSENT\"}");
  ask(&host, "one that is no text", kResolve, "{\"tenant\":\"acme\",\"names\":[\"BROKEN\"]}", SLIPWAY_DATA_LOSS,
      "{\"message\":\"no UTF-8 text: the secret BROKEN\"}");
  ask(&host, "a way out of the folder", kResolve, "{\"tenant\":\"../acme\",\"names\":[\"TOKEN\"]}",
      SLIPWAY_INVALID_ARGUMENT, "{\"message\":\"the request has no \\\"tenant\\\"\"}");
  ask(&host, "the names", kList, "{\"tenant\":\"acme\"}", SLIPWAY_OK, "{\"names\":[\"ABSENT\",\"BROKEN\",\"TOKEN\"]}");
  end(&host);
  unlink("acme/TOKEN");
  unlink("acme/BROKEN");
  rmdir("acme");
  rmdir(folder);
  return host.faults == 0 ? 0 : 1;
}
