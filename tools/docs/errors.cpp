#include <slipway/json.hpp>

#include "host/api/problem.hpp"
#include "tools/cli/program.hpp"
#include "tools/docs/markdown.hpp"
#include "tools/docs/pages.hpp"

namespace slipway::docs {
namespace {

constexpr int kLastCode = static_cast<int>(Code::unauthenticated);

constexpr std::string_view kAboutErrors =
    R"(Plugins, host, API and command line share one set of codes, those of gRPC. A failure of the API is a problem document
(RFC 9457) with `type`, `title`, `status`, `detail`, `instance`, `code` and `errors`; each entry of `errors` has the
`pointer` into the document, the `value` that was there, and a `message` that says what is allowed. The command line
prints the same sentences.

)";

constexpr std::string_view kOthers =
    R"(Answers about the HTTP request itself have the status that HTTP has for them: 404 for a path, 405 (with `Allow`), 408,
413, 415, 422 for an `Idempotency-Key` that was used for something else, 429 for connections and streams, 431. With 429
and 503 comes `Retry-After`.

)";

std::string exit_text(int http_status) {
  return std::to_string(static_cast<int>(http_status < 400 ? cli::Exit::done : cli::exit_of_answer(http_status)));
}

Cells row_of(Code status) {
  const int http = api::http_status(status);
  const Json problem = value_or_throw(parse_json(api::problem(Status(status, "x"), "").body));
  return {std::to_string(static_cast<int>(status)),
          code(name_of(status)),
          std::to_string(http),
          status == Code::ok ? "" : code(problem.value("type", "")),
          status == Code::ok ? "" : problem.value("title", ""),
          exit_text(http)};
}

}  // namespace

void add_errors(Pages& pages) {
  std::vector<Cells> rows;
  for (int number = 0; number <= kLastCode; ++number) rows.push_back(row_of(static_cast<Code>(number)));
  pages.push_back(
      {"reference/errors.md", title("Errors") + std::string(kAboutErrors) +
                                  table({"number", "code", "HTTP", "type", "title", "exit code of slipway"}, rows) +
                                  std::string(kOthers)});
}

}  // namespace slipway::docs
