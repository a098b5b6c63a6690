// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_statements.h"

#include <strings.h>

#include <algorithm>

#include "protocol/sql_normalizer.h"

namespace culprit {
namespace {

/// Text up to NUL, which is taken off with it; all that is left when there is none.
std::string_view take_text(std::string_view& body) {
  const std::size_t end = body.find('\0');
  const std::string_view text = body.substr(0, end);
  body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
  return text;
}

/// The next word, or name in quotes, which stay; blanks and semicolons are between words.
std::string_view take_word(std::string_view& sql) {
  constexpr std::string_view kBetween = " \t\r\n;";
  sql.remove_prefix(std::min(sql.find_first_not_of(kBetween), sql.size()));
  const std::size_t end =
      !sql.empty() && sql[0] == '"' ? sql.find('"', 1) + 1 : sql.find_first_of(kBetween);
  const std::string_view word = sql.substr(0, end == 0 ? std::string_view::npos : end);
  sql.remove_prefix(word.size());
  return word;
}

bool is_word(std::string_view word, std::string_view upper) {
  return word.size() == upper.size() && strncasecmp(word.data(), upper.data(), upper.size()) == 0;
}

/// As the server keeps a name that stands in SQL.
std::string name_of(std::string_view word) {
  if (word.size() >= 2 && word[0] == '"') return std::string(word.substr(1, word.size() - 2));
  std::string name(word);
  for (char& letter : name)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return name;
}

}  // namespace

PreparedQuery PostgresqlStatements::query(std::string_view sql, bool cut) {
  const std::size_t hash = std::hash<std::string_view>{}(sql);
  Known& known = known_[hash % known_.size()];
  if (!cut && known.query.query && known.hash == hash && known.size == sql.size())
    return known.query;
  thread_local SqlNormalizer normalizer;
  const NormalizedSql normal = normalizer.normalize(sql, SqlDialect::kPostgresql);
  PreparedQuery query;
  query.query = books_.queries.intern(Protocol::kPostgresql, normal.operation,
                                      normal.text.empty() ? "(empty)" : normal.text, cut);
  query.cut = cut;
  if (normal.operation == "DISCARD" || normal.operation == "DEALLOCATE")
    discard(normal.operation, sql);
  else if (!cut)
    known = {hash, sql.size(), query};
  return query;
}

PreparedQuery PostgresqlStatements::function_call() {
  PreparedQuery query;
  query.query = books_.queries.intern(Protocol::kPostgresql, "CALL", "(function call)");
  return query;
}

void PostgresqlStatements::discard(std::string_view operation, std::string_view sql) {
  take_word(sql);
  std::string_view word = take_word(sql);
  const bool deallocate = operation == "DEALLOCATE";
  if (deallocate && is_word(word, "PREPARE")) word = take_word(sql);
  if (is_word(word, "ALL")) {
    statements_.clear();
    if (!deallocate) portals_.clear();
  } else if (deallocate && word.size() <= kLongestName) {
    statements_.erase(name_of(word));
  }
}

void PostgresqlStatements::remember(Names& names, std::size_t most, std::string_view name,
                                    const PreparedQuery& query) {
  if (name.size() > kLongestName) return;
  const auto found = names.find(name);
  if (found != names.end())
    found->second = query;
  else if (names.size() < most)
    names.emplace(name, query);
}

void PostgresqlStatements::parse(std::string_view body, bool cut) {
  const std::string_view name = take_text(body);
  const bool ends = body.find('\0') != std::string_view::npos;
  latest_ = query(take_text(body), cut && !ends);
  latest_.prepared = !name.empty();
  if (name.empty()) {
    unnamed_statement_ = latest_;
    return;
  }
  if (name.size() <= kLongestName) books_.statements.learn(application_, name, latest_.query);
  remember(statements_, kMostStatements, name, latest_);
}

void PostgresqlStatements::bind(std::string_view body) {
  const std::string_view portal = take_text(body);
  const std::string_view name = take_text(body);
  latest_ = unnamed_statement_;
  if (!name.empty()) {
    const auto found = statements_.find(name);
    if (found != statements_.end())
      latest_ = found->second;
    else
      latest_ = {books_.statements.look_up(application_, name), true, false, false};
  }
  latest_.unseen = latest_.query == 0;
  if (portal.empty()) {
    unnamed_portal_ = latest_;
    return;
  }
  // Portals end with their transaction, which is not followed.
  if (portals_.size() >= kMostPortals) portals_.clear();
  remember(portals_, kMostPortals, portal, latest_);
}

PreparedQuery PostgresqlStatements::portal(std::string_view body) const {
  const std::string_view name = take_text(body);
  const auto found = name.empty() ? portals_.end() : portals_.find(name);
  PreparedQuery query = name.empty()              ? unnamed_portal_
                        : found != portals_.end() ? found->second
                                                  : PreparedQuery{0, true, true, false};
  query.unseen = query.query == 0;
  return query;
}

void PostgresqlStatements::close(std::string_view body) {
  if (body.empty()) return;
  Names& names = body[0] == 'S' ? statements_ : portals_;
  body.remove_prefix(1);
  const auto found = names.find(take_text(body));
  if (found != names.end()) names.erase(found);
}

}  // namespace culprit
