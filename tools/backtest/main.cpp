// slipway-backtest: what `slipway analysis backtest` and `slipway analysis plan` hand over to. For that program alone:
// its words are the format and the request as a document, after "plan" that of a plan.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <slipway/testing/fake_host.hpp>

#include "host/base/files.hpp"
#include "tools/backtest/ahead.hpp"
#include "tools/backtest/changes.hpp"
#include "tools/backtest/report.hpp"
#include "tools/backtest/sample_size.hpp"
#include "tools/backtest/source.hpp"
#include "tools/cli/exit.hpp"
#include "tools/cli/output.hpp"
#include "tools/offline/web.hpp"

namespace slipway::backtest {
namespace {

using cli::Exit;
using cli::Failure;

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

template <class T>
T value_of(Result<T> result) {
  if (result.ok()) return *std::move(result);
  throw Failure(400, to_string(result.status()));
}

bool is_url(const std::string& file) { return file.starts_with("http://") || file.starts_with("https://"); }

Recording recording_in_file(const Request& request) {
  const std::string text = value_of(base::read_file(request.file, {.max_bytes = kMostBytes}));
  auto rows = request.file.ends_with(".json") ? rows_of_json(text, request.file) : rows_of_csv(text, request.file);
  return value_of(recording_of(value_of(std::move(rows)), request.from, request.to));
}

void check_for_server(const Request& request) {
  if (!request.from || !request.to) throw Failure(400, "a server wants --from and --to");
  if (request.query.empty()) throw Failure(400, "a server wants --query, a file with what it is asked");
  if (request.next.empty() && request.stable.empty())
    throw Failure(400, "a server wants --next or --stable, a release");
  if (request.interval < milliseconds(1)) throw Failure(400, "--interval: want at least 1ms");
}

Recording recording_of_server(const Request& request, offline::Packages& packages) {
  check_for_server(request);
  offline::Web web;
  test::FakeHost host(packages.library("metrics", "prometheus").table());
  const Instant first = *request.from + request.interval;  // a window is asked about at its end
  Ahead ahead([&web](const services::HttpRequest& asked) { return web.send(asked); }, first, *request.to,
              request.interval);
  host.on_http([&ahead](const services::HttpRequest& asked) { return ahead.send(asked); });
  offline::serve_secrets(host, packages);
  Json settings = request.source;
  settings["url"] = request.file;
  settings["delay"] = "0s";  // what is long past is complete, and Ahead knows the windows' own ends
  if (Status status = host.run(settings); !status.ok()) throw Failure(400, to_string(status));
  const Question question{request.application, request.query, request.next,    request.stable,
                          *request.from,       *request.to,   request.interval};
  return value_of(recording_of(question, [&host](const metrics::QueryRequest& asked) {
    return host.call<metrics::Interface, metrics::Query>(asked);
  }));
}

// Where requests go can't be checked against weights that nobody told.
void check_weights(const Request& request, const Recording& judged) {
  const bool checks = request.analyzer.ends_with("sequential") && request.settings.value("kind", Json()) == "srm";
  const auto has_weight = [](const Window& window) { return window.weight.has_value(); };
  if (checks && std::none_of(judged.windows.begin(), judged.windows.end(), has_weight))
    throw Failure(400,
                  "kind: srm checks the requests against the weights, and the recording tells none: add a column "
                  "\"weight\", or give --weight");
}

// Runs that can't differ count no false alarms.
void check_split(const Request& request, const Recording& recorded) {
  if (!request.split || request.runs < 2 || dealt_of(recorded, request.split_group).any) return;
  throw Failure(
      400, "--aa: the group \"" + request.split_group +
               "\" has neither requests nor a distribution to deal out, so "
               "every run would compare its values with themselves; want counts in the recording, or another --group");
}

Run judged_by(const test::Library& library, const Request& request, const Recording& recording) {
  test::FakeHost host(library.table());  // one for each run: it keeps every answer
  if (Status status = host.run(); !status.ok()) throw Failure(400, to_string(status));
  return value_of(run(recording, request.settings, request.alpha_share, [&](const analyzer::JudgeRequest& question) {
    return host.call<analyzer::Interface, analyzer::Judge>(question);
  }));
}

Summary backtest(const Request& request) {
  offline::Packages packages(request.plugins);
  const Recording recorded = is_url(request.file) ? recording_of_server(request, packages) : recording_in_file(request);
  std::vector<Injection> injections;
  for (const std::string& text : request.inject) injections.push_back(value_of(parse_injection(text)));
  check_split(request, recorded);
  const test::Library& library = packages.library("analyzer", request.analyzer);
  Summary summary{.request = request};
  for (const Injection& injection : injections)
    summary.injected_after = std::min(summary.injected_after.value_or(injection.after), injection.after);
  for (std::int32_t i = 0; i < request.runs; ++i) {
    Draws draws(static_cast<std::uint64_t>(request.seed) + static_cast<std::uint64_t>(i));
    Recording judged = request.split ? split(recorded, request.split_group, request.split->ppm / 1e6, draws) : recorded;
    for (const Injection& injection : injections) {
      // Of many draws a later one may deal the new release nothing.
      if (Status status = inject(judged, injection, draws); i == 0 && !status.ok())
        throw Failure(400, to_string(status));
    }
    if (request.weight)
      for (Window& window : judged.windows) window.weight = request.weight;
    check_weights(request, judged);
    Run run = judged_by(library, request, judged);
    if (i == 0) {
      summary.recording = std::move(judged);
      summary.first = run;
    }
    run.looks.erase(run.looks.begin(), run.looks.end() - 1);
    summary.runs.push_back(std::move(run));
  }
  return summary;
}

void write_page(const Summary& summary) {
  std::ofstream file(summary.request.html);
  file << page_of(summary);
  if (!file.flush()) throw Failure(400, "--html " + summary.request.html + ": it can't be written");
}

Exit answer(const std::string& format, const std::string& document) {
  const auto request = value_of(decode_text<Request>(document, "the request"));
  const Summary summary = backtest(request);
  if (!request.html.empty()) write_page(summary);
  cli::print(enum_from<cli::Format>(format).value_or(cli::Format::table), document_of(summary),
             [&] { return text_of(summary); });
  return Exit::done;
}

Json planned(const PlanRequest& request) {
  offline::Packages packages(request.plugins);
  const test::Library& library = packages.library("analyzer", "sequential");
  const Begin begin = [&library]() -> Ask {
    const auto host = std::make_shared<test::FakeHost>(library.table());
    if (Status status = host->run(); !status.ok()) throw Failure(400, to_string(status));
    return [host](const analyzer::JudgeRequest& question) {
      return host->call<analyzer::Interface, analyzer::Judge>(question);
    };
  };
  Json rows = Json::array();
  for (const Share& share : request.weights) {
    const double weight = share.ppm / 1e6;
    const auto requests = value_of(requests_to_see(request, weight, begin));
    rows.push_back({{"weight", to_string(share)}, {"requests", Json()}});
    if (!requests) continue;
    rows.back()["requests"] = *requests;
    rows.back()["of_the_new_release"] = std::ceil(*requests * weight);
    if (request.per_second > 0) rows.back()["seconds"] = *requests / request.per_second;
  }
  return {{"errors", request.usual},
          {"worse", request.worse},
          {"alpha", request.alpha},
          {"alpha_share", request.alpha_share},
          {"weights", std::move(rows)}};
}

// Of a few dozen rollouts two digits are known.
std::string about(const Json& number) {
  std::array<char, 32> text{};
  const double value = number.get<double>();
  const double unit = std::pow(10, std::max(0.0, std::floor(std::log10(std::max(1.0, value))) - 1));
  std::snprintf(text.data(), text.size(), "%.0f", std::round(value / unit) * unit);
  return text.data();
}

// At a rate that is next to nothing it takes centuries.
std::string time_text(double seconds) {
  constexpr double kCentury = 3'155'760'000;
  return (seconds > kCentury ? "more than " : "") +
         cli::brief(Duration{std::llround(std::min(seconds, kCentury)) * 1'000'000'000});
}

std::string plan_table(const Json& plan, bool has_time) {
  std::vector<std::string> header{"WEIGHT", "REQUESTS", "OF THE NEW RELEASE"};
  if (has_time) header.emplace_back("TIME");
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : plan.at("weights")) {
    const bool seen = !row.at("requests").is_null();
    rows.push_back({row.at("weight"), seen ? about(row.at("requests")) : "not seen",
                    seen ? about(row.at("of_the_new_release")) : ""});
    if (has_time) rows.back().push_back(seen ? time_text(row.at("seconds").get<double>()) : "");
  }
  return cli::table(header, rows);
}

Exit answer_plan(const std::string& format, const std::string& document) {
  const auto request = value_of(decode_text<PlanRequest>(document, "the request"));
  const Json plan = planned(request);
  cli::print(enum_from<cli::Format>(format).value_or(cli::Format::table), plan,
             [&] { return plan_table(plan, request.per_second > 0); });
  return Exit::done;
}

}  // namespace
}  // namespace slipway::backtest

int main(int argc, char** argv) {
  using slipway::cli::Exit;
  try {
    if (argc == 4 && std::string_view(argv[1]) == "plan")
      return static_cast<int>(slipway::backtest::answer_plan(argv[2], argv[3]));
    if (argc == 3) return static_cast<int>(slipway::backtest::answer(argv[1], argv[2]));
    std::cerr << "slipway-backtest: is run by `slipway analysis backtest`; use that\n";
    return static_cast<int>(Exit::usage);
  } catch (const slipway::cli::Failure& failure) {
    std::cerr << "slipway: " << failure.message() << "\n";
    return static_cast<int>(slipway::cli::exit_of_answer(failure.status()));
  } catch (const slipway::Error& error) {
    std::cerr << "slipway: " << error.status().message << "\n";
    return static_cast<int>(Exit::usage);
  } catch (const std::exception& error) {
    std::cerr << "slipway: " << error.what() << "\n";
    return static_cast<int>(Exit::failed);
  }
}
