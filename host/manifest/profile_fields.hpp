// The fields of a profile with their documentation. Not for use outside this folder.
#pragma once

#include "host/manifest/manifest_fields.hpp"
#include "host/manifest/profile.hpp"

namespace slipway {

template <>
struct Codec<manifest::Binding> {
  static void write(Writer& out, const manifest::Binding& binding) { out.text(binding.instance); }
  static void read(Reader& in, Json& from, manifest::Binding& to, Bounds) {
    if (!from.is_object()) return Codec<std::string>::read(in, from, to.instance, {});
    const auto found = from.find("instance");
    if (found == from.end()) return;
    in.inside("instance", [&] { Codec<std::string>::read(in, *found, to.instance, {}); });
  }
  static Json schema(Bounds) {
    return {{"type", {"string", "object"}},
            {"properties",
             {{"instance", {{"type", "string"}, {"description", "The instance that the binding leads to."}}}}},
            {"required", {"instance"}},
            {"additionalProperties", false},
            {"x-want", "the name of an instance, or an object with it as \"instance\""}};
  }
};

}  // namespace slipway

namespace slipway::manifest {

constexpr auto enum_names(Placement) {
  return std::array<EnumName<Placement>, 2>{{{Placement::in_process, "in-process"}, {Placement::isolated, "isolated"}}};
}

constexpr auto ProfileName::fields() {
  return slipway::fields(required("name", &ProfileName::name, "Name of the profile."),
                         required("version", &ProfileName::version, "Version of the profile (Semantic Versioning)."));
}

constexpr auto Instance::fields() {
  return slipway::fields(
      required("plugin", &Instance::plugin, "Id of the plugin."),
      field("version", &Instance::version, "Versions of the plugin that will do."),
      field("config", &Instance::config, "Configuration, by the plugin's own schema."),
      field("placement", &Instance::placement, "Where it runs."),
      field("permissions", &Instance::permissions,
            "What it is allowed of what its plugin.json asks for: what both say is in force; without it, all."),
      field("enabled", &Instance::enabled, "false: it is neither loaded nor bound."));
}

constexpr auto Notification::fields() {
  return slipway::fields(required("binding", &Notification::binding, "A notifiers binding."),
                         required("events", &Notification::events,
                                  "Types of events: \"rollout.failed\", \"rollout.*\", \"*\".", between(1, 64)));
}

constexpr auto AppliesTo::fields() {
  return slipway::fields(
      field("applications", &AppliesTo::applications, "Only these applications.", at_most(256)),
      field("strategies", &AppliesTo::strategies, "Only rollouts under these strategies.", at_most(64)),
      field("actions", &AppliesTo::actions, "Only before these: start, advance, promote.", at_most(3)));
}

constexpr auto DefaultGate::fields() {
  return slipway::fields(
      required("binding", &DefaultGate::binding, "A gates binding."),
      field("settings", &DefaultGate::settings, "Settings for the gate, over those of its configuration."),
      field("applies_to", &DefaultGate::applies_to, "Which rollouts must pass it; without it, all."));
}

constexpr auto Profile::fields() {
  return slipway::fields(
      required("profile", &Profile::profile, "Which profile this is."),
      required("plugins", &Profile::plugins, "Instances by name.", at_most(256)),
      required("bindings", &Profile::bindings,
               "Instances by the names that callers use: a kind, or a kind, a dot and a name.", at_most(256)),
      field("notifications", &Profile::notifications, "Who is told of which events.", at_most(64)),
      field("gates", &Profile::gates, "Gates that rollouts pass without naming them.", at_most(64)));
}

}  // namespace slipway::manifest
