#include "tools/kit/subject.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <thread>

#include "tools/kit/loaded.hpp"

namespace slipway::kit {
namespace {

// Nanoseconds that this thread was ready and another one had the processor (proc(5), schedstat): no fault of a
// plugin's.
std::chrono::nanoseconds waited_for_processor() {
  std::ifstream file("/proc/thread-self/schedstat");
  std::int64_t running = 0;
  std::int64_t waiting = 0;
  return file >> running >> waiting ? std::chrono::nanoseconds(waiting) : std::chrono::nanoseconds(0);
}

// A port of the loopback interface that nobody listens at now.
std::string free_port() {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = ::bind(socket, any, size) == 0 && ::getsockname(socket, any, &size) == 0;
  ::close(socket);
  if (!bound) fail("the kit finds no free port");
  return std::to_string(ntohs(address.sin_port));
}

// With its variables replaced.
std::string filled_in(std::string config, std::size_t instance) {
  const std::pair<std::string_view, std::string> variables[] = {
      {"${folder}", std::filesystem::current_path().string()},
      {"${instance}", std::to_string(instance)},
      {"${port}", config.find("${port}") == config.npos ? "" : free_port()}};
  for (const auto& [name, value] : variables) {
    for (auto at = config.find(name); at != config.npos; at = config.find(name, at + value.size()))
      config.replace(at, name.size(), value);
  }
  return config;
}

// The thread waits for the end of the process, so that no later one gets its identity.
void on_a_thread_that_stays(const std::function<void()>& run) {
  const auto done = std::make_shared<std::promise<void>>();
  std::thread([&run, done] {
    run();
    done->set_value();
    while (true) ::pause();
  }).detach();
  done->get_future().wait();
}

bool all_completed(const TestHost& host, const std::vector<std::uint64_t>& ids) {
  return std::ranges::all_of(ids, [&](std::uint64_t id) { return host.completion(id).has_value(); });
}

}  // namespace

Subject::Subject(Context& context, const slipway_plugin& table, std::string name, Strand strand)
    : context_(context),
      table_(table),
      strand_(strand),
      make_(table.create),
      host_(TestHost::make(context, std::move(name))) {}

std::string Subject::named(const std::string& phase) const {
  return host_.name().empty() ? phase : phase + " (" + host_.name() + ")";
}

void Subject::measured(const std::string& phase, const std::function<void()>& function) {
  const auto begin = Clock::now();
  const auto waited = waited_for_processor();
  function();
  const auto blocked = Clock::now() - begin - (waited_for_processor() - waited);
  const std::lock_guard lock(mutex_);
  if (blocked > longest_.time) longest_ = {blocked, phase};
}

void Subject::enter(const std::string& phase, const std::function<void()>& function) {
  context_.board.at(named(phase));
  const auto run = [&] { measured(phase, function); };
  if (strand_ == Strand::one_thread) {
    run();
  } else if (++entered_ == 1) {
    on_a_thread_that_stays(run);
  } else if (entered_ % 2 == 0) {
    run();
  } else {
    std::thread(run).join();
  }
  context_.board.at("after " + named(phase));
}

Completion Subject::try_to_create() {
  const std::string text = filled_in(context_.config, ++context_.instances);
  const Borrowed config(text, "the bytes of the configuration");
  slipway_blob error{};
  slipway_status status = SLIPWAY_INTERNAL;
  enter("create", [&] { status = make_(host_.table(), config.span(), &instance_, &error); });
  std::string reason = take(error);
  if (status == SLIPWAY_OK && instance_ == nullptr) fail("create says OK and fills in no instance");
  return {status, status == SLIPWAY_OK ? "" : text + " with status " + std::to_string(status) + ": " + reason};
}

void Subject::create() {
  const Completion made = try_to_create();
  if (made.status != SLIPWAY_OK)
    fail("create refuses the configuration " + made.payload + "; another one can be given with --config");
}

Completion Subject::try_to_start() {
  slipway_blob error{};
  slipway_status status = SLIPWAY_INTERNAL;
  // While start runs its threads may use the host already.
  host_.enter(State::started);
  enter("start", [&] { status = table_.start(instance_, &error); });
  return {status, take(error)};
}

void Subject::start() {
  const Completion started = try_to_start();
  if (started.status != SLIPWAY_OK)
    fail("start fails with status " + std::to_string(started.status) + ": " + started.payload);
}

void Subject::quiesce() {
  host_.enter(State::draining);
  enter("quiesce", [&] { table_.quiesce(instance_); });
}

void Subject::destroy() {
  host_.release_payloads();
  host_.enter(State::stopped);
  enter("destroy", [&] { table_.destroy(instance_); });
  instance_ = nullptr;
  host_.close();
}

std::uint64_t Subject::begin(const Method& method, std::string_view payload, std::chrono::nanoseconds budget) {
  const std::uint64_t id = host_.open(method.label());
  const Borrowed document(payload, "the bytes of a request");
  const Borrowed trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "the bytes of a trace context");
  const Borrowed tenant("kit", "the bytes of a tenant");
  const Borrowed subject("kit@example.org", "the bytes of a subject");
  const Borrowed roles("viewer,operator", "the bytes of the roles");
  const slipway_call call{.size = sizeof(slipway_call),
                          .interface_index = method.interface_index,
                          .method = method.number,
                          .reserved = 0,
                          .id = id,
                          .budget_ns = budget.count(),
                          .payload = document.span(),
                          .traceparent = trace.span(),
                          .tenant = tenant.span(),
                          .subject = subject.span(),
                          .roles = roles.span()};
  const Borrowed bytes({reinterpret_cast<const char*>(&call), sizeof call}, "the fields of a call");
  enter("invoke of " + method.label(),
        [&] { table_.invoke(instance_, static_cast<const slipway_call*>(bytes.data())); });
  return id;
}

void Subject::cancel(std::uint64_t id) {
  host_.give_up(id);
  enter("cancel of a call of " + host_.label(id), [&] { table_.cancel(instance_, id); });
}

Completion Subject::await(std::uint64_t id) {
  await_all({id});
  return *host_.completion(id);
}

void Subject::await_all(const std::vector<std::uint64_t>& ids) {
  if (deliver_until([&] { return all_completed(host_, ids); }, kBudget)) return;
  for (const std::uint64_t id : ids) {
    if (!host_.completion(id)) cancel(id);
  }
  if (deliver_until([&] { return all_completed(host_, ids); }, kPatience)) return;
  for (const std::uint64_t id : ids) {
    if (host_.completion(id)) continue;
    fail("never answers " + host_.label(id) + ": its deadline has passed, it was cancelled, and " +
         std::to_string(kPatience.count()) + " ms later there is no completion");
  }
}

bool Subject::deliver_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (true) {
    const std::uint64_t changes = host_.changes();
    if (done()) return true;
    if (Clock::now() >= end) return false;
    if (const auto delivery = host_.next()) {
      hand_over(*delivery);
    } else {
      host_.wait(changes, end);
    }
  }
}

void Subject::deliver_for(std::chrono::milliseconds time) {
  deliver_until([] { return false; }, time);
}

void Subject::hand_over(const Delivery& delivery) {
  if (delivery.kind == Delivery::Kind::wake)
    return enter("on_wake", [&] { table_.on_wake(instance_, delivery.token); });
  const Borrowed payload(delivery.payload, "the bytes of an answer of the host's");
  enter("on_reply", [&] { table_.on_reply(instance_, delivery.token, delivery.status, payload.span()); });
}

}  // namespace slipway::kit
