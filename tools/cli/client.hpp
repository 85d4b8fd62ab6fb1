// The REST API from the command line's side, over libcurl.
#pragma once

#include <functional>
#include <map>
#include <slipway/json.hpp>
#include <string>

#include "tools/cli/exit.hpp"

namespace slipway::cli {

struct Connection {
  std::string url;     // "http://127.0.0.1:7070"
  std::string token;   // may be empty
  std::string tenant;  // may be empty
};

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  Json body;
  std::string text;
};

struct ServerEvent {
  std::string id;
  std::string type;
  Json data;
};

class Client {
 public:
  explicit Client(Connection connection);

  // The answer; Failure with the problem's sentences for any status of 400 and above.
  Reply get(const std::string& path, long patience_s = 60);
  Reply send(const std::string& method, const std::string& path, const Json& body,
             const std::map<std::string, std::string>& headers = {});
  // Every entry of a list, page by page.
  Json list(const std::string& path);
  // Streams events until `on_event` answers false, or `patience_s` seconds passed (0: no end). Resumes after `last_id`
  // when not empty, and by itself when the connection is lost.
  void events(const std::string& path, std::string last_id, long patience_s,
              const std::function<bool(const ServerEvent&)>& on_event);

  [[nodiscard]] const Connection& connection() const { return connection_; }

 private:
  Connection connection_;
};

// The sentences of a problem document, one a line.
std::string problem_text(const Json& problem);

}  // namespace slipway::cli
