// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// What an index for a query would hold.
struct IndexColumns {
  std::string table;
  std::vector<std::string> columns;  ///< those compared with =, then at most one of a range
};

/// Reads the filter of a normalised SELECT, UPDATE or DELETE on one table, and what it is
/// sorted by. Absent where the text is anything else, is cut off before its filter ends, or
/// filters by no column.
std::optional<IndexColumns> index_columns(std::string_view sql);

/// "CREATE INDEX ON orders (user_id, created_at)".
std::string index_sql(const IndexColumns& index);

}  // namespace culprit
