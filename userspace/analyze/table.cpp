// SPDX-License-Identifier: Apache-2.0
#include "analyze/table.h"

namespace culprit {

std::optional<std::size_t> Table::field(std::string_view id) const {
  const auto known = fields();
  for (std::size_t index = 0; index < known.size(); ++index)
    if (known[index].id == id) return index;
  return std::nullopt;
}

std::optional<std::size_t> Table::relation(std::string_view name) const {
  const auto known = relations();
  for (std::size_t index = 0; index < known.size(); ++index)
    if (known[index] == name) return index;
  return std::nullopt;
}

std::span<const Table* const> tables() {
  static const Table* const kTables[] = {
      &host_table(),        &disk_table(),    &filesystem_table(),    &process_table(),
      &thread_table(),      &unit_table(),    &contention_table(),    &process_limit_table(),
      &port_table(),        &setting_table(), &allowance_table(),     &cache_scan_table(),
      &start_group_table(), &lookup_table(),  &task_table(),          &database_table(),
      &pool_table(),        &query_table(),   &request_query_table(), &endpoint_table(),
      &service_table()};
  return kTables;
}

const Table* find_table(std::string_view name) {
  for (const Table* table : tables())
    if (table->name() == name) return table;
  return nullptr;
}

}  // namespace culprit
