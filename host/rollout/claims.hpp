// Each host name leads to one application of the site: who has it stands in the store, and changes in the write that
// changes the application's hosts.
#pragma once

#include "host/rollout/store.hpp"

namespace slipway::rollout {

struct Claimant {
  std::string tenant;
  std::string application;
};

// What the write of a change from the hosts `before` to `after` has to hold and to put for it. ALREADY_EXISTS names a
// host that leads to another application; one of another tenant is not named. A host that an older version of Slipway
// has stored with the application alone is claimed by the next change of that.
Later<storage::WriteRequest> claim(Store& store, Claimant who, std::vector<std::string> before,
                                   std::vector<std::string> after);

// Both as one batch: what `other` holds, puts and removes comes last, what it appends first, since callers take the
// versions of their own from the front and the sequences from the end.
void join(storage::WriteRequest& batch, storage::WriteRequest other);

}  // namespace slipway::rollout
