/* The header is C11: it compiles here without any C++. */
#include <slipway/abi/plugin.h>

_Static_assert(offsetof(slipway_call, size) == 0, "every struct begins with its size");
_Static_assert(offsetof(slipway_host, size) == 0, "every struct begins with its size");
_Static_assert(offsetof(slipway_plugin, size) == 0, "every struct begins with its size");

uint64_t slipway_test_sizes(uint32_t which);
uint64_t slipway_test_sizes(uint32_t which) {
  switch (which) {
    case 0:
      return sizeof(slipway_span);
    case 1:
      return sizeof(slipway_blob);
    case 2:
      return sizeof(slipway_call);
    case 3:
      return sizeof(slipway_host);
    default:
      return sizeof(slipway_plugin);
  }
}
