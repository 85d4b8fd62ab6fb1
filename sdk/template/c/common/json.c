#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kDeepest = 64 };

typedef struct reader {
  const char* at;
  const char* end;
} reader;

static reader begin(slipway_span text) {
  reader in = {(const char*)text.data, (const char*)text.data + text.size};
  return in;
}
static void skip_space(reader* in) {
  while (in->at < in->end && strchr(" \t\r\n", *in->at) != NULL && *in->at != 0) ++in->at;
}
static int take(reader* in, char wanted) {
  skip_space(in);
  if (in->at == in->end || *in->at != wanted) return 0;
  ++in->at;
  return 1;
}
static int is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/* Bytes of the UTF-8 character at `at`; 0 when it is none: cut short, overlong, a surrogate, or beyond U+10FFFF. */
static int utf8_size(const char* at, const char* end) {
  const unsigned char* byte = (const unsigned char*)at;
  const int size = byte[0] < 0x80   ? 1
                   : byte[0] < 0xC2 ? 0
                   : byte[0] < 0xE0 ? 2
                   : byte[0] < 0xF0 ? 3
                   : byte[0] < 0xF5 ? 4
                                    : 0;
  if (size > end - at) return 0;
  for (int i = 1; i < size; ++i) {
    if ((byte[i] & 0xC0) != 0x80) return 0;
  }
  if ((byte[0] == 0xE0 && byte[1] < 0xA0) || (byte[0] == 0xED && byte[1] > 0x9F)) return 0;
  if ((byte[0] == 0xF0 && byte[1] < 0x90) || (byte[0] == 0xF4 && byte[1] > 0x8F)) return 0;
  return size;
}

static int skip_string(reader* in) {
  if (!take(in, '"')) return 0;
  for (int size = 1; in->at < in->end && (unsigned char)*in->at >= 0x20; in->at += size) {
    if (*in->at == '"') return ++in->at, 1;
    size = utf8_size(in->at, in->end);
    if (size == 0) return 0;
    if (*in->at != '\\') continue;
    if (++in->at == in->end || *in->at == 0 || strchr("\"\\/bfnrtu", *in->at) == NULL) return 0;
    if (*in->at != 'u') continue;
    for (int digit = 0; digit < 4; ++digit) {
      if (++in->at == in->end || !is_hex(*in->at)) return 0;
    }
  }
  return 0;
}

static int skip_digits(reader* in) {
  const char* first = in->at;
  while (in->at < in->end && *in->at >= '0' && *in->at <= '9') ++in->at;
  return in->at > first;
}
static int skip_number(reader* in) {
  if (in->at < in->end && *in->at == '-') ++in->at;
  const int leading_zero = in->at < in->end && *in->at == '0';
  const char* first = in->at;
  if (!skip_digits(in) || (leading_zero && in->at - first > 1)) return 0;
  if (in->at < in->end && *in->at == '.') {
    ++in->at;
    if (!skip_digits(in)) return 0;
  }
  if (in->at == in->end || (*in->at != 'e' && *in->at != 'E')) return 1;
  ++in->at;
  if (in->at < in->end && (*in->at == '+' || *in->at == '-')) ++in->at;
  return skip_digits(in);
}
static int skip_word(reader* in, const char* word) {
  const uint64_t size = strlen(word);
  if ((uint64_t)(in->end - in->at) < size || memcmp(in->at, word, size) != 0) return 0;
  in->at += size;
  return 1;
}

static int skip_value(reader* in, int depth);

static int skip_members(reader* in, char close, int depth) {
  if (take(in, close)) return 1;
  do {
    if (close == '}' && !(skip_string(in) && take(in, ':'))) return 0;
    if (!skip_value(in, depth)) return 0;
  } while (take(in, ','));
  return take(in, close);
}
static int skip_value(reader* in, int depth) {
  if (depth > kDeepest) return 0;
  skip_space(in);
  if (in->at == in->end) return 0;
  switch (*in->at) {
    case '{':
      return ++in->at, skip_members(in, '}', depth + 1);
    case '[':
      return ++in->at, skip_members(in, ']', depth + 1);
    case '"':
      return skip_string(in);
    case 't':
      return skip_word(in, "true");
    case 'f':
      return skip_word(in, "false");
    case 'n':
      return skip_word(in, "null");
    default:
      return skip_number(in);
  }
}

/* The next value's own text. */
static slipway_span value_at(reader* in) {
  skip_space(in);
  slipway_span value = {(const uint8_t*)in->at, 0};
  if (skip_value(in, 0)) value.size = (uint64_t)(in->at - (const char*)value.data);
  return value;
}

int json_is_valid(slipway_span text) {
  reader in = begin(text);
  if (text.size == 0 || !skip_value(&in, 0)) return 0;
  skip_space(&in);
  return in.at == in.end;
}

