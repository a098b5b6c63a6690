// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "util/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace culprit {

/// A prepared statement that is used again and again.
class SqlStatement {
 public:
  // Parameters are numbered from 1, columns from 0.
  SqlStatement& bind(int place, std::int64_t value);
  SqlStatement& bind(int place, double value);
  SqlStatement& bind(int place, std::string_view text);
  SqlStatement& bind_blob(int place, std::string_view bytes);

  /// Runs to the next row; false: there is no more, and it can be bound anew.
  Result<bool> step();
  /// Runs to the end, and can be bound anew.
  Status run();
  /// Gives up the rows that are left.
  void reset();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  /// Valid until the next step.
  std::string_view bytes(int column) const;

 private:
  friend class SqlDatabase;
  explicit SqlStatement(sqlite3_stmt* statement) : statement_(statement) {}
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A database of SQLite, of one thread. Errors are "FILE: what SQLite says".
class SqlDatabase {
 public:
  enum class Mode { kRead, kWrite };
  static Result<SqlDatabase> open(const std::string& path, Mode mode);

  Status execute(const char* sql);
  Result<SqlStatement> prepare(std::string_view sql);
  /// The one number that a query gives.
  Result<std::int64_t> number(std::string_view sql);
  std::int64_t last_row() const;
  int changes() const;
  bool in_transaction() const;
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  SqlDatabase(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}
  tl::unexpected<Error> error(int code) const;

  std::unique_ptr<sqlite3, Close> database_;
  std::string path_;
};

}  // namespace culprit
