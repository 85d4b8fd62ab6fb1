/* Secrets from files: <directory>/<tenant>/<name>. A value goes into the reply and nowhere else. */
#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const slipway_span kInterfaces[2] = {INTERFACE("slipway.secrets/1"), INTERFACE("slipway.plugin/1")};

enum { kResolve = 0, kList = 1, kMost = 65536 };

/* A name that can't lead out of its folder. */
static int is_plain(const char* name) { return *name != 0 && *name != '.' && strpbrk(name, "/\\") == NULL; }

static int is_listed(slipway_span config, const char* name) {
  const slipway_span names = json_member(config, "names");
  uint64_t place = 0;
  slipway_span item;
  while (json_next_item(names, &place, &item)) {
    char known[129];
    if (json_text(item, known, sizeof known) >= 0 && strcmp(known, name) == 0) return 1;
  }
  return 0;
}

/* The content without its last line's end, in memory that the caller frees; null when it can't be read. */
static char* content_of(const char* path) {
  FILE* file = fopen(path, "rb");
  char* text = file != NULL ? malloc(kMost + 1) : NULL;
  size_t size = text != NULL ? fread(text, 1, kMost + 1, file) : 0;
  if (file != NULL) fclose(file);
  if (text == NULL || size > kMost) return free(text), NULL;
  if (size > 0 && text[size - 1] == '\n') --size;
  text[size] = 0;
  return text;
}

static slipway_status refuse(json_writer* out, slipway_status status, const char* sentence, const char* name) {
  json_free(out);
  json_write(out, sentence);
  json_write(out, name);
  return status;
}

static slipway_status write_value(slipway_span config, const char* tenant, const char* name, json_writer* out) {
  char directory[1024] = "/etc/slipway/secrets";
  char path[2048];
  json_text(json_member(config, "directory"), directory, sizeof directory);
  snprintf(path, sizeof path, "%s/%s/%s", directory, tenant, name);
  char* value = content_of(path);
  if (value == NULL) return refuse(out, SLIPWAY_UNAVAILABLE, "there is no file to read for the secret ", name);
  const uint64_t before = out->size;
  json_write_string(out, value);
  free(value);
  const slipway_span written = {(const uint8_t*)out->text + before, out->size - before};
  if (!out->failed && !json_is_valid(written))
    return refuse(out, SLIPWAY_DATA_LOSS, "no UTF-8 text: the secret ", name);
  return SLIPWAY_OK;
}

static slipway_status resolve(slipway_span config, slipway_span request, json_writer* out) {
  char tenant[256];
  if (json_text(json_member(request, "tenant"), tenant, sizeof tenant) < 0 || !is_plain(tenant))
    return refuse(out, SLIPWAY_INVALID_ARGUMENT, "the request has no \"tenant\"", "");
  const slipway_span names = json_member(request, "names");
  uint64_t place = 0;
  slipway_span item;
  json_write(out, "{\"values\":{");
  for (int first = 1; json_next_item(names, &place, &item); first = 0) {
    char name[129];
    const int64_t length = json_text(item, name, sizeof name);
    if (length <= 0 || length >= (int64_t)sizeof name || !is_plain(name) || !is_listed(config, name))
      return refuse(out, SLIPWAY_NOT_FOUND, "no such secret; add it to \"names\": ", length > 0 ? name : "");
    json_write(out, first ? "" : ",");
    json_write_string(out, name);
    json_write(out, ":");
    const slipway_status status = write_value(config, tenant, name, out);
    if (status != SLIPWAY_OK) return status;
  }
  json_write(out, "}}");
  return SLIPWAY_OK;
}

static int by_text(const void* a, const void* b) {
  const slipway_span* left = a;
  const slipway_span* right = b;
  const uint64_t common = left->size < right->size ? left->size : right->size;
  const int order = memcmp(left->data, right->data, common);
  return order != 0 ? order : (left->size > right->size) - (left->size < right->size);
}

static slipway_status list(slipway_span config, json_writer* out) {
  slipway_span names[1000];
  uint64_t place = 0;
  size_t count = 0;
  const slipway_span all = json_member(config, "names");
  while (count < sizeof names / sizeof *names && json_next_item(all, &place, &names[count])) ++count;
  qsort(names, count, sizeof *names, by_text);
  json_write(out, "{\"names\":[");
  for (size_t i = 0; i < count; ++i) {
    json_write(out, i == 0 ? "" : ",");
    json_write_span(out, names[i]);
  }
  json_write(out, "]}");
  return SLIPWAY_OK;
}

slipway_status answer(slipway_span config, uint32_t method, slipway_span request, json_writer* out) {
  if (method == kResolve) return resolve(config, request, out);
  if (method == kList) return list(config, out);
  json_write(out, "slipway.secrets/1 has no such method");
  return SLIPWAY_UNIMPLEMENTED;
}
