// What plugins ask of the host, and what other plugins answer to it: "SERVICE METHOD", a line end, the request, and
// behind another line end the answer of the binding that it leads to. All is granted but the network. Each request is
// answered, by a document or by a refusal that says why.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <slipway/json.hpp>

#include "host/services/http_service.hpp"
#include "host/services/plain_services.hpp"
#include "tests/fuzz/harness.hpp"

namespace {

using namespace slipway;
using namespace slipway::services;
using slipway::fuzz::require;

// The text up to the line end, which is taken away with it.
std::string take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string line(text.substr(0, end));
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

class OneAnswer final : public bridge::Caller {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {}
  boost::asio::awaitable<Result<std::string>> call(std::string_view, std::string_view, std::uint32_t,
                                                   std::string payload, bridge::CallContext context) override {
    require(parse_json(payload).ok(), "what is handed on is a document");
    require(context.budget_ns <= milliseconds(1).ns, "a call has no longer than its request");
    co_return answer_;
  }

 private:
  const std::string answer_;
};

struct NoEvents final : EventSink {
  void emit(const std::string&, const std::string&, const Json&) override {}
};

Requester trusted() {
  Requester requester;
  requester.instance = "plugin";
  requester.permissions.secrets = requester.permissions.store = {{"*"}};
  requester.permissions.bindings = requester.permissions.events = {{"*"}};
  return requester;
}

void check(const Result<std::string>& result) {
  if (!result.ok()) return require(!result.status().message.empty(), "a refusal says why");
  const auto reply = parse_json(*result);
  require(reply.ok() && reply->is_object(), "an answer is a document");
}

boost::asio::awaitable<void> ask(Service& service, const Request& request, bool& answered) {
  check(co_await service.handle(request));
  answered = true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  std::string line = take_line(text);
  std::string payload = take_line(text);
  const std::string named = line.substr(0, line.find(' '));
  boost::asio::io_context context;
  OneAnswer caller{std::string(text)};
  NoEvents sink;
  HttpClient client(context.get_executor(), {});
  HttpService http(client);
  TimersService timers;
  SecretsService secrets(caller);
  EventsService events(sink);
  BindingsService bindings(caller);
  StoreService store(caller);
  Service* const services[] = {&http, &timers, &secrets, &events, &bindings, &store};
  const Requester requester = trusted();
  for (Service* service : services) {
    if (service->name() != named) continue;
    const Request request{requester, line.substr(std::min(line.size(), named.size() + 1)), std::move(payload),
                          milliseconds(1).ns};
    bool answered = false;
    boost::asio::co_spawn(context, ask(*service, request, answered), [](const std::exception_ptr& failure) {
      require(failure == nullptr, "a request that is bad is no exception");
    });
    context.run();
    require(answered, "each request is answered");
    break;
  }
  return 0;
}
