// A new plugin's folder, made of templates that ship with the programs. Plain functions over files, no thread rules.
//
// A template is a whole plugin named acme.greeter: <templates>/<language>/common and, over it, <language>/<interface>.
// Making a plugin is copying the two with another name in that one's place.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace slipway::cli {

struct NewPlugin {
  std::string id;         // "vendor.name"
  std::string interface;  // "gate"
  std::string language;   // "cpp"
  std::filesystem::path directory;
};

// Where the templates of the program at `executable` (<prefix>/bin/slipway) are.
std::filesystem::path templates_of(const std::filesystem::path& executable);

// Writes the folder, whole or not at all, and answers with its files, sorted. Throws Failure: 400 for an id, language
// or interface that there is not, 409 for a directory that exists, 0 when files can't be read or written.
std::vector<std::filesystem::path> make_plugin(const std::filesystem::path& templates, const NewPlugin& wanted);

// The template's text with the plugin's name in place of acme.greeter, also where it is part of an identifier.
std::string renamed(std::string text, const std::string& id);

}  // namespace slipway::cli
