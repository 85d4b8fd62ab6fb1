/* A provider that writes down what shall be, one file for each application, and reports it as done. Put the making of
 * replicas between. */
#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <io.h>
#include <windows.h>
#else
#include <unistd.h>
#endif

#include "instant.h"

const slipway_span kInterfaces[2] = {INTERFACE("slipway.provider/1"), INTERFACE("slipway.plugin/1")};

enum { kCapabilities = 0, kValidate = 1, kApply = 2, kObserve = 3, kRemove = 4, kMost = 1 << 20 };

/* The file of an application: {"token", "since", "desired"}; desired is null once it was removed. */
typedef struct record {
  char path[2048];
  char* text; /* null when there is none */
  slipway_span all;
} record;

static double number_of(slipway_span object, const char* name) {
  double number = 0;
  json_number(json_member(object, name), &number);
  return number;
}
static int is_there(slipway_span value) { return value.size != 0 && value.data[0] != 'n'; }

static slipway_status refuse(json_writer* out, slipway_status status, const char* sentence) {
  json_free(out);
  json_write(out, sentence);
  return status;
}

/* A name that can't lead out of the folder, and has no dot: a dot parts tenant and application. */
static int plain_text(slipway_span object, const char* name, char* text, uint64_t size) {
  const int64_t length = json_text(json_member(object, name), text, size);
  return length > 0 && length < (int64_t)size && strpbrk(text, "./\\") == NULL;
}

static void read_file(record* of) {
  FILE* file = fopen(of->path, "rb");
  of->text = file != NULL ? malloc(kMost) : NULL;
  const slipway_span read = {(const uint8_t*)of->text, of->text != NULL ? fread(of->text, 1, kMost, file) : 0};
  if (file != NULL) fclose(file);
  of->all = read;
}

/* SLIPWAY_OK and what is known of the request's application; free(text) afterwards. */
static slipway_status open_record(slipway_span config, slipway_span request, record* made, json_writer* out) {
  char directory[1024] = "/var/lib/slipway-orders";
  char tenant[256];
  char application[256];
  if (!plain_text(request, "tenant", tenant, sizeof tenant) ||
      !plain_text(request, "application", application, sizeof application))
    return refuse(out, SLIPWAY_INVALID_ARGUMENT, "the request has no \"tenant\", or no \"application\"");
  json_text(json_member(config, "directory"), directory, sizeof directory);
  snprintf(made->path, sizeof made->path, "%s/%s.%s.json", directory, tenant, application);
  read_file(made);
  if (made->text == NULL || json_is_valid(made->all)) return SLIPWAY_OK;
  free(made->text);
  return refuse(out, SLIPWAY_DATA_LOSS, "the application's file is damaged");
}

#ifdef _WIN32
static int is_on_disk(FILE* file) { return _commit(_fileno(file)) == 0; }
static int takes_place(const char* file, const char* of) {
  return MoveFileExA(file, of, MOVEFILE_REPLACE_EXISTING) != 0;
}
#else
static int is_on_disk(FILE* file) { return fsync(fileno(file)) == 0; }
static int takes_place(const char* file, const char* of) { return rename(file, of) == 0; }
#endif

/* Beside it, then in its place: a reader sees the old file or the new one. */
static slipway_status write_record(const record* to, double token, slipway_span desired, json_writer* out) {
  char beside[2064];
  json_writer text = {0};
  json_write(&text, "{\"token\":");
  json_write_number(&text, token);
  json_write(&text, ",\"since\":");
  write_instant(&text, (double)time(NULL));
  json_write(&text, ",\"desired\":");
  if (desired.size != 0) json_write_span(&text, desired);
  json_write(&text, desired.size != 0 ? "}" : "null}");
  snprintf(beside, sizeof beside, "%s.new", to->path);
  FILE* file = text.failed || text.size > kMost ? NULL : fopen(beside, "wb");
  int good = file != NULL && fwrite(text.text, 1, text.size, file) == text.size;
  good = good && fflush(file) == 0 && is_on_disk(file);
  if (file != NULL) good = (fclose(file) == 0) & good;
  json_free(&text);
  if (!good || !takes_place(beside, to->path))
    return refuse(out, SLIPWAY_UNAVAILABLE, "can't write the application's file");
  json_write(out, "{}");
  return SLIPWAY_OK;
}

