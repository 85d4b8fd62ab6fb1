#include "host/api/api.hpp"

#include <algorithm>

#include "host/api/openapi.hpp"
#include "host/api/shown.hpp"
#include "host/api/version.hpp"
#include "tools/docs/fields.hpp"
#include "tools/docs/markdown.hpp"
#include "tools/docs/no_host.hpp"
#include "tools/docs/pages.hpp"

namespace slipway::docs {
namespace {

using api::Feature;
using api::Operation;

// "rollouts" of "/api/rollouts/{id}"; what has no /api in front is one subject.
std::string subject_of(std::string_view path) {
  constexpr std::string_view kStart = "/api/";
  if (!path.starts_with(kStart)) return "Beside /api";
  path.remove_prefix(kStart.size());
  std::string subject(path.substr(0, path.find('/')));
  subject[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(subject[0])));
  return subject;
}

std::string features_of(const Operation& operation) {
  std::string text;
  const auto add = [&](Feature feature, std::string_view word) {
    if (has(operation.features, feature)) text += (text.empty() ? "" : ", ") + std::string(word);
  };
  add(Feature::paged, "pages");
  add(Feature::etag, "ETag");
  add(Feature::if_match, "If-Match");
  add(Feature::dry_run, "dry run");
  add(Feature::idempotent, "Idempotency-Key");
  add(Feature::of_host, "this host");
  for (const api::Parameter& parameter : operation.query) text += (text.empty() ? "" : ", ") + code(parameter.name);
  if (operation.access == api::Access::everybody) text += text.empty() ? "no token" : ", no token";
  return text;
}

std::string answer_of(const Operation& operation) {
  const std::string status = std::to_string(operation.success);
  if (!operation.reply.name.empty()) return status + " " + operation.reply.name;
  return operation.success == 204 ? status : status + " " + operation.reply_type;
}

std::string operations_text(const api::Operations& operations) {
  std::vector<std::string> subjects;
  std::map<std::string, std::vector<Cells>> rows;
  for (const Operation& operation : operations) {
    const std::string subject = subject_of(operation.path);
    if (!rows.contains(subject)) subjects.push_back(subject);
    rows[subject].push_back({code(operation.method + " " + operation.path), operation.summary, operation.request.name,
                             answer_of(operation), features_of(operation)});
  }
  std::string text;
  for (const std::string& subject : subjects)
    text += "## " + subject + "\n\n" + table({"operation", "meaning", "body", "answer", "takes"}, rows[subject]);
  return text;
}

template <Document T>
std::string document(const std::string& name) {
  return "### " + name + "\n\n" + fields_table(rows_of<T>());
}

// One that has the fields of every object beside its own.
template <Document T>
std::string identified(const std::string& name) {
  FieldRows rows = rows_of<T>();
  const std::size_t own = rows.size();
  for (FieldRow& row : rows_of<api::Identity>()) {
    const auto is_same = [&](const FieldRow& other) { return other.path == row.path; };
    if (std::none_of(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(own), is_same))
      rows.push_back(std::move(row));
  }
  return "### " + name + "\n\n" + fields_table(rows);
}

std::string documents() {
  return "## Documents\n\n" + document<rollout::ApplicationSpec>("ApplicationSpec") +
         document<rollout::Application>("Application") + document<rollout::ReleaseRequest>("ReleaseRequest") +
         document<rollout::Release>("Release") + document<rollout::RolloutRequest>("RolloutRequest") +
         document<rollout::RolloutPlan>("RolloutPlan") + document<rollout::Rollout>("Rollout") +
         document<rollout::ActionRequest>("ActionRequest") + identified<rollout::JournalEntry>("JournalEntry") +
         identified<rollout::Event>("Event") + identified<rollout::HostInfo>("Host") +
         document<api::PluginView>("Plugin") + document<api::BindingView>("Binding") +
         document<api::ProfileView>("Profile") + document<api::ProfileRequest>("ProfileRequest") +
         document<api::ProfileAnswer>("ProfileAnswer") + document<api::RollbackRequest>("RollbackRequest") +
         document<api::SwapRequest>("SwapRequest") + identified<lifecycle::Revision>("Revision") +
         document<lifecycle::InstanceChange>("InstanceChange") + document<lifecycle::BindingChange>("BindingChange") +
         document<api::StatusView>("Status") + document<plugin::HealthReply>("Health");
}

constexpr std::string_view kConventions =
    R"(The contract is [openapi.json](openapi.json), which the host serves as `/openapi.json` and shows as `/docs`.

- JSON over HTTP/1.1. Every operation wants `Authorization: Bearer <token>` but those marked *no token*.
- Failures are `application/problem+json`; see [errors](errors.md).
- *pages*: `limit` (50, at most 500) and `cursor`; the answer has `items` and, when there is more, `next_cursor`. Beside them stand the
  fields by which a list is filtered: `?state=active&interface=slipway.gate/1` asks for entries with both. Give a cursor the filters
  that it was made under. A page under a filter that hardly anything passes may be short, even empty: only one without
  `next_cursor` is the last.
- Every object has `id`, `tenant`, `version`, `created_at` and `updated_at`, but for what
  [decision 50](../decisions/0050-what-every-object-of-the-api-has.md) leaves out.
- *ETag*: GET honours `If-None-Match` and answers 304. The ETag is the object's version and a digest of what is shown, which may
  change under one version: how many replicas are ready. *If-Match*: 412 when the version has changed since.
- *dry run*: with `?dry_run=true` everything is checked and shown, and nothing changes.
- *Idempotency-Key*: a repeat within 24 hours answers as the first did; 409 while the first is under way, 422 for
  another request under the same key.
- *this host*: about the host that was asked, which `Slipway-Host` in the answer names. Every other operation is answered
  alike by each host of a store, but for `/health`.
- `X-Request-Id` and `traceparent` are taken or made, logged and returned.
- `GET /api/events` streams server-sent events; `Last-Event-ID` resumes, and 410 says that it is too old.

)";

}  // namespace

void add_api(Pages& pages) {
  NoControl control;
  NoHost host;
  NoProfile profile;
  const api::Operations operations = api::all_operations(control, host, profile);
  pages.push_back({"reference/openapi.json", api::openapi_document(operations, api::kVersion).dump(2) + "\n"});
  pages.push_back(
      {"reference/api.md", title("REST API") + std::string(kConventions) + operations_text(operations) + documents()});
}

}  // namespace slipway::docs
