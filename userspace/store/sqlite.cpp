// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <sqlite3.h>

namespace culprit {
namespace {

constexpr int kPatienceMilliseconds = 2000;  // for another process that holds the file

/// What is wrong with the file itself is bad input; all else failed.
tl::unexpected<Error> error_of(int code, const std::string& path, const char* message) {
  const std::string text = path + ": " + message;
  const int kind = code & 0xff;
  return kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT ? misuse(text) : fail(text);
}

}  // namespace

void SqlStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqlDatabase::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

SqlStatement& SqlStatement::bind(int place, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), place, value);
  return *this;
}

SqlStatement& SqlStatement::bind(int place, double value) {
  sqlite3_bind_double(statement_.get(), place, value);
  return *this;
}

SqlStatement& SqlStatement::bind(int place, std::string_view text) {
  sqlite3_bind_text(statement_.get(), place, text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

SqlStatement& SqlStatement::bind_blob(int place, std::string_view bytes) {
  sqlite3_bind_blob(statement_.get(), place, bytes.data(), static_cast<int>(bytes.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

Result<bool> SqlStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3* database = sqlite3_db_handle(statement_.get());
  const char* path = sqlite3_db_filename(database, "main");
  const auto failed = error_of(code, path ? path : "", sqlite3_errmsg(database));
  reset();
  if (code == SQLITE_DONE) return false;
  return failed;
}

Status SqlStatement::run() {
  for (;;) {
    const auto more = step();
    if (!more) return tl::unexpected<Error>(more.error());
    if (!*more) return {};
  }
}

void SqlStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

bool SqlStatement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t SqlStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double SqlStatement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string_view SqlStatement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data ? std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size))
              : std::string_view();
}

tl::unexpected<Error> SqlDatabase::error(int code) const {
  return error_of(code, path_, sqlite3_errmsg(database_.get()));
}

Result<SqlDatabase> SqlDatabase::open(const std::string& path, Mode mode) {
  sqlite3* raw = nullptr;
  const int flags = mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  SqlDatabase database(raw, path);
  if (!raw) return fail(path + ": no memory");
  if (code != SQLITE_OK) return database.error(code);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kPatienceMilliseconds);
  // The file can be anybody's: nothing in its schema may run.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

Status SqlDatabase::execute(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<SqlStatement> SqlDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return error(code);
  return SqlStatement(raw);
}

Result<std::int64_t> SqlDatabase::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected<Error>(statement.error());
  const auto row = statement->step();
  if (!row) return tl::unexpected<Error>(row.error());
  if (!*row) return fail(path_ + ": no answer to " + std::string(sql));
  return statement->integer(0);
}

std::int64_t SqlDatabase::last_row() const {
  return sqlite3_last_insert_rowid(database_.get());
}

int SqlDatabase::changes() const {
  return sqlite3_changes(database_.get());
}

bool SqlDatabase::in_transaction() const {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

}  // namespace culprit
