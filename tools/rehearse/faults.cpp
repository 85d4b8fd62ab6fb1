#include "tools/rehearse/faults.hpp"

namespace slipway::simulate {

Result<Fault> parse_fault(const std::string& text) {
  const std::size_t at = text.find('@');
  const std::size_t slash = text.find('/', at == text.npos ? 0 : at);
  if (at == 0 || at == text.npos || slash == text.npos)
    return Status(
        Code::invalid_argument,
        "--fault " + text + ": want WHAT@DURATION/DURATION, as metrics.haproxy@10m/5m, replicas@0s/2m, host@5m/30s");
  const auto after = parse_duration(text.substr(at + 1, slash - at - 1));
  const auto lasting = parse_duration(text.substr(slash + 1));
  if (!after.ok()) return Status(Code::invalid_argument, "--fault " + text + ": " + after.status().message);
  if (!lasting.ok()) return Status(Code::invalid_argument, "--fault " + text + ": " + lasting.status().message);
  return Fault{text.substr(0, at), *after, *lasting};
}

}  // namespace slipway::simulate
