// The steps themselves. A released one stays as it is.
#pragma once

#include <algorithm>
#include <array>

#include "plugins/storage/postgres/schema.hpp"

namespace slipway::postgres {

// Names have the collation "C": their order is that of their bytes. A role sees the rows of the tenants that a
// transaction has named, and reads those of all only where it says so. FORCE holds the owner to it too.
inline constexpr std::array<Migration, 1> kSteps{{{1, 1, "records, streams, leases and batches", R"sql(
CREATE FUNCTION now_ns() RETURNS bigint LANGUAGE sql VOLATILE
  RETURN (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000;
CREATE TABLE records (
  tenant text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
  value text NOT NULL, version bigint NOT NULL, updated_at bigint NOT NULL, PRIMARY KEY (kind, tenant, id));
CREATE TABLE streams (
  tenant text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL,
  first bigint NOT NULL, last bigint NOT NULL, PRIMARY KEY (tenant, name));
CREATE TABLE entries (
  tenant text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, sequence bigint NOT NULL,
  value text NOT NULL, at bigint NOT NULL, PRIMARY KEY (tenant, name, sequence));
CREATE TABLE leases (
  name text COLLATE "C" PRIMARY KEY, owner text NOT NULL, token bigint NOT NULL,
  granted_at bigint NOT NULL, expires_at bigint NOT NULL);
CREATE TABLE batches (name text COLLATE "C" PRIMARY KEY, reply text NOT NULL, at bigint NOT NULL);
CREATE INDEX batches_by_age ON batches (at);
CREATE TABLE commits (id text COLLATE "C" PRIMARY KEY, at bigint NOT NULL);
CREATE INDEX commits_by_age ON commits (at);

ALTER TABLE records ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE streams ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY named_tenants ON records
  USING (tenant = ANY ((SELECT nullif(current_setting('slipway.tenants', true), '')::text[])::text[]));
CREATE POLICY named_tenants ON streams
  USING (tenant = ANY ((SELECT nullif(current_setting('slipway.tenants', true), '')::text[])::text[]));
CREATE POLICY named_tenants ON entries
  USING (tenant = ANY ((SELECT nullif(current_setting('slipway.tenants', true), '')::text[])::text[]));
CREATE POLICY every_tenant ON records FOR SELECT
  USING ((SELECT current_setting('slipway.every_tenant', true)) = 'yes');
CREATE POLICY every_tenant ON streams FOR SELECT
  USING ((SELECT current_setting('slipway.every_tenant', true)) = 'yes');
CREATE POLICY every_tenant ON entries FOR SELECT
  USING ((SELECT current_setting('slipway.every_tenant', true)) = 'yes');
)sql"}}};
static_assert(std::ranges::is_sorted(kSteps, {}, &Migration::needs), "what a step took away is not there again");

}  // namespace slipway::postgres
