// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_statements.h"

#include <charconv>
#include <functional>
#include <string>

#include "protocol/sql_normalizer.h"

namespace culprit {
namespace {

constexpr std::size_t kMostNamed = 2048, kMostPortals = 256;
// Fixed, so that a text gives the same id however its bytes came.
constexpr std::size_t kMostText = 8000;

std::uint64_t hash_of(std::string_view text) {
  return std::hash<std::string_view>()(text);
}

char lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
}

void skip_space(std::string_view& sql) {
  const std::size_t start = sql.find_first_not_of(" \t\r\n\f");
  sql.remove_prefix(start == std::string_view::npos ? sql.size() : start);
}

// Takes `word` (lower case) and the white space after it off the front.
bool take_word(std::string_view& sql, std::string_view word) {
  if (sql.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); i++) {
    if (lower(sql[i]) != word[i]) return false;
  }
  std::string_view after = sql.substr(word.size());
  if (!after.empty() && after.find_first_of(" \t\r\n\f;") != 0) return false;
  skip_space(after);
  sql = after;
  return true;
}

// An identifier as the server reads it: folded unless it is quoted.
std::string identifier(std::string_view sql) {
  std::string name;
  if (!sql.empty() && sql[0] == '"') {
    for (std::size_t i = 1; i < sql.size(); i++) {
      if (sql[i] == '"' && (++i >= sql.size() || sql[i] != '"')) break;
      name += sql[i];
    }
    return name;
  }
  for (const char byte : sql.substr(0, sql.find_first_of(" \t\r\n\f;"))) name += lower(byte);
  return name;
}

}  // namespace

PostgresqlStatement PostgresqlStatements::of_text(std::string_view sql, bool cut) {
  if (sql.size() > kMostText) {
    sql = sql.substr(0, kMostText);
    cut = true;
  }
  const std::uint16_t flags = cut ? kCallTruncated : 0;
  if (sql.empty() && cut) return {0, flags};
  const std::uint64_t key = hash_of(sql) ^ flags;
  Recent& recent = recent_[key % recent_.size()];
  if (recent.key == key && recent.statement.query != 0) return recent.statement;

  thread_local SqlNormalizer normalizer;
  const NormalizedSql normalized = normalizer.normalize(sql, SqlDialect::kPostgresql);
  const std::string_view text = normalized.text.empty() ? "(empty)" : normalized.text;
  cut |= normalized.cut;
  recent.key = key;
  recent.statement = {books_.queries.intern(Protocol::kPostgresql, normalized.operation, text, cut),
                      static_cast<std::uint16_t>(cut ? kCallTruncated : 0)};
  return recent.statement;
}

PostgresqlStatement PostgresqlStatements::of_function(std::uint32_t number) {
  char text[32] = "fastpath function ";
  constexpr std::size_t kWords = sizeof("fastpath function ") - 1;
  const char* end = std::to_chars(text + kWords, text + sizeof(text), number).ptr;
  const std::string_view whole(text, static_cast<std::size_t>(end - text));
  return {books_.queries.intern(Protocol::kPostgresql, "CALL", whole), 0};
}

void PostgresqlStatements::prepare(std::string_view name, const PostgresqlStatement& statement) {
  if (name.empty()) {
    unnamed_ = statement;
    return;
  }
  PostgresqlStatement named = statement;
  named.flags |= kCallPrepared;
  const std::uint64_t key = hash_of(name);
  if (named_.size() < kMostNamed || named_.count(key)) named_[key] = named;
  if (statement.query != 0) books_.statements.learn(application_, name, statement.query);
}

PostgresqlStatement PostgresqlStatements::of_name(std::string_view name) const {
  if (name.empty()) return unnamed_;
  const auto found = named_.find(hash_of(name));
  if (found != named_.end()) return found->second;
  const QueryId query = books_.statements.look_up(application_, name);
  if (query == 0) return {0, kCallPrepared | kCallTextUnseen};
  const QueryText* text = books_.queries.find(query);
  const bool truncated = text && text->truncated;
  return {query, static_cast<std::uint16_t>(kCallPrepared | (truncated ? kCallTruncated : 0))};
}

void PostgresqlStatements::bind(std::string_view portal, std::string_view statement) {
  if (portal.empty()) {
    unnamed_portal_ = of_name(statement);
    return;
  }
  const std::uint64_t key = hash_of(portal);
  if (portals_.size() < kMostPortals || portals_.count(key)) portals_[key] = of_name(statement);
}

PostgresqlStatement PostgresqlStatements::of_portal(std::string_view portal) const {
  if (portal.empty()) return unnamed_portal_;
  const auto found = portals_.find(hash_of(portal));
  return found == portals_.end() ? PostgresqlStatement() : found->second;
}

void PostgresqlStatements::close_statement(std::string_view name) {
  if (name.empty()) {
    unnamed_ = {};
  } else {
    named_.erase(hash_of(name));
  }
}

void PostgresqlStatements::close_portal(std::string_view name) {
  if (name.empty()) {
    unnamed_portal_ = {};
  } else {
    portals_.erase(hash_of(name));
  }
}

void PostgresqlStatements::end_transaction() {
  if (!portals_.empty()) portals_.clear();
}

void PostgresqlStatements::heed(std::string_view sql) {
  skip_space(sql);
  if (sql.empty() || lower(sql[0]) != 'd') return;
  if (take_word(sql, "discard")) {
    if (take_word(sql, "all")) named_.clear();
    return;
  }
  if (!take_word(sql, "deallocate")) return;
  take_word(sql, "prepare");
  if (take_word(sql, "all")) {
    named_.clear();
  } else {
    close_statement(identifier(sql));
  }
}

}  // namespace culprit
