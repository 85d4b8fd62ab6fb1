// Documents of the host services that a plugin reaches by slipway_host.request(service, method, …). The typed calls
// over them are in <slipway/host.hpp>.
//
// Each request document may also have "traceparent", that of the call which it is made for (slipway_call.traceparent):
// http.send sends it as a header unless the request has one, and calls of other plugins go on with it. So may the
// fields of a log record.
#pragma once

#include <slipway/interface.hpp>

namespace slipway::services {

// Whom a request over https trusts and who it says that it is, each as PEM text. Without authorities the machine's are
// trusted; certificate (with its chain) and key go together.
struct HttpTls {
  std::string authorities;
  std::string certificate;
  std::string key;
  static constexpr auto fields() {
    return slipway::fields(
        field("authorities", &HttpTls::authorities, "Certificates of the authorities to trust.", at_most(256 << 10)),
        field("certificate", &HttpTls::certificate, "Certificate to show, and its chain.", at_most(64 << 10)),
        field("key", &HttpTls::key, "Its private key, not encrypted.", at_most(64 << 10)));
  }
};

// http.send: one request of the host's HTTP client; redirects are not followed. Body and answer are text. The answer as
// a document, where quotes, line ends and control characters take two to six bytes, has at most 8 MiB too.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::map<std::string, std::string> headers;
  std::string body;
  std::int64_t max_reply_bytes = 1 << 20;
  std::optional<HttpTls> tls;
  static constexpr auto fields() {
    return slipway::fields(field("method", &HttpRequest::method, "HTTP method.", between(1, 16)),
                           required("url", &HttpRequest::url, "http:// or https://.", between(8, 8192)),
                           field("headers", &HttpRequest::headers, "Request headers.", at_most(64)),
                           field("body", &HttpRequest::body, "Request body.", at_most(4 << 20)),
                           field("max_reply_bytes", &HttpRequest::max_reply_bytes,
                                 "A longer answer is RESOURCE_EXHAUSTED.", between(0, 8 << 20)),
                           field("tls", &HttpRequest::tls, "Instead of the host's own trust and without a name."));
  }
};
// Header names are in lower case. `elapsed` runs from the first byte sent to the last one received.
struct HttpReply {
  std::int32_t status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
  Duration elapsed;
  static constexpr auto fields() {
    return slipway::fields(required("status", &HttpReply::status, "Status code."),
                           field("headers", &HttpReply::headers, "Headers; names in lower case."),
                           field("body", &HttpReply::body, "Body; bytes that are no UTF-8 are replaced."),
                           field("elapsed", &HttpReply::elapsed, "How long it took."));
  }
};

// timers.sleep: answers after the duration.
struct SleepRequest {
  Duration duration;
  static constexpr auto fields() { return slipway::fields(required("duration", &SleepRequest::duration, "How long.")); }
};

// secrets.resolve: values of references "<binding>:<name>", "env:DB_PASSWORD".
struct SecretsRequest {
  std::string tenant;
  std::vector<std::string> references;
  static constexpr auto fields() {
    return slipway::fields(
        required("tenant", &SecretsRequest::tenant, "On whose behalf."),
        required("references", &SecretsRequest::references, "\"env:NAME\", \"file:name\".", between(1, 64)));
  }
};
struct SecretsReply {
  std::map<std::string, std::string> values;
  static constexpr auto fields() {
    return slipway::fields(required("values", &SecretsReply::values, "Value of each reference."));
  }
};

// events.emit: tells the host that something happened.
struct EmitRequest {
  std::string type;
  Json data;
  static constexpr auto fields() {
    return slipway::fields(required("type", &EmitRequest::type, "\"provider.changed\" and so on.", between(1, 128)),
                           field("data", &EmitRequest::data, "What happened."));
  }
};

// bindings.call: a call of another binding of the profile.
struct CallRequest {
  std::string binding;
  std::string interface;
  std::string method;
  Json payload;
  static constexpr auto fields() {
    return slipway::fields(required("binding", &CallRequest::binding, "Name in the profile."),
                           required("interface", &CallRequest::interface, "Its interface's id."),
                           required("method", &CallRequest::method, "Name of the method."),
                           field("payload", &CallRequest::payload, "The request document."));
  }
};
struct CallReply {
  Json payload;
  static constexpr auto fields() {
    return slipway::fields(field("payload", &CallReply::payload, "The reply document."));
  }
};

// store.get and store.put: small records of the plugin's own; the host keeps them apart from every other plugin's.
struct StoreGetRequest {
  std::string tenant;
  std::string key;
  static constexpr auto fields() {
    return slipway::fields(required("tenant", &StoreGetRequest::tenant, "Whose record."),
                           required("key", &StoreGetRequest::key, "Its name.", between(1, 256)));
  }
};
struct StoreGetReply {
  std::optional<Json> value;
  std::int64_t version = 0;
  static constexpr auto fields() {
    return slipway::fields(field("value", &StoreGetReply::value, "Absent when there is none."),
                           field("version", &StoreGetReply::version, "0 when there is none."));
  }
};
struct StorePutRequest {
  std::string tenant;
  std::string key;
  Json value;
  std::optional<std::int64_t> expect_version;
  static constexpr auto fields() {
    return slipway::fields(
        required("tenant", &StorePutRequest::tenant, "Whose record."),
        required("key", &StorePutRequest::key, "Its name.", between(1, 256)),
        required("value", &StorePutRequest::value, "Its new value."),
        field("expect_version", &StorePutRequest::expect_version, "ABORTED unless it has this version."));
  }
};
struct StorePutReply {
  std::int64_t version = 0;
  static constexpr auto fields() {
    return slipway::fields(required("version", &StorePutReply::version, "Its new version."));
  }
};

}  // namespace slipway::services