static slipway_status validate(slipway_span request, json_writer* out) {
  uint64_t place = 0;
  slipway_span route;
  const int routes = json_next_item(json_member(request, "routes"), &place, &route);
  const int mirror = is_there(json_member(request, "mirror"));
  json_write(out, "{\"problems\":[");
  if (routes) json_write(out, "\"header_routes: this provider has none\"");
  if (routes && mirror) json_write(out, ",");
  if (mirror) json_write(out, "\"mirroring: this provider has none\"");
  json_write(out, "]}");
  return SLIPWAY_OK;
}

/* May be repeated, and may come from another host: the token tells which order is the newer one. */
static slipway_status apply(const record* of, slipway_span request, json_writer* out) {
  const double token = number_of(request, "token");
  const double newest = number_of(of->all, "token");
  const slipway_span before = json_member(of->all, "desired");
  if (token < newest) return refuse(out, SLIPWAY_ABORTED, "an order under a newer token came before this one");
  if (token == newest && is_there(before) && number_of(request, "generation") < number_of(before, "generation"))
    return refuse(out, SLIPWAY_ABORTED, "an order of a newer generation came before this one");
  return write_record(of, token, request, out);
}

static slipway_status remove_all(const record* of, slipway_span request, json_writer* out) {
  const double token = number_of(request, "token");
  const slipway_span nothing = {NULL, 0};
  if (token < number_of(of->all, "token"))
    return refuse(out, SLIPWAY_ABORTED, "an order under a newer token came before this one");
  return write_record(of, token, nothing, out);
}

static void write_member(json_writer* out, const char* name, slipway_span value) {
  json_write(out, name);
  if (value.size != 0) json_write_span(out, value);
  if (value.size == 0) json_write(out, "0");
}

static void write_group(json_writer* out, slipway_span group, slipway_span since) {
  const slipway_span replicas = json_member(group, "replicas");
  const double count = number_of(group, "replicas");
  write_member(out, "{\"role\":", json_member(group, "role"));
  write_member(out, ",\"release\":", json_member(json_member(group, "release"), "version"));
  write_member(out, ",\"replicas\":", replicas);
  write_member(out, ",\"running\":", replicas);
  write_member(out, ",\"ready\":", replicas);
  write_member(out, ",\"weight\":", json_member(group, "weight"));
  json_write(out, ",\"ready_since\":[");
  for (int i = 0; i < count && i < 10000; ++i) {
    json_write(out, i == 0 ? "" : ",");
    json_write_span(out, since);
  }
  json_write(out, "]}");
}

static slipway_status observe(const record* of, json_writer* out) {
  const slipway_span desired = json_member(of->all, "desired");
  if (!is_there(desired)) return refuse(out, SLIPWAY_NOT_FOUND, "there is no such application");
  uint64_t place = 0;
  slipway_span group;
  write_member(out, "{\"converged\":true,\"generation\":", json_member(desired, "generation"));
  json_write(out, ",\"groups\":[");
  for (int first = 1; json_next_item(json_member(desired, "groups"), &place, &group); first = 0) {
    json_write(out, first ? "" : ",");
    write_group(out, group, json_member(of->all, "since"));
  }
  json_write(out, "]}");
  return SLIPWAY_OK;
}

slipway_status answer(slipway_span config, uint32_t method, slipway_span request, json_writer* out) {
  record of;
  if (method == kCapabilities) return json_write(out, "{\"max_groups\":2}"), SLIPWAY_OK;
  if (method == kValidate) return validate(request, out);
  if (method > kRemove) return refuse(out, SLIPWAY_UNIMPLEMENTED, "slipway.provider/1 has no such method");
  slipway_status status = open_record(config, request, &of, out);
  if (status != SLIPWAY_OK) return status;
  status = method == kApply     ? apply(&of, request, out)
           : method == kObserve ? observe(&of, out)
                                : remove_all(&of, request, out);
  free(of.text);
  return status;
}
