// What a plugin asks to be allowed, and what a profile allows it. Plain values.
//
// What a plugin asks the host for is held to them wherever it runs. What an in-process plugin does without asking (its
// own sockets, files and programs) is not: it is trusted with everything the host may do.
#pragma once

#include <slipway/json.hpp>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::manifest {

// Names or patterns; "*" is everything. In a document: a list of texts, or true for ["*"], or false for [].
struct Grant {
  std::vector<std::string> allowed;
  bool operator==(const Grant&) const = default;
};

// In a document: an object, or a list of names that are granted altogether: ["network", "processes"].
struct Permissions {
  Grant network;    // hosts it connects to
  Grant secrets;    // names of secrets it resolves
  Grant store;      // key prefixes it keeps in the host's store
  Grant processes;  // programs it starts
  Grant files;      // paths it uses
  Grant bindings;   // bindings it calls
  Grant events;     // types of events it publishes
  bool operator==(const Permissions&) const = default;
};

Json document_of(const Permissions& permissions);
// A document, strictly: INVALID_ARGUMENT with every fault.
Result<Permissions> permissions_of(const Json& document);

// Whether a name is granted: by itself or by a pattern in which "*" stands for any text, also none. A pattern is
// covered by one that stands for more.
bool covers(const Grant& grant, std::string_view name);

// What is wanted and not covered by what is granted, in words: "network (10.0.0.1, *), processes (haproxy)". Empty:
// everything is granted. A prefix of `store` covers all that begins with it. A path of `files` covers itself alone,
// however it is spelled, and "*" every path: what lies beneath a folder may be a socket, which is another right.
std::string missing(const Permissions& wanted, const Permissions& granted);

// What `a` allows and `b` does not cover, one text each: "network 10.0.0.1".
std::vector<std::string> beyond(const Permissions& a, const Permissions& b);

// What both allow: the names of each that the other covers, those of `a` first. Of two patterns of which neither covers
// the other, neither, whatever both match.
Permissions in_both(const Permissions& a, const Permissions& b);

}  // namespace slipway::manifest
