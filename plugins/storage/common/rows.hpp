// A store's rows out and in, page by page (slipway.backup/1). A store brings where they come from and where they go.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <slipway/interfaces/backup.hpp>
#include <string>
#include <vector>

namespace slipway::store {

// All rows of one moment. One thread at a time.
class RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;
  [[nodiscard]] virtual std::int64_t total() = 0;
  // Empty at the end. Throws Error.
  virtual std::optional<backup::Row> next() = 0;
};

// An empty store that is being filled; nothing of it stays unless commit has returned. One thread at a time.
class RowSink {
 public:
  RowSink() = default;
  RowSink(const RowSink&) = delete;
  RowSink& operator=(const RowSink&) = delete;
  virtual ~RowSink() = default;
  // Throws Error INVALID_ARGUMENT for an entry whose stream has not come.
  virtual void add(const std::vector<backup::Row>& rows) = 0;
  virtual void commit() = 0;
};

// Safe from any thread. An error ends the view or the filling: it begins again with page 0.
class Outlet {
 public:
  explicit Outlet(std::function<std::unique_ptr<RowSource>()> open) : open_(std::move(open)) {}
  backup::ExportReply page(const backup::ExportRequest& request);

 private:
  backup::ExportReply fill();

  const std::function<std::unique_ptr<RowSource>()> open_;
  std::mutex mutex_;
  std::unique_ptr<RowSource> source_;
  std::optional<backup::Row> ahead_;
  std::int64_t next_ = 0;
};

class Inlet {
 public:
  explicit Inlet(std::function<std::unique_ptr<RowSink>()> open) : open_(std::move(open)) {}
  backup::ImportReply page(const backup::ImportRequest& request);

 private:
  void take(const backup::ImportRequest& request);

  const std::function<std::unique_ptr<RowSink>()> open_;
  std::mutex mutex_;
  std::unique_ptr<RowSink> sink_;
  std::int64_t next_ = 0;
  std::int64_t rows_ = 0;
};

// What an instance says to a method that is not for its purpose.
Error not_for(backup::Purpose purpose);
Error not_empty(const std::string& place);
Error no_stream();
// DATA_LOSS, naming the row, for a text that is not valid UTF-8.
void check_text(const std::string& place, const backup::Row& row);

}  // namespace slipway::store
