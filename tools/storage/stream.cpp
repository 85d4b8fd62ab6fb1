#include "tools/storage/stream.hpp"

namespace slipway::storage_tool {
namespace {

// A value of 1 MiB may become six times as long, and the names come on top.
constexpr std::size_t kLineBytes = std::size_t{8} << 20;

}  // namespace

StreamWriter::StreamWriter(std::ostream& out, const Header& header) : out_(out) { out_ << encode_text(header) << "\n"; }

void StreamWriter::add(const backup::Row& row) {
  const std::string line = encode_text(row) + "\n";
  digest_.update(line);
  out_ << line;
  ++trailer_.rows;
}

Trailer StreamWriter::end() {
  trailer_.sha256 = digest_.hex();
  out_ << encode_text(trailer_) << "\n" << std::flush;
  if (!out_) throw Error(Code::unavailable, "the rows can't be written; is there room?");
  return trailer_;
}

StreamReader::StreamReader(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {
  auto header = decode_text<Header>(line(0), "the header");
  if (!header.ok()) refuse("is no export of a store");
  header_ = *std::move(header);
  if (header_.format > kFormat)
    refuse("has format " + std::to_string(header_.format) + ", and this program reads formats up to " +
           std::to_string(kFormat) + "; use the version of slipway that wrote it");
}

std::optional<backup::Row> StreamReader::next() {
  if (rows_ == header_.rows) {
    end();
    return std::nullopt;
  }
  const std::string text = line(rows_);
  digest_.update(text + "\n");
  auto row =
      decode_text<backup::Row>(text, "row " + std::to_string(rows_ + 1), Unknown::ignored, {.bytes = kLineBytes});
  if (!row.ok()) refuse("line " + std::to_string(rows_ + 2) + ": " + to_string(row.status()));
  ++rows_;
  return *std::move(row);
}

void StreamReader::end() {
  auto trailer = decode_text<Trailer>(line(rows_), "the last line");
  if (!trailer.ok() || trailer->rows != rows_)
    refuse("has other rows than the " + std::to_string(header_.rows) + " that it announces");
  trailer_ = *std::move(trailer);
  const std::string digest = digest_.hex();
  if (digest != trailer_.sha256)
    refuse("was changed: its rows have the SHA-256 " + digest + ", and its last line says " + trailer_.sha256);
}

// Without its end. A line without one was cut off.
std::string StreamReader::line(std::int64_t rows_before) {
  std::string text;
  for (int c = in_.get(); c != '\n'; c = in_.get()) {
    if (c == std::istream::traits_type::eof())
      refuse("was cut off after " + std::to_string(rows_before) + " rows; export it again");
    if (text.size() == kLineBytes) refuse("has a line longer than " + std::to_string(kLineBytes) + " bytes");
    text += static_cast<char>(c);
  }
  return text;
}

void StreamReader::refuse(const std::string& why) const {
  throw Error(Code::failed_precondition, "\"" + name_ + "\" " + why);
}

}  // namespace slipway::storage_tool
