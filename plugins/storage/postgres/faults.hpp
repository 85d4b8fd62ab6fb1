// What the answers of PostgreSQL mean to a caller of the store.
#pragma once

#include <slipway/status.hpp>
#include <string>
#include <string_view>

namespace slipway::postgres {

enum class Remedy {
  none,       // it fails again in the same way
  again,      // another transaction was in the way: once more on this connection
  reconnect,  // this connection is lost, or leads to a server that takes no writes
  find_out,   // the connection was lost while it committed: look on another whether it was done
};

// Of one statement or connection.
class Fault : public Error {
 public:
  Fault(Remedy remedy, Status status) : Error(std::move(status)), remedy_(remedy) {}
  [[nodiscard]] Remedy remedy() const { return remedy_; }

 private:
  Remedy remedy_;
};

// `name` is Target::name, `state` an SQLSTATE (PostgreSQL 15, appendix A), `said` the server's own text.
Fault fault_of(const std::string& name, std::string_view state, const std::string& said);
Fault lost(const std::string& name, const std::string& said);

}  // namespace slipway::postgres
