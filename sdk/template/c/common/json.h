/* JSON without a tree: a value is the span of its text. No thread rules, no allocation but in json_writer. */
#ifndef ACME_GREETER_JSON_H
#define ACME_GREETER_JSON_H

#include <slipway/abi/plugin.h>

/* 1 when the whole span is one JSON value in valid syntax and UTF-8, at most 64 levels deep. The functions below want
 * such. */
int json_is_valid(slipway_span text);

/* The member of an object; an empty span when there is none, or when it is no object. */
slipway_span json_member(slipway_span object, const char* name);

/* The items of a list, one a call: begin with *place = 0. 0 after the last, and for what is no list. */
int json_next_item(slipway_span list, uint64_t* place, slipway_span* item);

/* The text of a string value with its escapes undone, cut to size - 1 bytes and ended by 0. Its full length, or -1 when
 * the value is no string. */
int64_t json_text(slipway_span value, char* text, uint64_t size);

/* 1 and the number; 0 when the value is none. */
int json_number(slipway_span value, double* number);

/* A setting: of the request's "settings", else of the configuration; an empty span when it is in neither. */
slipway_span json_setting(slipway_span config, slipway_span request, const char* name);

/* Appends to memory that grows. When memory runs out `failed` is 1 and the text is not to be used. */
typedef struct json_writer {
  char* text;
  uint64_t size;
  uint64_t room;
  int failed;
} json_writer;

void json_write(json_writer* out, const char* text);        /* as it is */
void json_write_string(json_writer* out, const char* text); /* quoted */
void json_write_number(json_writer* out, double number);
void json_write_span(json_writer* out, slipway_span text); /* as it is */
void json_free(json_writer* out);

#endif
