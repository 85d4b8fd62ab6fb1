// A group of writes on a connection, as one transaction: begin, load, the rules, save, commit.
#pragma once

#include <set>
#include <string>

#include "plugins/storage/postgres/connection.hpp"
#include "plugins/storage/postgres/group.hpp"

namespace slipway::postgres {

// Opens a transaction in which the rows of these tenants, and no others, can be seen and written.
void begin(Connection& connection, const std::set<std::string>& tenants);
// The same for a transaction that is open.
void name_tenants(Connection& connection, const std::set<std::string>& tenants);
// Shows the rows of these tenants, and no others, to what is read on the connection outside of transactions, from now
// on; free of charge where that is so already.
void see(Connection& connection, const std::set<std::string>& tenants);
// Opens one that sees, and does not write, the rows of every tenant.
void begin_for_every_tenant(Connection& connection);
void roll_back(Connection& connection) noexcept;

// Leaves the mark of a group in its transaction; false when a transaction with this mark has been committed. Waits for
// one that is under way elsewhere.
bool mark(Connection& connection, const std::string& id);

// Reads what is wanted and locks it until the transaction ends, in an order that is the same everywhere.
void load(Connection& connection, const Wanted& wanted, Group& group);

// The server's time; after load, so that no wait for a lock lies between it and what is decided by it.
Instant now(Connection& connection);

// Writes what has changed. Throws Fault "again" when another transaction has made what was not there.
void save(Connection& connection, const Group& group);

// For a group about nothing but leases, which needs neither a transaction nor a mark, as asking again does no harm.
// Loads without a lock, and tells the server's time.
Instant load_leases(Connection& connection, const Wanted& wanted, Group& group);
// Throws Fault "again" when a lease is not as it was loaded; the others may have been saved.
void save_leases(Connection& connection, const Group& group);

// Forgets marks and names of batches that are too old, a bounded number at a time. True when there may be
// more of them.
bool tidy(Connection& connection);

}  // namespace slipway::postgres
