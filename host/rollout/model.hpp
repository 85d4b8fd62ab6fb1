// The documents of delivery: what people write, what is stored, and what the API shows. The OpenAPI schemas are made
// from these structs.
#pragma once

#include "host/rollout/application_model.hpp"
#include "host/rollout/rollout_model.hpp"
