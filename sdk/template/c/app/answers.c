/* An app that serves the links of its configuration: all of them, or where one leads. */
#include "answers.h"

const slipway_span kInterfaces[2] = {INTERFACE("slipway.app/1"), INTERFACE("slipway.plugin/1")};

enum { kRoutes = 0, kHandle = 1, kOnEvent = 2, kTick = 3 };
enum { kAll = 0, kOne = 1 };

static const char kOffer[] =
    "{\"routes\":["
    "{\"verb\":\"GET\",\"path\":\"/api/links\",\"access\":\"read\",\"doc\":\"All links.\"},"
    "{\"verb\":\"GET\",\"path\":\"/api/links/{name}\",\"access\":\"read\",\"doc\":\"Where one link leads.\"}"
    "],\"events\":[]}";

static slipway_status refuse(json_writer* out, slipway_status status, const char* sentence) {
  json_write(out, sentence);
  return status;
}

static slipway_status reply_with(json_writer* out, slipway_span body) {
  json_write(out, "{\"status\":200,\"body\":");
  if (body.size != 0) json_write_span(out, body);
  if (body.size == 0) json_write(out, "{}");
  json_write(out, "}");
  return SLIPWAY_OK;
}

static slipway_status show_one(slipway_span links, slipway_span request, json_writer* out) {
  char name[256];
  const int64_t length = json_text(json_member(json_member(request, "parameters"), "name"), name, sizeof name);
  if (length < 0 || length >= (int64_t)sizeof name)
    return refuse(out, SLIPWAY_INVALID_ARGUMENT, "the request has no parameter \"name\"");
  const slipway_span link = json_member(links, name);
  if (link.size == 0) return refuse(out, SLIPWAY_NOT_FOUND, "there is no such link");
  return reply_with(out, link);
}

static slipway_status handle(slipway_span config, slipway_span request, json_writer* out) {
  const slipway_span links = json_member(config, "links");
  double route = -1;
  json_number(json_member(request, "route"), &route);
  if (route == kAll) return reply_with(out, links);
  if (route == kOne) return show_one(links, request, out);
  return refuse(out, SLIPWAY_NOT_FOUND, "there is no such route; there are 2, counted from 0");
}

slipway_status answer(slipway_span config, uint32_t method, slipway_span request, json_writer* out) {
  if (method == kRoutes) json_write(out, kOffer);
  if (method == kHandle) return handle(config, request, out);
  if (method == kOnEvent || method == kTick) json_write(out, "{}"); /* it hears of nothing, and nothing is due */
  if (method <= kTick) return SLIPWAY_OK;
  return refuse(out, SLIPWAY_UNIMPLEMENTED, "slipway.app/1 has no such method");
}
