#include "host/isolation/proxy_table.hpp"

#include <utility>

namespace slipway::isolation {
namespace {

WorkerLink& link_of(slipway_instance* instance) { return *reinterpret_cast<WorkerLink*>(instance); }

slipway_status no_create(const slipway_host*, slipway_span, slipway_instance**, slipway_blob*) {
  return SLIPWAY_FAILED_PRECONDITION;
}
slipway_status start(slipway_instance* instance, slipway_blob* error) { return link_of(instance).start(error); }
void invoke(slipway_instance* instance, const slipway_call* call) { link_of(instance).invoke(*call); }
void cancel(slipway_instance* instance, std::uint64_t call_id) { link_of(instance).cancel(call_id); }
void on_reply(slipway_instance* instance, std::uint64_t token, slipway_status status, slipway_span payload) {
  link_of(instance).on_reply(token, status, payload);
}
void on_wake(slipway_instance* instance, std::uint64_t token) { link_of(instance).on_wake(token); }
void quiesce(slipway_instance* instance) { link_of(instance).quiesce(); }
void destroy(slipway_instance* instance) { link_of(instance).destroy(); }

}  // namespace

ProxyTable::ProxyTable(std::shared_ptr<WorkerLink> link, std::vector<std::string> interfaces)
    : link_(std::move(link)), interfaces_(std::move(interfaces)) {
  for (const std::string& id : interfaces_) {
    spans_.push_back({reinterpret_cast<const std::uint8_t*>(id.data()), id.size()});
  }
  table_ = {.size = sizeof(slipway_plugin),
            .abi_major = SLIPWAY_ABI_MAJOR,
            .abi_minor = SLIPWAY_ABI_MINOR,
            .min_host_minor = 0,
            .interfaces = spans_.data(),
            .interface_count = static_cast<std::uint32_t>(spans_.size()),
            .reserved = 0,
            .create = &no_create,
            .start = &start,
            .invoke = &invoke,
            .cancel = &cancel,
            .on_reply = &on_reply,
            .on_wake = &on_wake,
            .quiesce = &quiesce,
            .destroy = &destroy};
}

slipway_status ProxyTable::make(const slipway_host* host, slipway_span config, slipway_instance** instance,
                                slipway_blob* error) {
  const slipway_status status = link_->create(host, config, error);
  if (status == SLIPWAY_OK) *instance = reinterpret_cast<slipway_instance*>(link_.get());
  return status;
}

}  // namespace slipway::isolation
