/* Slipway plugin ABI, version 1.0. C11. The whole binary contract between slipwayd and a plugin.
 *
 * A plugin is one shared library that exports one function, slipway_plugin_entry. It returns a table of
 * functions. The host creates instances from it and sends them calls; an instance answers each call once, by
 * the call's id, through the host table that it got when it was created. Both directions carry bytes: UTF-8
 * JSON documents whose schemas belong to the interface ("slipway.strategy/1"), not to this header.
 *
 * Rules that hold for everything below
 *   sizes     Each struct begins with its own size in bytes. Fields are only ever appended, so a reader uses
 *             a field only when size covers it.
 *   widths    Integers have fixed widths; flags are uint32_t holding 0 or 1.
 *   bytes     slipway_span is borrowed: valid until the function that received it returns. slipway_blob is
 *             owned: whoever receives one calls its release exactly once.
 *   errors    No exception, longjmp or C++ type crosses. Statuses are the gRPC codes (slipway_status).
 *   time      Budgets are nanoseconds that remain, not clock readings, so they survive the hop to another
 *             process. A budget of 0 means the deadline has passed; SLIPWAY_NO_DEADLINE means none.
 *
 * Words used in the comments
 *   [strand]  Calls of this function on one instance never overlap; the thread may differ each time. With
 *             threading "concurrent" or "blocking" in plugin.json this promise is dropped for invoke and cancel.
 *   [any]     May be called from any thread, at any time in the named states, also re-entrantly.
 *   created, started, draining, stopped
 *             States of an instance: created after create, started after start, draining after quiesce,
 *             stopped once destroy has begun.
 */
#ifndef SLIPWAY_ABI_PLUGIN_H
#define SLIPWAY_ABI_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLIPWAY_ABI_MAJOR 1u
#define SLIPWAY_ABI_MINOR 0u

#define SLIPWAY_NO_DEADLINE INT64_MAX

/* Bytes that somebody else owns, valid until the call that carries them returns. data may be null when size is 0. */
typedef struct slipway_span {
  const uint8_t* data;
  uint64_t size;
} slipway_span;

/* Bytes that the receiver owns. The receiver calls release(owner) once, from any thread; a null release means
 * static storage. release stays callable until the instance that made the blob has been destroyed. */
typedef struct slipway_blob {
  const uint8_t* data;
  uint64_t size;
  void* owner;
  void (*release)(void* owner);
} slipway_blob;

/* How a call ended: the canonical gRPC codes, with their numbers. */
typedef int32_t slipway_status;
#define SLIPWAY_OK 0
#define SLIPWAY_CANCELLED 1
#define SLIPWAY_UNKNOWN 2
#define SLIPWAY_INVALID_ARGUMENT 3
#define SLIPWAY_DEADLINE_EXCEEDED 4
#define SLIPWAY_NOT_FOUND 5
#define SLIPWAY_ALREADY_EXISTS 6
#define SLIPWAY_PERMISSION_DENIED 7
#define SLIPWAY_RESOURCE_EXHAUSTED 8
#define SLIPWAY_FAILED_PRECONDITION 9
#define SLIPWAY_ABORTED 10
#define SLIPWAY_OUT_OF_RANGE 11
#define SLIPWAY_UNIMPLEMENTED 12
#define SLIPWAY_INTERNAL 13
#define SLIPWAY_UNAVAILABLE 14
#define SLIPWAY_DATA_LOSS 15
#define SLIPWAY_UNAUTHENTICATED 16

/* Log levels. */
#define SLIPWAY_LOG_DEBUG 0u
#define SLIPWAY_LOG_INFO 1u
#define SLIPWAY_LOG_WARN 2u
#define SLIPWAY_LOG_ERROR 3u

/* Kinds of metric. A counter's value is added to it; a gauge's replaces it; a histogram's is observed (seconds). */
#define SLIPWAY_METRIC_COUNTER 0u
#define SLIPWAY_METRIC_GAUGE 1u
#define SLIPWAY_METRIC_HISTOGRAM 2u

/* One call, valid during invoke; what outlives invoke must be copied. */
typedef struct slipway_call {
  uint32_t size;
  uint32_t interface_index;  /* position in slipway_plugin.interfaces */
  uint32_t method;           /* position in the interface's ordered list of methods */
  uint32_t reserved;         /* 0 */
  uint64_t id;               /* names the call until it is completed; never 0 */
  int64_t budget_ns;         /* nanoseconds that remain to answer */
  slipway_span payload;      /* the request document */
  slipway_span traceparent;  /* W3C trace context, or empty */
  slipway_span tenant;       /* on whose behalf */
  slipway_span subject;      /* who asked; empty when the host itself did */
  slipway_span roles;        /* comma separated */
} slipway_call;

