#include "tools/kit/scenario.hpp"

#include <slipway/interfaces/plugin.hpp>
#include <thread>

#include "tools/kit/generator.hpp"

namespace slipway::kit {

std::string request_for(const Method& method, base::Random& random) {
  return method.is_known() ? to_text(make_document(method.request, random)) : "{}";
}

void call_everything(Context& context, Subject& subject, const std::vector<Method>& methods) {
  std::vector<std::uint64_t> ids;
  for (const Method& method : methods) ids.push_back(subject.begin(method, request_for(method, context.random)));
  subject.await_all(ids);
}

Method health(const slipway_plugin& table) {
  for (const Method& method : methods_of(table)) {
    if (method.interface == plugin::kId && method.name == plugin::Health::name) return method;
  }
  fail("provides no " + std::string(plugin::kId) + "; every plugin answers health and quiesce");
}

void live(Context& context, const slipway_plugin& table, const std::function<void(const std::string& part)>& look) {
  Subject subject(context, table);
  look("");
  subject.create();
  look("create");
  subject.start();
  look("start");
  std::vector<std::uint64_t> ids;
  for (const Method& method : methods_of(table)) {
    ids.push_back(subject.begin(method, request_for(method, context.random)));
    look("a call of " + method.label());
  }
  subject.await_all(ids);
  look("its calls");
  subject.quiesce();
  look("quiesce");
  subject.destroy();
  look("destroy");
}

void fail_if_it_repeats(const std::function<std::optional<std::string>()>& attempt) {
  constexpr int kAttempts = 3;
  std::optional<std::string> fault;
  for (int i = 0; i < kAttempts; ++i) {
    fault = attempt();
    if (!fault) return;
  }
  fail(*fault);
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (!holds()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace slipway::kit
