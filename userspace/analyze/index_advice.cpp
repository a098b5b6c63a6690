// SPDX-License-Identifier: Apache-2.0
#include "analyze/index_advice.h"

#include <algorithm>
#include <map>

#include "protocol/sql_scanner.h"

namespace culprit {
namespace {

constexpr std::size_t kMostTokens = 2000;
constexpr std::size_t kMostEqual = 3;

/// A column, with the table or alias before it; "" where none is written.
struct ColumnName {
  std::string table, column;
};

struct Filter {
  std::vector<ColumnName> equal, range, sorted, joined;
};

std::vector<SqlToken> tokens_of(std::string_view sql) {
  const bool mysql = sql.find('`') != std::string_view::npos;
  SqlScanner scanner(sql, mysql ? SqlDialect::kMysql : SqlDialect::kPostgresql);
  std::vector<SqlToken> tokens;
  bool after_operand = false;
  while (tokens.size() < kMostTokens) {
    const SqlToken token = scanner.next(after_operand);
    if (token.kind == SqlTokenKind::kEnd) break;
    after_operand = token.kind == SqlTokenKind::kWord || token.kind == SqlTokenKind::kLiteral ||
                    token.kind == SqlTokenKind::kClose || token.kind == SqlTokenKind::kQuoted;
    tokens.push_back(token);
  }
  return tokens;
}

/// Reads one statement from left to right; stops at what it does not know.
class FilterReader {
 public:
  explicit FilterReader(std::string_view sql) : tokens_(tokens_of(sql)) {}

  std::optional<IndexColumns> read() {
    if (!is(0, "SELECT") && !is(0, "UPDATE") && !is(0, "DELETE")) return std::nullopt;
    if (is(0, "UPDATE")) {
      at_ = 1;
    } else if (!seek("FROM")) {
      return std::nullopt;
    }
    if (!read_tables()) return std::nullopt;
    if (is(0, "UPDATE") && !seek("WHERE")) return std::nullopt;
    if (is(at_, "WHERE") && !read_where()) return std::nullopt;
    read_order();
    return choose();
  }

 private:
  bool is(std::size_t index, std::string_view text) const {
    return index < tokens_.size() && tokens_[index].text == text;
  }
  bool is(std::size_t index, SqlTokenKind kind) const {
    return index < tokens_.size() && tokens_[index].kind == kind;
  }
  bool is_name(std::size_t index) const {
    static constexpr std::string_view kKeywords[] = {
        "WHERE", "JOIN", "INNER", "LEFT", "RIGHT", "FULL",  "CROSS",  "ON",   "GROUP", "ORDER",
        "LIMIT", "SET",  "AND",   "OR",   "NOT",   "USING", "HAVING", "FOR",  "UNION", "OFFSET",
        "AS",    "USE",  "FORCE", "IN",   "IS",    "LIKE",  "SELECT", "CASE", "EXISTS"};
    if (is(index, SqlTokenKind::kQuoted)) return true;
    return is(index, SqlTokenKind::kWord) && std::find(std::begin(kKeywords), std::end(kKeywords),
                                                       tokens_[index].text) == std::end(kKeywords);
  }

  /// Goes behind FROM, or to any other word, outside of brackets.
  bool seek(std::string_view word) {
    int depth = 0;
    for (; at_ < tokens_.size(); ++at_) {
      if (is(at_, SqlTokenKind::kOpen)) ++depth;
      if (is(at_, SqlTokenKind::kClose)) --depth;
      if (depth == 0 && is(at_, word)) {
        if (word == "FROM") ++at_;
        return true;
      }
    }
    return false;
  }

  /// name or schema.name, and its alias.
  bool read_table() {
    if (!is_name(at_)) return false;
    std::string name(tokens_[at_++].text);
    while (is(at_, SqlTokenKind::kDot) && is_name(at_ + 1)) {
      name += "." + std::string(tokens_[at_ + 1].text);
      at_ += 2;
    }
    if (is(at_, SqlTokenKind::kOpen)) return false;
    if (is(at_, "AS")) ++at_;
    std::string alias = name.substr(name.rfind('.') + 1);
    if (is_name(at_)) alias = tokens_[at_++].text;
    if (first_.empty()) first_ = name;
    return aliases_.emplace(alias, name).second;
  }

  bool read_tables() {
    if (!read_table()) return false;
    for (;;) {
      while (is(at_, "INNER") || is(at_, "LEFT") || is(at_, "RIGHT") || is(at_, "OUTER")) ++at_;
      if (!is(at_, "JOIN")) return !is(at_, SqlTokenKind::kComma);
      ++at_;
      if (!read_table() || !is(at_, "ON")) return false;
      ++at_;
      if (!read_join()) return false;
    }
  }

