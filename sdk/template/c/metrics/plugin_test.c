#include <stdlib.h>
#include <unistd.h>

#include "test_host.h"

enum { kDescribe = 0, kQuery = 1 };

#define QUESTION(release)                                                                                              \
  "{\"tenant\":\"acme\",\"application\":\"shop\",\"query\":null,\"groups\":[{\"role\":\"next\",\"release\":\"" release \
  "\"}],"                                                                                                              \
  "\"window\":{\"id\":\"w\",\"from\":\"1970-01-01T00:01:40Z\",\"to\":\"1970-01-01T00:03:20Z\"}}"

int main(void) {
  static test_host host;
  char folder[] = "/tmp/acme-greeter-XXXXXX";
  if (mkdtemp(folder) == NULL || chdir(folder) != 0) return 1;
  FILE* file = fopen("shop-1.2.csv", "w");
  if (file == NULL) return 1;
  fputs("99.9,500\n100,200\n150.5,503\nrubbish\n199,404\n199,200\n200,500\n", file);
  fclose(file);

  if (!begin(&host, "{\"directory\":\".\"}")) return 1;
  ask(&host, "a window", kQuery, QUESTION("1.2"), SLIPWAY_OK,
      "{\"groups\":[{\"role\":\"next\",\"values\":{\"requests\":4,\"failures\":1,\"error_ratio\":0.25}}]}");
  ask(&host, "no log", kQuery, QUESTION("1.3"), SLIPWAY_OK,
      "{\"groups\":[{\"role\":\"next\",\"completeness\":0,\"problem\":\"there is no access log of this release\"}]}");
  ask(&host, "a way out of the folder", kQuery, QUESTION("../1.2"), SLIPWAY_INVALID_ARGUMENT,
      "{\"message\":\"a group has no \\\"role\\\", or no \\\"release\\\"\"}");
  ask(&host, "no window", kQuery, "{\"application\":\"shop\"}", SLIPWAY_INVALID_ARGUMENT,
      "{\"message\":\"the request has no \\\"application\\\", or no \\\"window\\\"\"}");
  end(&host);
  unlink("shop-1.2.csv");
  rmdir(folder);
  return host.faults == 0 ? 0 : 1;
}
