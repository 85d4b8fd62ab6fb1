#include "host/runtime/async_call.hpp"

#include "host/runtime/one_shot.hpp"

namespace slipway::runtime {
namespace {

// OneShot wants a value that can be made empty.
using Outcome = std::optional<Result<std::string>>;

class PendingCall final : public OneShot<Outcome> {
 public:
  PendingCall(std::shared_ptr<Instance> instance, CallRequest request)
      : instance_(std::move(instance)), request_(std::move(request)) {}

  // The result when it is there at once.
  Outcome begin() {
    const CallRequest& r = request_;
    const CallArguments arguments{.interface_index = r.interface_index,
                                  .method = r.method,
                                  .budget_ns = r.budget_ns,
                                  .payload = r.payload,
                                  .traceparent = r.traceparent,
                                  .tenant = r.tenant,
                                  .subject = r.subject,
                                  .roles = r.roles,
                                  .origin = r.origin};
    const auto self = std::static_pointer_cast<PendingCall>(shared_from_this());
    self_ = self;
    Reply reply;
    id_ = instance_->call(arguments, {&PendingCall::on_answer, this}, self, reply).id;
    if (id_ != 0) return std::nullopt;
    self_.reset();
    begun_ = reply.answer().fault != Fault::not_running;
    return instance_->result_of(reply.answer(), request_.budget_ns);
  }
  // The request when the instance did not take it.
  std::optional<CallRequest> take_back() {
    return begun_ ? std::nullopt : std::optional<CallRequest>(std::move(request_));
  }

 protected:
  void on_cancel() override { instance_->cancel(id_); }

 private:
  static void on_answer(void* context, const Answer& answer) {
    auto* me = static_cast<PendingCall*>(context);
    // The callback's own share of it ends here.
    const std::shared_ptr<PendingCall> self = std::move(me->self_);
    self->begun_ = answer.fault != Fault::not_running;
    self->deliver(self->instance_->result_of(answer, self->request_.budget_ns));
  }

  const std::shared_ptr<Instance> instance_;
  CallRequest request_;
  std::uint64_t id_ = 0;
  bool begun_ = true;
  std::shared_ptr<PendingCall> self_;
};

}  // namespace

boost::asio::awaitable<Result<std::string>> async_call(std::shared_ptr<Instance> instance, CallRequest request,
                                                       std::optional<CallRequest>* not_begun) {
  const auto pending = std::make_shared<PendingCall>(std::move(instance), std::move(request));
  Outcome outcome = pending->begin();
  if (!outcome) outcome = co_await pending->wait();
  if (not_begun != nullptr) *not_begun = pending->take_back();
  co_return *std::move(outcome);
}

}  // namespace slipway::runtime
