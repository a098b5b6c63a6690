// SPDX-License-Identifier: Apache-2.0
// The SQL normaliser, in both dialects: what it made stays as it is, it is bounded, and a
// literal planted after any statement never shows.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol/sql_normalizer.h"

namespace {

using namespace culprit;

constexpr std::string_view kSecret = "pLaNtEd8675309";

void require(bool holds) {
  if (!holds) std::abort();
}

bool shows(std::string_view text) {
  return text.find(kSecret) != std::string_view::npos;
}

std::string normalized(std::string_view sql, SqlDialect dialect) {
  SqlNormalizer normalizer;
  const NormalizedSql made = normalizer.normalize(sql, dialect);
  require(made.text.size() <= SqlNormalizer::kMost);
  return std::string(made.text);
}

/// The secret in quotes between statements that the fuzzer makes. Quotes of these and dollars,
/// backslashes or what comments them out would make it a name, and so they go.
void plant(std::string_view input, SqlDialect dialect) {
  std::string harmless;
  for (const char byte : input)
    if (std::string_view("'\"`$\\").find(byte) == std::string_view::npos) harmless += byte;
  const std::string_view marks = dialect == SqlDialect::kMysql ? "'\"" : "'";
  if (shows(harmless)) return;
  for (const char mark : marks) {
    std::string literal(1, mark);
    literal += kSecret;
    const std::string open = harmless + " " + literal;
    require(!shows(normalized(open, dialect)));
    require(!shows(normalized(open + mark + harmless, dialect)));
    require(!shows(normalized(open + "\\", dialect)));
    require(!shows(normalized(open + mark + mark + std::string(kSecret), dialect)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const SqlDialect dialect = data[0] & 1 ? SqlDialect::kMysql : SqlDialect::kPostgresql;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string text = normalized(input, dialect);
  require(normalized(text, dialect) == text);
  plant(input, dialect);
  return 0;
}
