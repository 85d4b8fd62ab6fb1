/* Describes slipway/abi/plugin.h as the compiler sees it: one line for each struct, each of its fields in order with
 * its type, and each constant. tests/abi/plugin_1.txt keeps what was released. It is compiled against the kept headers
 * of older releases too: what a later minor version appends stands below #if SLIPWAY_ABI_MINOR >= that version. */
#include <slipway/abi/plugin.h>
#include <stdio.h>

#define STRUCT(type) printf("struct %s size %zu align %zu\n", #type, sizeof(type), _Alignof(type))
/* What each function takes and returns is held below. */
#define NAME_OF_TYPE(value) \
  _Generic((value), \
      uint32_t : "uint32_t", \
      uint64_t : "uint64_t", \
      int64_t : "int64_t", \
      void* : "void*", \
      const uint8_t* : "const uint8_t*", \
      const slipway_span* : "const slipway_span*", \
      slipway_span : "slipway_span", \
      default : "function")
#define FIELD(type, field)                                                                                             \
  printf("field %s.%s offset %zu size %zu type %s\n", #type, #field, offsetof(type, field), sizeof(((type*)0)->field), \
         NAME_OF_TYPE(((type*)0)->field))
#define NUMBER(name) printf("constant %s %lld\n", #name, (long long)(name))
#define TEXT(name) printf("constant %s \"%s\"\n", #name, name)

/* A slot that is a pointer has a size as well. NOLINTBEGIN(bugprone-sizeof-expression) */
static void bytes(void) {
  STRUCT(slipway_span);
  FIELD(slipway_span, data);
  FIELD(slipway_span, size);
  STRUCT(slipway_blob);
  FIELD(slipway_blob, data);
  FIELD(slipway_blob, size);
  FIELD(slipway_blob, owner);
  FIELD(slipway_blob, release);
}

static void call(void) {
  STRUCT(slipway_call);
  FIELD(slipway_call, size);
  FIELD(slipway_call, interface_index);
  FIELD(slipway_call, method);
  FIELD(slipway_call, reserved);
  FIELD(slipway_call, id);
  FIELD(slipway_call, budget_ns);
  FIELD(slipway_call, payload);
  FIELD(slipway_call, traceparent);
  FIELD(slipway_call, tenant);
  FIELD(slipway_call, subject);
  FIELD(slipway_call, roles);
}

static void host(void) {
  STRUCT(slipway_host);
  FIELD(slipway_host, size);
  FIELD(slipway_host, abi_minor);
  FIELD(slipway_host, context);
  FIELD(slipway_host, complete);
  FIELD(slipway_host, is_cancelled);
  FIELD(slipway_host, request);
  FIELD(slipway_host, wake);
  FIELD(slipway_host, log);
  FIELD(slipway_host, metric);
}

static void plugin(void) {
  STRUCT(slipway_plugin);
  FIELD(slipway_plugin, size);
  FIELD(slipway_plugin, abi_major);
  FIELD(slipway_plugin, abi_minor);
  FIELD(slipway_plugin, min_host_minor);
  FIELD(slipway_plugin, interfaces);
  FIELD(slipway_plugin, interface_count);
  FIELD(slipway_plugin, reserved);
  FIELD(slipway_plugin, create);
  FIELD(slipway_plugin, start);
  FIELD(slipway_plugin, invoke);
  FIELD(slipway_plugin, cancel);
  FIELD(slipway_plugin, on_reply);
  FIELD(slipway_plugin, on_wake);
  FIELD(slipway_plugin, quiesce);
  FIELD(slipway_plugin, destroy);
}

static void statuses(void) {
  NUMBER(SLIPWAY_OK);
  NUMBER(SLIPWAY_CANCELLED);
  NUMBER(SLIPWAY_UNKNOWN);
  NUMBER(SLIPWAY_INVALID_ARGUMENT);
  NUMBER(SLIPWAY_DEADLINE_EXCEEDED);
  NUMBER(SLIPWAY_NOT_FOUND);
  NUMBER(SLIPWAY_ALREADY_EXISTS);
  NUMBER(SLIPWAY_PERMISSION_DENIED);
  NUMBER(SLIPWAY_RESOURCE_EXHAUSTED);
  NUMBER(SLIPWAY_FAILED_PRECONDITION);
  NUMBER(SLIPWAY_ABORTED);
  NUMBER(SLIPWAY_OUT_OF_RANGE);
  NUMBER(SLIPWAY_UNIMPLEMENTED);
  NUMBER(SLIPWAY_INTERNAL);
  NUMBER(SLIPWAY_UNAVAILABLE);
  NUMBER(SLIPWAY_DATA_LOSS);
  NUMBER(SLIPWAY_UNAUTHENTICATED);
}

