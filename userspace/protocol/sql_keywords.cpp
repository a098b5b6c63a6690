// SPDX-License-Identifier: Apache-2.0
#include "protocol/sql_keywords.h"

#include <array>
#include <cstddef>

namespace culprit {
namespace {

using Role = SqlKeywordRole;

constexpr std::uint8_t kLead = kSqlVerb | kSqlLeading;

constexpr SqlKeyword word(std::string_view text, int flags = 0, Role role = Role::kOther) {
  return {text, static_cast<std::uint8_t>(flags), role};
}

// Reserved words and verbs; words that are as often names of columns (name, key, type, date,
// value) stay as they are written.
constexpr std::array kKeywords = {
    // Verbs.
    word("SELECT", kSqlVerb | kSqlMainVerb),
    word("INSERT", kSqlVerb | kSqlMainVerb | kSqlFunction),
    word("UPDATE", kSqlVerb | kSqlMainVerb),
    word("DELETE", kSqlVerb | kSqlMainVerb),
    word("MERGE", kSqlVerb | kSqlMainVerb),
    word("REPLACE", kSqlVerb | kSqlFunction),
    word("WITH", kSqlVerb),
    word("VALUES", kSqlVerb, Role::kValues),
    word("TABLE", kSqlVerb, Role::kTarget),
    word("EXPLAIN", kSqlVerb),
    word("ANALYZE", kSqlVerb),
    word("CREATE", kSqlVerb),
    word("ALTER", kSqlVerb),
    word("DROP", kSqlVerb),
    word("TRUNCATE", kSqlVerb | kSqlFunction),
    word("GRANT", kSqlVerb),
    word("REVOKE", kSqlVerb),
    word("SET", kSqlVerb),
    word("SAVEPOINT", kSqlVerb | kSqlNames),
    word("RELEASE", kLead | kSqlNames),
    word("ROLLBACK", kSqlVerb | kSqlNames),
    word("DEALLOCATE", kLead | kSqlNames),
    word("DECLARE", kLead | kSqlNames),
    word("FETCH", kSqlVerb | kSqlNames),
    word("CLOSE", kLead | kSqlNames),
    word("MOVE", kLead | kSqlNames),
    word("PREPARE", kSqlVerb | kSqlNames),
    word("EXECUTE", kSqlVerb | kSqlNames),
    word("BEGIN", kLead),
    word("START", kLead),
    word("COMMIT", kSqlVerb),
    word("END", kSqlVerb | kSqlOperand),
    word("ABORT", kLead),
    word("SHOW", kLead),
    word("RESET", kLead),
    word("DISCARD", kLead),
    word("COPY", kLead),
    word("LOCK", kLead),
    word("UNLOCK", kLead),
    word("CALL", kLead),
    word("DO", kSqlVerb),
    word("LISTEN", kLead),
    word("UNLISTEN", kLead),
    word("NOTIFY", kLead),
    word("VACUUM", kLead),
    word("CLUSTER", kLead),
    word("REINDEX", kLead),
    word("REFRESH", kLead),
    word("CHECKPOINT", kLead),
    word("COMMENT", kLead),
    word("IMPORT", kLead),
    word("REASSIGN", kLead),
    word("SECURITY", kLead),
    word("LOAD", kLead),
    word("USE", kSqlVerb),
    word("DESCRIBE", kSqlVerb),
    word("KILL", kLead),
    word("FLUSH", kLead),
    word("HANDLER", kLead),
    word("HELP", kLead),
    word("OPTIMIZE", kLead),
    word("REPAIR", kLead),
    word("CHECKSUM", kLead),
    word("CACHE", kLead),
    word("RENAME", kLead),
    word("RESIGNAL", kLead),
    word("SIGNAL", kLead),
    word("SHUTDOWN", kLead),
    word("INSTALL", kLead),
    word("UNINSTALL", kLead),
    word("CHANGE", kLead),
    word("STOP", kLead),
    word("PURGE", kLead),
    word("BINLOG", kLead),
    word("XA", kLead),
    // Values.
    word("NULL", kSqlOperand | kSqlLiteral),
    word("TRUE", kSqlOperand | kSqlLiteral),
    word("FALSE", kSqlOperand | kSqlLiteral),
    word("DEFAULT", kSqlOperand | kSqlLiteral | kSqlFunction),
    word("CURRENT_DATE", kSqlOperand),
    word("CURRENT_TIME", kSqlOperand | kSqlFunction),
    word("CURRENT_TIMESTAMP", kSqlOperand | kSqlFunction),
    word("CURRENT_USER", kSqlOperand | kSqlFunction),
    word("CURRENT_ROLE", kSqlOperand),
    word("SESSION_USER", kSqlOperand | kSqlFunction),
    word("LOCALTIME", kSqlOperand | kSqlFunction),
    word("LOCALTIMESTAMP", kSqlOperand | kSqlFunction),
    // The rest.
    word("IN", 0, Role::kIn),
    word("INTO", 0, Role::kTarget),
    word("FOR", kSqlEndNames),
    word("AS", kSqlEndNames),
    word("USING", kSqlEndNames),
    word("LEFT", kSqlFunction),
    word("RIGHT", kSqlFunction),
    word("IF", kSqlFunction),
    word("FROM"),
    word("WHERE"),
    word("AND"),
    word("OR"),
    word("XOR"),
    word("NOT"),
    word("IS"),
    word("ISNULL", kSqlOperand | kSqlFunction),
    word("NOTNULL", kSqlOperand),
    word("ON"),
    word("JOIN"),
    word("INNER"),
    word("FULL"),
    word("OUTER"),
    word("CROSS"),
    word("NATURAL"),
    word("LATERAL"),
    word("STRAIGHT_JOIN"),
    word("GROUP"),
    word("ORDER"),
    word("BY"),
    word("HAVING"),
    word("LIMIT"),
    word("OFFSET"),
    word("UNION"),
    word("ALL"),
    word("INTERSECT"),
    word("EXCEPT"),
    word("DISTINCT"),
    word("CASE"),
    word("WHEN"),
    word("THEN"),
    word("ELSE"),
    word("LIKE"),
    word("ILIKE"),
    word("SIMILAR"),
    word("REGEXP"),
    word("RLIKE"),
    word("ESCAPE"),
    word("DIV"),
    word("BETWEEN"),
    word("SYMMETRIC"),
    word("EXISTS"),
    word("ANY"),
    word("SOME"),
    word("ASC"),
    word("DESC"),
    word("NULLS"),
    word("RETURNING"),
    word("CONFLICT"),
    word("NOTHING"),
    word("DUPLICATE"),
    word("IGNORE"),
    word("RECURSIVE"),
    word("MATERIALIZED"),
    word("NOWAIT"),
    word("LOCKED"),
    word("OVER"),
    word("PARTITION"),
    word("WINDOW"),
    word("FILTER"),
    word("WITHIN"),
    word("ARRAY"),
    word("COLLATE"),
    word("INDEX"),
    word("VIEW"),
    word("UNIQUE"),
    word("PRIMARY"),
    word("FOREIGN"),
    word("REFERENCES"),
    word("CONSTRAINT"),
    word("CHECK"),
    word("ADD"),
    word("COLUMN"),
    word("CASCADE"),
    word("RESTRICT"),
    word("TEMPORARY"),
    word("TEMP"),
    word("TRANSACTION"),
    word("ISOLATION"),
    word("LEVEL"),
    word("WORK"),
    word("TO"),
    word("CURSOR"),
    word("MATCHED"),
    word("CONCURRENTLY"),
    word("VERBOSE"),
    word("IDENTIFIED"),
};

constexpr std::size_t kShortest = 2, kLongest = 17, kSlots = 512;
static_assert(kKeywords.size() < kSlots / 2);

constexpr unsigned upper(char byte) {
  return static_cast<unsigned char>(byte) & 0xDFu;
}

constexpr std::size_t slot_of(std::string_view text) {
  const unsigned middle = upper(text[text.size() / 2]);
  return (upper(text[0]) * 7 + upper(text[1]) * 61 + middle * 19 + upper(text.back()) * 3 +
          text.size() * 37) %
         kSlots;
}

/// Open addressing; 0 is an empty slot, else the keyword's position + 1.
constexpr std::array<std::uint8_t, kSlots> make_slots() {
  std::array<std::uint8_t, kSlots> slots{};
  for (std::size_t index = 0; index < kKeywords.size(); index++) {
    std::size_t slot = slot_of(kKeywords[index].text);
    while (slots[slot]) slot = (slot + 1) % kSlots;
    slots[slot] = static_cast<std::uint8_t>(index + 1);
  }
  return slots;
}
static_assert(kKeywords.size() < 255);
constexpr auto kTable = make_slots();

bool same(std::string_view keyword, std::string_view text) {
  if (keyword.size() != text.size()) return false;
  for (std::size_t index = 0; index < text.size(); index++)
    if (static_cast<unsigned char>(keyword[index]) != upper(text[index])) return false;
  return true;
}

}  // namespace

const SqlKeyword* find_sql_keyword(std::string_view text) {
  if (text.size() < kShortest || text.size() > kLongest) return nullptr;
  for (std::size_t slot = slot_of(text); kTable[slot]; slot = (slot + 1) % kSlots)
    if (const SqlKeyword& keyword = kKeywords[kTable[slot] - 1]; same(keyword.text, text))
      return &keyword;
  return nullptr;
}

}  // namespace culprit
