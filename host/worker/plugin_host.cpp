#include "host/worker/plugin_host.hpp"

#include "host/isolation/messages.hpp"

namespace slipway::worker {
namespace {

using isolation::FrameKind;

std::string_view view(const std::uint8_t* data, std::uint64_t size) {
  return data == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}
std::string_view view(slipway_span span) { return view(span.data, span.size); }

// Of a record's or a sample's texts the host keeps less, and what it refuses as too long it still sees to be so.
constexpr std::size_t kMostText = (std::size_t{64} << 10) + 1;
std::string_view clipped(slipway_span span) { return view(span).substr(0, kMostText); }

}  // namespace

PluginHost::PluginHost(Channel& channel, OpenCalls& calls, PluginHostLimits limits)
    : channel_(channel),
      calls_(calls),
      limits_(limits),
      table_{.size = sizeof(slipway_host),
             .abi_minor = SLIPWAY_ABI_MINOR,
             .context = this,
             .complete = &complete,
             .is_cancelled = &is_cancelled,
             .request = &request,
             .wake = &wake,
             .log = &log,
             .metric = &metric} {}

void PluginHost::complete(void* context, std::uint64_t call_id, slipway_status status, slipway_blob payload) {
  PluginHost& me = of(context);
  me.calls_.end(call_id);
  const bool fits = payload.size <= me.limits_.reply_bytes;
  const isolation::Outcome outcome{status, payload.size, fits ? view(payload.data, payload.size) : std::string_view()};
  me.channel_.send(FrameKind::complete, call_id, head_of(outcome), outcome.payload);
  if (payload.release != nullptr) payload.release(payload.owner);
}

std::uint32_t PluginHost::is_cancelled(void* context, std::uint64_t call_id) {
  return of(context).calls_.is_cancelled(call_id) ? 1 : 0;
}

void PluginHost::request(void* context, slipway_span service, slipway_span method, std::uint64_t token,
                         slipway_span payload, std::int64_t budget_ns) {
  PluginHost& me = of(context);
  const bool fits = payload.size <= me.limits_.request_bytes;
  const isolation::Request request{budget_ns, payload.size, view(service), view(method),
                                   fits ? view(payload) : std::string_view()};
  me.channel_.send(FrameKind::request, token, head_of(request), request.payload);
}

void PluginHost::wake(void* context, std::uint64_t token) { of(context).channel_.send(FrameKind::wake, token); }

void PluginHost::log(void* context, std::uint32_t level, slipway_span message, slipway_span fields) {
  of(context).channel_.send(FrameKind::log, 0, text_of(isolation::LogRecord{level, clipped(message), clipped(fields)}));
}

void PluginHost::metric(void* context, std::uint32_t kind, slipway_span name, slipway_span labels, double value) {
  of(context).channel_.send(FrameKind::metric, 0,
                            text_of(isolation::Sample{kind, value, clipped(name), clipped(labels)}));
}

}  // namespace slipway::worker
