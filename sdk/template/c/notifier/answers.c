/* A notifier that appends each event to a file, one JSON object a line. */
#include "answers.h"

#include <stdio.h>

const slipway_span kInterfaces[2] = {INTERFACE("slipway.notifier/1"), INTERFACE("slipway.plugin/1")};

enum { kSend = 0 };

static void write_field(json_writer* line, const char* name, slipway_span value) {
  json_write(line, line->size == 0 ? "{" : ",");
  json_write_string(line, name);
  json_write(line, ":");
  if (value.size != 0) json_write_span(line, value);
  if (value.size == 0) json_write(line, "null");
}

/* Whether the whole line is in the file. It is opened for each event, so that it may be rotated meanwhile. */
static int append(const char* path, const json_writer* line) {
  FILE* file = line->failed ? NULL : fopen(path, "ab");
  if (file == NULL) return 0;
  const int written = fwrite(line->text, 1, line->size, file) == line->size;
  return (fclose(file) == 0) & written;
}

static slipway_status send(slipway_span config, slipway_span request, json_writer* out) {
  char path[1024] = "";
  json_text(json_member(config, "file"), path, sizeof path);
  if (path[0] == 0) {
    json_write(out, "there is no \"file\" in the configuration");
    return SLIPWAY_FAILED_PRECONDITION;
  }
  char id[2];
  if (json_text(json_member(request, "id"), id, sizeof id) <= 0) {
    json_write(out, "the request has no \"id\"");
    return SLIPWAY_INVALID_ARGUMENT;
  }
  json_writer line = {0};
  write_field(&line, "id", json_member(request, "id")); /* who reads it twice knows that it is a repetition */
  write_field(&line, "at", json_member(request, "at"));
  write_field(&line, "type", json_member(request, "type"));
  write_field(&line, "tenant", json_member(request, "tenant"));
  write_field(&line, "summary", json_member(request, "summary"));
  json_write(&line, "}\n");
  const int appended = append(path, &line);
  json_free(&line);
  json_write(out, appended ? "{}" : "can't append to the file ");
  if (!appended) json_write(out, path);
  return appended ? SLIPWAY_OK : SLIPWAY_UNAVAILABLE;
}

slipway_status answer(slipway_span config, uint32_t method, slipway_span request, json_writer* out) {
  if (method == kSend) return send(config, request, out);
  json_write(out, "slipway.notifier/1 has no such method");
  return SLIPWAY_UNIMPLEMENTED;
}
