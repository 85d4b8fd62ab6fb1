// Writing an app: a class that names its routes once, each with the function that answers, and one macro line.
//
//   class Notes final : public slipway::App<Settings> {
//    public:
//     Notes(slipway::Host& host, Settings settings) : App(host, std::move(settings)) {
//       serve({app::Verb::get, "/api/notes/{id}", app::Access::read, "One note."},
//             [this](app::HandleRequest request) { return show(std::move(request)); });
//     }
//    private:
//     slipway::task<app::HandleReply> show(app::HandleRequest request) { … }
//   };
//   SLIPWAY_PLUGIN(Notes)
//
// A handler is a member function, a coroutine; the lambda only leads to it. Throw Error to refuse: NOT_FOUND becomes
// 404, INVALID_ARGUMENT 400, and so on. A class that wants events says `hear` and has an on_event of its own; one with
// work of its own has a tick.
#pragma once

#include <functional>
#include <slipway/interfaces/app.hpp>
#include <slipway/plugin.hpp>

namespace slipway {

template <class SettingsType>
class App : public Plugin<SettingsType> {
 public:
  using Serves = Interfaces<app::Interface>;
  using Handler = std::function<task<app::HandleReply>(app::HandleRequest)>;
  using Plugin<SettingsType>::Plugin;

  app::RoutesReply routes(const Empty&) { return offer_; }
  task<app::HandleReply> handle(app::HandleRequest request) {
    const auto route = static_cast<std::size_t>(request.route);
    if (route >= handlers_.size())
      throw Error(Code::not_found, "there is no route " + std::to_string(route) + "; there are " +
                                       std::to_string(handlers_.size()) + ", counted from 0");
    return handlers_[route](std::move(request));
  }
  Empty on_event(const app::Event&) { return {}; }
  app::TickReply tick(const app::TickRequest&) { return {}; }

 protected:
  ~App() = default;
  // Both in the constructor.
  void serve(app::Route route, Handler handler) {
    offer_.routes.push_back(std::move(route));
    handlers_.push_back(std::move(handler));
  }
  void hear(std::string type) { offer_.events.push_back(std::move(type)); }

 private:
  app::RoutesReply offer_;
  std::vector<Handler> handlers_;
};

}  // namespace slipway