  /// a.x = b.y [AND …], perhaps in brackets.
  bool read_join() {
    const bool open = is(at_, SqlTokenKind::kOpen);
    if (open) ++at_;
    for (;;) {
      const auto left = read_column();
      if (!left || !is(at_, "=")) return false;
      ++at_;
      const auto right = read_column();
      if (right) {
        filter_.joined.push_back(*left);
        filter_.joined.push_back(*right);
      } else if (is(at_, "?")) {
        filter_.equal.push_back(*left);
        ++at_;
      } else {
        return false;
      }
      if (!is(at_, "AND")) break;
      ++at_;
    }
    if (open && !is(at_, SqlTokenKind::kClose)) return false;
    if (open) ++at_;
    return true;
  }

  std::optional<ColumnName> read_column() {
    if (!is_name(at_) || is(at_ + 1, SqlTokenKind::kOpen)) return std::nullopt;
    ColumnName name;
    name.column = tokens_[at_++].text;
    if (is(at_, SqlTokenKind::kDot) && is_name(at_ + 1)) {
      name.table = name.column;
      name.column = tokens_[at_ + 1].text;
      at_ += 2;
    }
    return name;
  }

  /// Conditions joined by AND; what an index cannot serve is passed over.
  bool read_where() {
    do {
      ++at_;
      if (auto column = read_column()) note(std::move(*column));
      if (!pass_condition()) return false;
    } while (is(at_, "AND"));
    return true;
  }

  void note(ColumnName column) {
    if (is(at_, "IS") && is(at_ + 1, "NULL")) return filter_.equal.push_back(std::move(column));
    if (is(at_, "=") || is(at_, "IN")) {
      const bool value = is(at_ + 1, "?") || is(at_ + 1, "ANY") || is(at_ + 1, SqlTokenKind::kOpen);
      if (value) filter_.equal.push_back(std::move(column));
      return;
    }
    for (const std::string_view range : {"<", ">", "<=", ">="})
      if (is(at_, range)) return filter_.range.push_back(std::move(column));
    if (!is(at_, "BETWEEN")) return;
    filter_.range.push_back(std::move(column));
    // Its AND joins no conditions.
    while (at_ < tokens_.size() && !is(at_, "AND")) ++at_;
    if (at_ < tokens_.size()) ++at_;
  }

  /// To what ends the condition; false at an OR: no one index serves both sides.
  bool pass_condition() {
    int depth = 0;
    for (; at_ < tokens_.size(); ++at_) {
      if (is(at_, SqlTokenKind::kOpen)) ++depth;
      if (is(at_, SqlTokenKind::kClose)) --depth;
      if (depth > 0) continue;
      if (is(at_, "OR")) return false;
      for (const std::string_view end : {"AND", "ORDER", "GROUP", "LIMIT", "FOR", "HAVING"})
        if (is(at_, end)) return true;
    }
    return true;
  }

  void read_order() {
    if (!seek("ORDER") || !is(at_ + 1, "BY")) return;
    at_ += 2;
    if (auto column = read_column()) filter_.sorted.push_back(std::move(*column));
  }

  std::string table_of(const ColumnName& column) const {
    if (column.table.empty()) return aliases_.size() == 1 ? first_ : "";
    const auto found = aliases_.find(column.table);
    return found == aliases_.end() ? "" : found->second;
  }

  void add(IndexColumns& index, const std::vector<ColumnName>& from, std::size_t most) const {
    for (const ColumnName& column : from) {
      if (most == 0) return;
      if (table_of(column) != index.table) continue;
      const auto& have = index.columns;
      if (std::find(have.begin(), have.end(), column.column) != have.end()) continue;
      index.columns.push_back(column.column);
      --most;
    }
  }

  /// Of the tables in it, the first that is filtered by a value; else one that is joined.
  std::optional<IndexColumns> choose() const {
    for (const auto* columns : {&filter_.equal, &filter_.range, &filter_.joined}) {
      for (auto column = columns->rbegin(); column != columns->rend(); ++column) {
        IndexColumns index{table_of(*column), {}};
        if (index.table.empty()) continue;
        add(index, filter_.equal, kMostEqual);
        if (columns == &filter_.joined) add(index, filter_.joined, 1);
        const std::size_t before = index.columns.size();
        add(index, filter_.range, 1);
        if (index.columns.size() == before) add(index, filter_.sorted, 1);
        if (!index.columns.empty()) return index;
      }
    }
    return std::nullopt;
  }

  std::vector<SqlToken> tokens_;
  std::size_t at_ = 0;
  std::string first_;
  std::map<std::string, std::string> aliases_;
  Filter filter_;
};

}  // namespace

std::optional<IndexColumns> index_columns(std::string_view sql) {
  return FilterReader(sql).read();
}

std::string index_sql(const IndexColumns& index) {
  std::string sql = "CREATE INDEX ON " + index.table + " (";
  for (const std::string& column : index.columns)
    sql += (column == index.columns.front() ? "" : ", ") + column;
  return sql + ")";
}

}  // namespace culprit
