// What the provider tells the outside: log lines and "something changed". Tests put a fake here.
#pragma once

#include <string>

namespace slipway::local {

enum class Level { kDebug, kInfo, kWarn, kError };

class Notices {
 public:
  virtual ~Notices() = default;
  virtual void log(Level level, const std::string& text) = 0;
  // An observation of the application would differ from the last one.
  virtual void changed(const std::string& tenant, const std::string& application) = 0;
};

}  // namespace slipway::local