/* What the host offers an instance. The table and everything it points to live until destroy returns. */
typedef struct slipway_host {
  uint32_t size;
  uint32_t abi_minor; /* the host's minor version */
  void* context;      /* passed back as first argument */

  /* Ends a call: exactly once for each call id, with a reply document for SLIPWAY_OK and an error document
   * {"message", "problems": [{"path", "value", "message"}]} otherwise. Takes the blob. Legal inside invoke,
   * and never re-enters the plugin. A late, repeated or unknown id is refused and counted, never fatal.
   * [any] started, draining. */
  void (*complete)(void* context, uint64_t call_id, slipway_status status, slipway_blob payload);

  /* 1 once the caller has given up or the deadline has passed, else 0. [any] started, draining. */
  uint32_t (*is_cancelled)(void* context, uint64_t call_id);

  /* Asks a host service ("http", "timers", "store", "secrets", "events", "bindings") for something. The
   * answer arrives as on_reply(token) on the instance's strand, exactly once, also when it is a refusal;
   * never from inside request. The spans are borrowed. [any] created, started, draining. */
  void (*request)(void* context, slipway_span service, slipway_span method, uint64_t token, slipway_span payload,
                  int64_t budget_ns);

  /* Asks for on_wake(token) on the instance's strand: how a thread of the plugin's own gets back to its
   * instance. Wakes are not merged. [any] created, started, draining. */
  void (*wake)(void* context, uint64_t token);

  /* Writes one log record. fields is a JSON object or empty. [any] created, started, draining, stopped. */
  void (*log)(void* context, uint32_t level, slipway_span message, slipway_span fields);

  /* Records one sample. labels is a JSON object of strings or empty. The host prefixes the name with
   * slipway_plugin_ and adds the binding as a label. [any] created, started, draining, stopped. */
  void (*metric)(void* context, uint32_t kind, slipway_span name, slipway_span labels, double value);
} slipway_host;

typedef struct slipway_instance slipway_instance; /* the plugin's own */

/* What a plugin is. The table is static: valid as long as the library is mapped. */
typedef struct slipway_plugin {
  uint32_t size;
  uint32_t abi_major;      /* SLIPWAY_ABI_MAJOR it was built against */
  uint32_t abi_minor;      /* SLIPWAY_ABI_MINOR it was built against */
  uint32_t min_host_minor; /* smallest host minor that it works with */

  const slipway_span* interfaces; /* ids, "slipway.strategy/1", in the order that interface_index counts */
  uint32_t interface_count;
  uint32_t reserved; /* 0 */

  /* Makes an instance from its configuration, a JSON object already checked against the schema in
   * plugin.json. Does no I/O and starts no thread. On failure returns a status other than SLIPWAY_OK, leaves
   * *instance alone and fills *error with an error document. [any] */
  slipway_status (*create)(const slipway_host* host, slipway_span config, slipway_instance** instance,
                           slipway_blob* error);

  /* Opens what the instance needs: threads, files, listeners. After SLIPWAY_OK calls may come.
   * [strand] created → started. */
  slipway_status (*start)(slipway_instance* instance, slipway_blob* error);

  /* Begins a call and returns at once (threading "blocking" may take its time). The answer is complete(id).
   * [strand] started, draining. */
  void (*invoke)(slipway_instance* instance, const slipway_call* call);

  /* The caller no longer waits. The call is still to be completed, soon and with any status.
   * [strand] started, draining. */
  void (*cancel)(slipway_instance* instance, uint64_t call_id);

  /* The answer to a request. [strand] created, started, draining. */
  void (*on_reply)(slipway_instance* instance, uint64_t token, slipway_status status, slipway_span payload);

  /* The answer to a wake. [strand] created, started, draining. */
  void (*on_wake)(slipway_instance* instance, uint64_t token);

  /* End what runs by itself, keep answering: calls that are open, those by which state is handed over, and new
   * ones where that came to nothing and the instance stays. Idempotent. [strand] started → draining. */
  void (*quiesce)(slipway_instance* instance);

  /* Frees the instance. Its threads are joined, nothing of the host is called after it returns. Calls still
   * open have been completed by the host. [strand] created, started, draining → stopped. */
  void (*destroy)(slipway_instance* instance);
} slipway_plugin;

/* The one exported symbol. Returns the table, or null with *error filled when the host's version does not fit:
 * a different major, or a minor below the plugin's min_host_minor; the error names both. [any] */
typedef const slipway_plugin* (*slipway_plugin_entry_fn)(uint32_t host_major, uint32_t host_minor,
                                                         slipway_blob* error);
#define SLIPWAY_PLUGIN_ENTRY "slipway_plugin_entry"

#ifdef __cplusplus
}
#endif

#endif
