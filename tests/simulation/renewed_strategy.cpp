#include "tests/simulation/renewed_strategy.hpp"

namespace slipway::sim {
namespace {

constexpr std::int64_t kVersion = 1'000;

JsonText wrapped(const JsonText& state) { return json_text({{"version", kVersion}, {"walked", tree_of(state)}}); }

Result<std::string> step(const World::Plugin& shipped, std::uint32_t method, const std::string& payload) {
  auto request = decode_text<strategy::StepRequest>(payload, "the request");
  if (!request.ok()) return request.status();
  if (!request->state.is_null()) {
    const Json state = tree_of(request->state);
    if (state.value("version", std::int64_t{0}) != kVersion)
      return Status(Code::failed_precondition, "the state is of another version");
    request->state = json_text(state.at("walked"));
  }
  auto answer = shipped(strategy::kId, method, encode_text(*request));
  if (!answer.ok()) return answer;
  auto reply = decode_text<strategy::StepReply>(*answer, "the reply");
  if (!reply.ok()) return reply.status();
  reply->state = wrapped(reply->state);
  reply->reason += " (renewed)";
  return encode_text(*reply);
}

Result<std::string> migrate(const std::string& payload) {
  const auto request = decode_text<strategy::MigrateRequest>(payload, "the request");
  if (!request.ok()) return request.status();
  const bool own = request->from_version == kVersion;
  return encode_text(strategy::MigrateReply{own ? request->state : wrapped(request->state)});
}

}  // namespace

World::Plugin renewed(World::Plugin shipped) {
  return [shipped = std::move(shipped)](std::string_view interface, std::uint32_t method, const std::string& payload) {
    if (interface == strategy::kId && method == strategy::Interface::index_of<strategy::Step>())
      return step(shipped, method, payload);
    if (interface == strategy::kId && method == strategy::Interface::index_of<strategy::Migrate>())
      return migrate(payload);
    return shipped(interface, method, payload);
  };
}

}  // namespace slipway::sim
