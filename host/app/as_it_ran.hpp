// A profile may leave versions open, and then it stands for the newest ones that are installed. To go back to a
// revision means the versions that it ran: what was gone back from may be the newest.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/config/site_config.hpp"
#include "host/lifecycle/plan.hpp"
#include "host/lifecycle/revisions.hpp"

namespace slipway::app {

lifecycle::Versions versions_of(const lifecycle::Plan& plan);

// What a start took otherwise than the revision ran it: "canary 0.1.0 -> 0.1.4", of those that both have. Revisions of
// before versions were kept have none.
std::string moved_versions(const lifecycle::Versions& before, const lifecycle::Versions& now);

// The document with the version of each instance that would run in another one by now. A version that is not installed
// any more stays as open as it was, with a line in `told`, and a document that is refused stays as it is. Blocks on the
// disk.
Json as_it_ran(Json document, const lifecycle::Versions& ran, const config::SiteConfig& site,
               const std::map<std::string, std::string>& variables, std::vector<std::string>& told);

}  // namespace slipway::app