slipway_span json_member(slipway_span object, const char* name) {
  const slipway_span none = {NULL, 0};
  reader in = begin(object);
  if (object.size == 0 || !take(&in, '{') || take(&in, '}')) return none;
  do {
    char key[128];
    const int64_t length = json_text(value_at(&in), key, sizeof key);
    if (length < 0 || !take(&in, ':')) return none;
    const slipway_span value = value_at(&in);
    if ((uint64_t)length == strlen(name) && strcmp(key, name) == 0) return value;
  } while (take(&in, ','));
  return none;
}

int json_next_item(slipway_span list, uint64_t* place, slipway_span* item) {
  reader in = begin(list);
  if (list.size == 0) return 0;
  in.at += *place;
  if (!take(&in, *place == 0 ? '[' : ',')) return 0;
  *item = value_at(&in);
  *place = (uint64_t)(in.at - (const char*)list.data);
  return item->size != 0;
}

int json_number(slipway_span value, double* number) {
  char digits[64];
  if (value.size == 0 || value.size >= sizeof digits ||
      (value.data[0] != '-' && (value.data[0] < '0' || value.data[0] > '9')))
    return 0;
  memcpy(digits, value.data, value.size);
  digits[value.size] = 0;
  *number = strtod(digits, NULL);
  return 1;
}

slipway_span json_setting(slipway_span config, slipway_span request, const char* name) {
  const slipway_span own = json_member(json_member(request, "settings"), name);
  return own.size != 0 ? own : json_member(config, name);
}

static unsigned hex4(const char* digits) {
  char text[5] = {digits[0], digits[1], digits[2], digits[3], 0};
  return (unsigned)strtoul(text, NULL, 16);
}

typedef struct room {
  char* text;
  uint64_t size;
  int64_t used;
} room;

static void put(room* out, unsigned byte) {
  if (out->size > 0 && (uint64_t)out->used < out->size - 1) out->text[out->used] = (char)byte;
  ++out->used;
}
static void put_code(room* out, unsigned code) {
  if (code < 0x80) return put(out, code);
  if (code < 0x800) {
    put(out, 0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(out, 0xE0 | code >> 12);
    put(out, 0x80 | (code >> 6 & 0x3F));
  } else {
    put(out, 0xF0 | code >> 18);
    put(out, 0x80 | (code >> 12 & 0x3F));
    put(out, 0x80 | (code >> 6 & 0x3F));
  }
  put(out, 0x80 | (code & 0x3F));
}
/* Undoes the escape at `at`, which points behind the backslash; the place behind it. */
static const char* put_escape(room* out, const char* at, const char* end) {
  static const char kNames[] = "bfnrt";
  static const char kBytes[] = "\b\f\n\r\t";
  if (*at != 'u') {
    const char* known = strchr(kNames, *at);
    put(out, known != NULL ? (unsigned char)kBytes[known - kNames] : (unsigned char)*at);
    return at + 1;
  }
  unsigned code = hex4(at + 1);
  at += 5;
  if (code >= 0xD800 && code < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    const unsigned low = hex4(at + 2);
    if (low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      at += 6;
    }
  }
  put_code(out, code);
  return at;
}

int64_t json_text(slipway_span value, char* text, uint64_t size) {
  if (value.size < 2 || value.data[0] != '"') return -1;
  const char* at = (const char*)value.data + 1;
  const char* end = (const char*)value.data + value.size - 1;
  room out = {text, size, 0};
  while (at < end) {
    if (*at == '\\') {
      at = put_escape(&out, at + 1, end);
    } else {
      put(&out, (unsigned char)*at++);
    }
  }
  if (size > 0) text[(uint64_t)out.used < size - 1 ? (uint64_t)out.used : size - 1] = 0;
  return out.used;
}

static void append(json_writer* out, const char* bytes, uint64_t count) {
  if (out->failed || count == 0) return;
  if (out->room - out->size < count) {
    const uint64_t larger = (out->size + count) * 2;
    char* grown = realloc(out->text, larger);
    if (grown == NULL) {
      out->failed = 1;
      return;
    }
    out->text = grown;
    out->room = larger;
  }
  memcpy(out->text + out->size, bytes, count);
  out->size += count;
}
void json_write(json_writer* out, const char* text) { append(out, text, strlen(text)); }
void json_write_string(json_writer* out, const char* text) {
  json_write(out, "\"");
  for (; *text != 0; ++text) {
    const unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\') {
      append(out, "\\", 1);
      append(out, text, 1);
    } else if (byte < 0x20) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\u%04x", byte);
      json_write(out, escape);
    } else {
      append(out, text, 1);
    }
  }
  json_write(out, "\"");
}
void json_write_number(json_writer* out, double number) {
  char digits[64];
  snprintf(digits, sizeof digits, "%.15g", number);
  json_write(out, digits);
}
void json_write_span(json_writer* out, slipway_span text) { append(out, (const char*)text.data, text.size); }
void json_free(json_writer* out) {
  free(out->text);
  memset(out, 0, sizeof *out);
}
