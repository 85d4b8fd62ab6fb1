// slipway-rehearse: what `slipway deploy --simulate` hands over to. For that program alone: its words are the format
// and the request as a document.
#include <iostream>

#include "tools/cli/exit.hpp"
#include "tools/cli/output.hpp"
#include "tools/rehearse/simulation.hpp"

namespace slipway::simulate {
namespace {

using cli::Exit;

// As `slipway deploy --wait` ends.
Exit exit_of(const Outcome& outcome) {
  if (!outcome.stopped.empty()) return Exit::timed_out;
  if (outcome.rollout.state == rollout::State::succeeded) return Exit::done;
  return outcome.rollout.state == rollout::State::rolled_back ? Exit::rolled_back : Exit::failed;
}

Exit run(const std::string& format, const std::string& document) {
  const auto request = decode_text<Request>(document, "the request");
  if (!request.ok()) throw Error(request.status());
  offline::Packages packages(request->plugins);
  const Outcome outcome = simulate(*request, packages);
  cli::print(enum_from<cli::Format>(format).value_or(cli::Format::table), document_of(outcome),
             [&] { return text_of(outcome); });
  for (const std::string& injection : outcome.idle_injections) {
    std::cerr << "slipway: --inject " << injection
              << " changed nothing: after that time no analysis asked for such a value of " << request->to
              << ", or this adds nothing to it\n";
  }
  return exit_of(outcome);
}

}  // namespace
}  // namespace slipway::simulate

int main(int argc, char** argv) {
  using slipway::cli::Exit;
  try {
    if (argc == 3) return static_cast<int>(slipway::simulate::run(argv[1], argv[2]));
    std::cerr << "slipway-rehearse: is run by `slipway deploy --simulate`; use that\n";
    return static_cast<int>(Exit::usage);
  } catch (const slipway::Error& error) {
    std::cerr << "slipway: " << to_string(error.status()) << "\n";
    return static_cast<int>(Exit::usage);
  } catch (const std::exception& error) {
    std::cerr << "slipway: " << error.what() << "\n";
    return static_cast<int>(Exit::failed);
  }
}
