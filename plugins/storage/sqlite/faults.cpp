#include "plugins/storage/sqlite/faults.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace slipway::sqlite {
namespace {

bool no_space(int error) { return error == ENOSPC || error == EDQUOT; }

Status full(const std::string& name) {
  return {Code::resource_exhausted,
          name + " cannot grow: its file system is full; free space there, writing goes on by itself then"};
}

}  // namespace

Status damaged(const std::string& path, const std::string& said) {
  return {Code::data_loss,
          "database \"" + path + "\" is damaged: " + said + "; stop the host and restore it from a backup"};
}

Status to_status(const std::string& path, int code, int system_error, const std::string& said) {
  const std::string name = "database \"" + path + "\"";
  const std::string cause = system_error == 0 ? said : said + " (" + std::strerror(system_error) + ")";
  switch (code & 0xff) {
    case SQLITE_FULL:
      return full(name);
    case SQLITE_NOMEM:
      return {Code::resource_exhausted, name + ": out of memory"};
    case SQLITE_IOERR:
      return no_space(system_error) ? full(name)
                                    : Status(Code::unavailable, name + " cannot be read or written: " + cause);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::unavailable, name + " is locked by another program; end its transaction"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(path, said);
    case SQLITE_CANTOPEN:
      return {Code::unavailable, name + " cannot be opened: " + cause};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {Code::unavailable, name + " cannot be written: " + cause};
    default:
      return {Code::internal, name + ": " + cause};
  }
}

bool concerns_everyone(const Status& status) {
  return status.code == Code::resource_exhausted || status.code == Code::unavailable || status.code == Code::data_loss;
}

}  // namespace slipway::sqlite
