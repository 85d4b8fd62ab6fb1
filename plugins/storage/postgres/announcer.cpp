#include "plugins/storage/postgres/announcer.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "plugins/storage/postgres/connection.hpp"

namespace slipway::postgres {
namespace {

constexpr Duration kPatience = seconds(5);  // with a statement, before the connection is given up

// Who ends must not wait long for a server that does not answer.
Target hurried(Target target) {
  for (std::string& server : target.servers) server += " connect_timeout=2";
  target.timeouts.statement = seconds(3);
  return target;
}

int new_bell() {
  const int bell = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (bell < 0) throw Error(Code::resource_exhausted, "eventfd: " + std::generic_category().message(errno));
  return bell;
}

}  // namespace

void Announcer::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

Announcer::Announcer(AnnouncerSettings settings)
    : settings_(std::move(settings)), bell_(new_bell()), thread_([this] { run(); }) {}

Announcer::~Announcer() {
  stop();
  ::close(bell_);
}

void Announcer::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ended_.notify_one();
  wake();
  if (thread_.joinable()) thread_.join();
}

void Announcer::announce() {
  if (!told_.exchange(true)) wake();
}

void Announcer::wake() {
  const std::uint64_t one = 1;
  (void)!::write(bell_, &one, sizeof one);
}

void Announcer::run() {
  while (!ending_) {
    if (!connection_ && !connect()) {
      rest(settings_.again);
      continue;
    }
    wait();
    if (told_.exchange(false) && !execute("NOTIFY slipway")) continue;
    if (hears()) pass_on();
    rest(settings_.pause);
  }
}

// To the server that a connection of the store would be to, and never to a primary that was replaced.
bool Announcer::connect() {
  try {
    const Connection guide(hurried(settings_.target));
    connection_.reset(PQconnectdb(guide.server().c_str()));
  } catch (const Fault&) {
    return false;
  }
  listening_ = execute("LISTEN slipway");
  // What was said since the last connection nobody has heard.
  if (listening_ && std::exchange(has_listened_, true)) pass_on();
  return listening_;
}

// Who has asked for the end must not be told anything while it waits for it.
void Announcer::pass_on() {
  const std::lock_guard lock(mutex_);
  if (!ending_) settings_.heard();
}

bool Announcer::execute(const char* sql) {
  bool done = PQstatus(connection_.get()) == CONNECTION_OK;
  if (done) {
    const Watchdog::Watch watch(*settings_.target.watchdog, PQsocket(connection_.get()), kPatience);
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection_.get(), sql), &PQclear);
    done = PQresultStatus(result.get()) == PGRES_COMMAND_OK;
  }
  if (!done) {
    listening_ = false;
    connection_.reset();
  }
  return done;
}

bool Announcer::hears() {
  if (PQconsumeInput(connection_.get()) == 0) {
    listening_ = false;
    connection_.reset();
    return false;
  }
  bool others = false;
  while (PGnotify* notify = PQnotifies(connection_.get())) {
    others = others || notify->be_pid != PQbackendPID(connection_.get());
    PQfreemem(notify);
  }
  return others;
}

void Announcer::wait() {
  std::array<pollfd, 2> ready{{{bell_, POLLIN, 0}, {PQsocket(connection_.get()), POLLIN, 0}}};
  (void)::poll(ready.data(), ready.size(), -1);
  std::uint64_t rings = 0;
  (void)!::read(bell_, &rings, sizeof rings);
}

// What is told or heard meanwhile has time; the end has none.
void Announcer::rest(Duration duration) {
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, std::chrono::nanoseconds(duration.ns), [this] { return ending_.load(); });
}

}  // namespace slipway::postgres