/* NOLINTEND(bugprone-sizeof-expression) */

static void other_constants(void) {
  NUMBER(SLIPWAY_ABI_MAJOR);
  NUMBER(SLIPWAY_NO_DEADLINE);
  NUMBER(SLIPWAY_LOG_DEBUG);
  NUMBER(SLIPWAY_LOG_INFO);
  NUMBER(SLIPWAY_LOG_WARN);
  NUMBER(SLIPWAY_LOG_ERROR);
  NUMBER(SLIPWAY_METRIC_COUNTER);
  NUMBER(SLIPWAY_METRIC_GAUGE);
  NUMBER(SLIPWAY_METRIC_HISTOGRAM);
  TEXT(SLIPWAY_PLUGIN_ENTRY);
}

/* What each function takes and returns, held by the compiler: a pointer of another type does not convert. */
_Static_assert(_Generic(((slipway_blob*)0)->release, void (*)(void*) : 1, default : 0), "release");
_Static_assert(_Generic(((slipway_host*)0)->complete, void (*)(void*, uint64_t, int32_t, slipway_blob) : 1,
                        default : 0),
               "complete");
_Static_assert(_Generic(((slipway_host*)0)->is_cancelled, uint32_t (*)(void*, uint64_t) : 1, default : 0),
               "is_cancelled");
_Static_assert(_Generic(((slipway_host*)0)->request,
                        void (*)(void*, slipway_span, slipway_span, uint64_t, slipway_span, int64_t) : 1, default : 0),
               "request");
_Static_assert(_Generic(((slipway_host*)0)->wake, void (*)(void*, uint64_t) : 1, default : 0), "wake");
_Static_assert(_Generic(((slipway_host*)0)->log, void (*)(void*, uint32_t, slipway_span, slipway_span) : 1,
                        default : 0),
               "log");
_Static_assert(_Generic(((slipway_host*)0)->metric, void (*)(void*, uint32_t, slipway_span, slipway_span, double) : 1,
                        default : 0),
               "metric");
_Static_assert(_Generic(((slipway_plugin*)0)->create,
                        int32_t (*)(const slipway_host*, slipway_span, slipway_instance**, slipway_blob*) : 1,
                        default : 0),
               "create");
_Static_assert(_Generic(((slipway_plugin*)0)->start, int32_t (*)(slipway_instance*, slipway_blob*) : 1, default : 0),
               "start");
_Static_assert(_Generic(((slipway_plugin*)0)->invoke, void (*)(slipway_instance*, const slipway_call*) : 1,
                        default : 0),
               "invoke");
_Static_assert(_Generic(((slipway_plugin*)0)->cancel, void (*)(slipway_instance*, uint64_t) : 1, default : 0),
               "cancel");
_Static_assert(_Generic(((slipway_plugin*)0)->on_reply,
                        void (*)(slipway_instance*, uint64_t, int32_t, slipway_span) : 1, default : 0),
               "on_reply");
_Static_assert(_Generic(((slipway_plugin*)0)->on_wake, void (*)(slipway_instance*, uint64_t) : 1, default : 0),
               "on_wake");
_Static_assert(_Generic(((slipway_plugin*)0)->quiesce, void (*)(slipway_instance*) : 1, default : 0), "quiesce");
_Static_assert(_Generic(((slipway_plugin*)0)->destroy, void (*)(slipway_instance*) : 1, default : 0), "destroy");
_Static_assert(_Generic((slipway_plugin_entry_fn)0, const slipway_plugin* (*)(uint32_t, uint32_t, slipway_blob*) : 1,
                        default : 0),
               "entry");

int main(void) {
  bytes();
  call();
  host();
  plugin();
  statuses();
  other_constants();
  return 0;
}
