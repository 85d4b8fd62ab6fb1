// What people do in a story.
#include "tests/simulation/story.hpp"

namespace slipway::sim {
namespace {

// A whole application once more, as far as it is not there, and a rollout of one of its releases.
rollout::Control::Answer<rollout::Rollout> made(rollout::Engine& engine, rollout::Actor actor, Product product,
                                                std::vector<std::string> releases, rollout::RolloutRequest request) {
  const std::string name = product.spec.name;
  const auto put = co_await engine.put_application(actor, std::move(product.spec), {}, rollout::Mode::commit);
  if (!put.ok()) co_return put.status();
  for (const std::string& release : releases) {
    rollout::ReleaseRequest wanted{.release = {.version = release, .command = {"/bin/app"}}};
    const auto created = co_await engine.create_release(actor, name, std::move(wanted), rollout::Mode::commit);
    if (!created.ok() && created.status().code != Code::already_exists) co_return created.status();
  }
  co_return co_await engine.start_rollout(actor, std::move(request));
}

}  // namespace

bool Story::find_host(base::Random& dice) {
  const Side wish = dice.below(2) == 0 ? Side::second : Side::first;
  for (const Side side : {wish, Side::first, Side::second}) {
    const auto known = booted_.find(side);
    if (known == booted_.end() || !world_.up(side)) continue;
    world_.use(side);
    if (known->second->has_value()) return true;
  }
  return false;
}

void Story::people(const Mishap& mishap, base::Random& dice) {
  if (!find_host(dice)) return;
  switch (mishap.kind) {
    case Mischief::deploy:
      return deploy(mishap.application, dice, rollout::Supersede::refuse);
    case Mischief::replace:
      return deploy(mishap.application, dice, rollout::Supersede::replace);
    case Mischief::resize:
      return resize(mishap.application, dice);
    default: {
      const auto action = *enum_from<rollout::Action>(to_name(mishap.kind));
      const std::string& name = name_of(mishap.application);
      const std::string id = dice.below(4) == 0 ? newest(name) : under_way(name);
      if (id.empty()) return;
      act(id, action, dice.below(4) == 0);
      // Who can't wait for a gradual way back says it twice.
      const bool back = action == rollout::Action::abort || action == rollout::Action::rollback;
      if (back && dice.below(2) == 0) act(id, action, false);
    }
  }
}

void Story::deploy(std::size_t product, base::Random& dice, rollout::Supersede supersede) {
  rollout::RolloutRequest request{.application = name_of(product),
                                  .release = any_release(product, dice),
                                  .supersede = supersede,
                                  .reason = word_text(++last_word_)};
  say(world_.engine().start_rollout(world_.somebody, std::move(request)), last_word_);
}

void Story::resize(std::size_t product, base::Random& dice) {
  auto spec = plan_.products[product].spec;
  spec.replicas = 2 + static_cast<std::int32_t>(dice.below(3));
  auto box = std::make_shared<std::optional<Result<rollout::Control::PutApplication>>>();
  world_.begin(world_.engine().put_application(world_.somebody, spec, {}, rollout::Mode::commit), box);
}

void Story::act(const std::string& id, rollout::Action action, bool full) {
  rollout::ActionRequest request{.full = full, .reason = word_text(++last_word_)};
  say(world_.engine().act(world_.somebody, id, action, std::move(request), {}, rollout::Mode::commit), last_word_);
}

void Story::say(rollout::Control::Answer<rollout::Rollout> answer, int word) {
  said_.push_back({word, std::make_shared<std::optional<Result<rollout::Rollout>>>()});
  world_.begin(std::move(answer), said_.back().answer);
}

// Who is drained and who is stopped: either host, where there are two.
void Story::oversee(const Mishap& mishap, base::Random& dice) {
  const Side side = plan_.two_hosts && dice.below(2) == 0 ? Side::second : Side::first;
  const Duration away = milliseconds(static_cast<std::int64_t>(500 + dice.below(15'000)));
  if (mishap.kind == Mischief::stop) return stop(side, away);
  if (!find_host(dice)) return;
  switch (mishap.kind) {
    case Mischief::drain:
      return drain(side, rollout::Draining::yes);
    case Mischief::undrain:
      return drain(side, rollout::Draining::no);
    case Mischief::remove:
      return remove(name_of(mishap.application));
    default:
      return make(mishap.application, dice);
  }
}

void Story::drain(Side side, rollout::Draining draining) {
  const std::string host = side == Side::first ? "first" : "second";
  auto box = std::make_shared<std::optional<Result<rollout::HostInfo>>>();
  world_.begin(world_.engine().drain_host(world_.somebody, host, draining, rollout::Mode::commit), box);
}

// As SIGTERM does, and its service is started again some time later.
void Story::stop(Side side, Duration away) {
  if (!world_.up(side) || stopping_.contains(side)) return;
  down_until_[side] = world_.time.clock().steady_ns() + away.ns;
  stopping_[side] = world_.begin_stop(side);
}

// The process ends when its engine has stopped; another end may have come before.
void Story::look_after_stops() {
  std::erase_if(stopping_, [this](const auto& entry) {
    const auto& [side, stopped] = entry;
    const bool died = stopped.use_count() == 1;
    if (!died && !stopped->has_value()) return false;
    if (stopped->has_value() && (*stopped)->ok()) ++watch_.sights["hosts stopped in order"];
    if (stopped->has_value()) note("a host has stopped: " + to_string(**stopped));
    if (!died || stopped->has_value()) world_.crash(side);
    return true;
  });
}

void Story::remove(const std::string& application) {
  auto box = std::make_shared<std::optional<Result<Empty>>>();
  world_.begin(world_.engine().delete_application(world_.somebody, application, {}, rollout::Mode::commit), box);
}

void Story::make(std::size_t number, base::Random& dice) {
  const Product& product = plan_.products[number];
  std::vector<std::string> releases;
  for (std::size_t i = 0; i <= product.releases.size(); ++i) releases.push_back(release_name(number, i));
  rollout::RolloutRequest request{
      .application = product.spec.name, .release = any_release(number, dice), .reason = word_text(++last_word_)};
  say(made(world_.engine(), world_.somebody, product, std::move(releases), std::move(request)), last_word_);
}

}  // namespace slipway::sim
