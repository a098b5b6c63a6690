// SPDX-License-Identifier: Apache-2.0
#include "store/history_schema.h"

#include <nlohmann/json.hpp>

namespace culprit::history_schema {
namespace {

constexpr char kPages[] =
    // Ticks are a few kilobytes: in pages of the usual 4 KiB a third would be left empty.
    "PRAGMA page_size = 8192;"
    "PRAGMA auto_vacuum = INCREMENTAL;"
    "PRAGMA journal_mode = WAL;";

constexpr char kTickColumns[] =
    "(start_ms INTEGER PRIMARY KEY, end_ms INTEGER NOT NULL, seconds REAL NOT NULL,"
    " layout INTEGER NOT NULL, host BLOB NOT NULL, rows BLOB NOT NULL);";

constexpr char kOtherTables[] =
    "CREATE TABLE layout(id INTEGER PRIMARY KEY, document TEXT NOT NULL UNIQUE);"
    "CREATE TABLE name(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, label TEXT NOT NULL,"
    " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, level INTEGER NOT NULL,"
    " UNIQUE(kind, label));"
    "CREATE TABLE finding(id TEXT NOT NULL, target_key TEXT NOT NULL, since_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL, severity INTEGER NOT NULL, category TEXT NOT NULL,"
    " target_kind INTEGER NOT NULL, target TEXT NOT NULL, summary TEXT NOT NULL,"
    " confidence REAL NOT NULL, UNIQUE(id, target_key, since_ms));"
    "CREATE TABLE gap(since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,"
    " ticks INTEGER NOT NULL, cause TEXT NOT NULL);"
    "CREATE TABLE action(id TEXT PRIMARY KEY, time_ms INTEGER NOT NULL, target TEXT NOT NULL,"
    " verdict TEXT NOT NULL, document TEXT NOT NULL);"
    "CREATE TABLE host(id INTEGER PRIMARY KEY, since_ms INTEGER NOT NULL,"
    " document TEXT NOT NULL);";

}  // namespace

Status create(SqlDatabase& database) {
  if (Status set = database.execute(kPages); !set) return set;
  // One transaction: a file is a whole history or none.
  std::string sql = "BEGIN IMMEDIATE;";
  for (const char* table : kTables) sql += std::string("CREATE TABLE ") + table + kTickColumns;
  sql += kOtherTables;
  sql += "PRAGMA application_id = " + std::to_string(kApplicationId) + ";";
  sql += "PRAGMA user_version = " + std::to_string(kVersion) + ";COMMIT;";
  return database.execute(sql.c_str());
}

Result<bool> is_empty(SqlDatabase& database) {
  const auto tables = database.number("SELECT count(*) FROM sqlite_master");
  if (!tables) return tl::unexpected<Error>(tables.error());
  return *tables == 0;
}

Status check(SqlDatabase& database) {
  const auto application = database.number("PRAGMA application_id");
  if (!application) return tl::unexpected<Error>(application.error());
  if (*application != kApplicationId) return misuse(database.path() + ": is no history of culprit");
  const auto version = database.number("PRAGMA user_version");
  if (!version) return tl::unexpected<Error>(version.error());
  if (*version != kVersion)
    return misuse(database.path() + ": is a history of version " + std::to_string(*version) +
                  "; expected " + std::to_string(kVersion));
  return {};
}

std::string label_of(const HistoryName& name) {
  return nlohmann::json(name.texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

HistoryNamePtr name_of(std::int64_t kind, std::string_view label) {
  if (kind < 0 || kind >= static_cast<std::int64_t>(kHistoryKinds)) return nullptr;
  const nlohmann::json texts = nlohmann::json::parse(label, nullptr, false);
  if (!texts.is_array()) return nullptr;
  auto name = std::make_shared<HistoryName>();
  name->kind = static_cast<HistoryKind>(kind);
  for (const nlohmann::json& text : texts) {
    if (!text.is_string()) return nullptr;
    name->texts.push_back(text.get<std::string>());
  }
  return name;
}

}  // namespace culprit::history_schema
