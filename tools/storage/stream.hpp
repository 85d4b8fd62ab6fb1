// An exported store as text: a header, a line for each row, and a last line with the digest of the rows. One JSON
// document a line, so that other programs can look into it.
#pragma once

#include <istream>
#include <optional>
#include <ostream>
#include <slipway/interfaces/backup.hpp>
#include <string>

#include "host/base/sha256.hpp"

namespace slipway::storage_tool {

inline constexpr std::int64_t kFormat = 1;

struct Header {
  std::int64_t format = kFormat;
  std::string plugin;  // "storage-sqlite 0.1.0"
  std::int64_t schema = 0;
  std::int64_t rows = 0;
  Instant at;
  static constexpr auto fields() {
    return slipway::fields(required("slipway_store", &Header::format, "Version of this form."),
                           field("plugin", &Header::plugin, "What kept the store."),
                           field("schema", &Header::schema, "Its schema there."),
                           field("rows", &Header::rows, "How many follow.", at_least(0)),
                           field("at", &Header::at, "When it was written."));
  }
};

struct Trailer {
  std::int64_t rows = 0;
  std::string sha256;
  static constexpr auto fields() {
    return slipway::fields(required("rows", &Trailer::rows, "How many there were."),
                           required("sha256", &Trailer::sha256, "Of their lines, with the line ends."));
  }
};

class StreamWriter {
 public:
  StreamWriter(std::ostream& out, const Header& header);
  void add(const backup::Row& row);
  // Writes the last line. Throws Error UNAVAILABLE when anything could not be written.
  Trailer end();

 private:
  std::ostream& out_;
  base::Sha256 digest_;
  Trailer trailer_;
};

// Throws Error for what is no whole and unchanged stream of a format that this program reads.
class StreamReader {
 public:
  // `name` stands for the stream in errors. Reads the header.
  StreamReader(std::istream& in, std::string name);
  [[nodiscard]] const Header& header() const { return header_; }
  // Empty once the last line was read and agrees with the rows.
  std::optional<backup::Row> next();
  // After the last row.
  [[nodiscard]] const Trailer& trailer() const { return trailer_; }

 private:
  std::string line(std::int64_t rows_before);
  void end();
  [[noreturn]] void refuse(const std::string& why) const;

  std::istream& in_;
  const std::string name_;
  Header header_;
  base::Sha256 digest_;
  Trailer trailer_;
  std::int64_t rows_ = 0;
};

}  // namespace slipway::storage_tool
