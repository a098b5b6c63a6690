// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_statements.h"

namespace culprit {
namespace {

constexpr std::size_t kMostStatements = 4096;
constexpr std::size_t kMostPortals = 256;

/// Text up to NUL, which is taken off with it; all that is left when there is none.
std::string_view take_text(std::string_view& body) {
  const std::size_t end = body.find('\0');
  const std::string_view text = body.substr(0, end);
  body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
  return text;
}

}  // namespace

PreparedQuery PostgresqlStatements::query(std::string_view sql, bool cut) {
  const NormalizedSql normal = normalizer_.normalize(sql, SqlDialect::kPostgresql);
  PreparedQuery query;
  query.query =
      books_.queries.intern(Protocol::kPostgresql, normal.operation, normal.text, cut);
  query.cut = cut;
  if (normal.operation == "DISCARD") forget_all();
  return query;
}

void PostgresqlStatements::parse(std::string_view body, bool cut) {
  const std::string_view name = take_text(body);
  PreparedQuery parsed = query(take_text(body), cut);
  parsed.prepared = !name.empty();
  if (name.empty()) {
    unnamed_statement_ = parsed;
    return;
  }
  books_.statements.learn(application_, name, parsed.query);
  if (statements_.size() < kMostStatements || statements_.count(std::string(name)))
    statements_.insert_or_assign(std::string(name), parsed);
}

void PostgresqlStatements::bind(std::string_view body) {
  const std::string_view portal = take_text(body);
  const std::string_view name = take_text(body);
  PreparedQuery bound = unnamed_statement_;
  if (!name.empty()) {
    const auto found = statements_.find(std::string(name));
    if (found != statements_.end()) {
      bound = found->second;
    } else {
      bound = {books_.statements.look_up(application_, name), true, false, false};
      bound.unseen = bound.query == 0;
    }
  } else if (!bound.query) {
    bound.unseen = true;
  }
  if (portal.empty())
    unnamed_portal_ = bound;
  else if (portals_.size() < kMostPortals || portals_.count(std::string(portal)))
    portals_.insert_or_assign(std::string(portal), bound);
}

PreparedQuery PostgresqlStatements::portal(std::string_view body) const {
  const std::string_view name = take_text(body);
  if (name.empty()) return unnamed_portal_;
  const auto found = portals_.find(std::string(name));
  return found != portals_.end() ? found->second : PreparedQuery{0, true, true, false};
}

void PostgresqlStatements::close(std::string_view body) {
  if (body.empty()) return;
  const char kind = body[0];
  body.remove_prefix(1);
  (kind == 'S' ? statements_ : portals_).erase(std::string(take_text(body)));
}

void PostgresqlStatements::forget_all() {
  statements_.clear();
  portals_.clear();
}

}  // namespace culprit
