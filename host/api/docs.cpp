#include <memory>

#include "host/api/conventions.hpp"
#include "host/api/openapi.hpp"
#include "host/api/routes.hpp"
#include "host/api/version.hpp"

namespace slipway::api {
namespace {

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '&':
        html += "&amp;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string row_of(const Operation& operation) {
  std::string anchor = "<section id=\"" + operation.id + "\"><h2><code>" + operation.method + "</code> " +
                       escaped(operation.path) + "</h2><p>" + escaped(operation.summary) + "</p>";
  if (!operation.request.name.empty()) {
    anchor += "<details><summary>Request: " + operation.request.name + "</summary><pre>" +
              escaped(operation.request.schema.dump(2)) + "</pre></details>";
  }
  if (!operation.reply.name.empty()) {
    const Schema& shown = operation.item.name.empty() ? operation.reply : operation.item;
    anchor += "<details><summary>Answer " + std::to_string(operation.success) + ": " + operation.reply.name +
              "</summary><pre>" + escaped(shown.schema.dump(2)) + "</pre></details>";
  }
  return anchor + "</section>\n";
}

// One page without scripts and without anything from elsewhere.
std::string docs_page(const Operations& operations) {
  std::string page =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Slipway API</title>"
      "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 "
      "1rem}h2{font-size:1.1rem;margin:1.5rem 0 0}"
      "code{background:#eef;padding:.1rem "
      ".4rem;border-radius:.2rem}pre{overflow:auto;background:#f6f6f8;padding:1rem}</style></head><body><h1>Slipway "
      "API</h1>"
      "<p>JSON over HTTP. The contract is <a href=\"/openapi.json\">/openapi.json</a>. Send <code>Authorization: "
      "Bearer &lt;token&gt;</code>. "
      "Failures are RFC 9457 problem documents.</p>\n";
  for (const Operation& operation : operations) page += row_of(operation);
  return page + "</body></html>\n";
}

}  // namespace

void add_docs(Operations& operations) {
  // The operations of this very file are part of the document, so the texts are made once the list is whole.
  auto document = std::make_shared<std::string>();
  auto page = std::make_shared<std::string>();
  operations.push_back(
      {.id = "getOpenapi",
       .method = "GET",
       .path = "/openapi.json",
       .summary = "This document.",
       .reply = {"Openapi", {{"type", "object"}, {"description", "An OpenAPI 3.1 document."}}},
       .features = Feature::etag,
       .access = Access::everybody,
       .handle = [document](Request request) -> Answer { co_return tagged(request, Response{.body = *document}); }});
  operations.push_back({.id = "getDocs",
                        .method = "GET",
                        .path = "/docs",
                        .summary = "The API for reading.",
                        .features = Feature::etag,
                        .reply_type = "text/html",
                        .access = Access::everybody,
                        .handle = [page](Request request) -> Answer {
                          co_return tagged(request,
                                           Response{.content_type = "text/html; charset=utf-8", .body = *page});
                        }});
  *document = openapi_document(operations, kVersion).dump(2) + "\n";
  *page = docs_page(operations);
  document->shrink_to_fit();
  page->shrink_to_fit();
}

}  // namespace slipway::api
