// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/situation.h"
#include "model/field.h"

namespace culprit {

/// A field as rules know it.
struct FieldInfo {
  std::string_view id;
  Unit unit = Unit::kNone;
  FieldKind kind = FieldKind::kGauge;
  bool is_text = false;
  std::string_view help;
};

/// A kind of row that rules can be about: rows of the snapshot, or what lies across them.
class Table {
 public:
  virtual ~Table() = default;
  virtual std::string_view name() const = 0;
  virtual std::size_t rows(const Situation& situation) const = 0;
  virtual std::span<const FieldInfo> fields() const = 0;
  virtual Value value(const Situation& situation, std::size_t row, std::size_t field) const = 0;
  /// Names of what a row can be related to; the first is the row itself.
  virtual std::span<const std::string_view> relations() const = 0;
  /// Most concerned first; of the first relation exactly one.
  virtual std::vector<Target> related(const Situation& situation, std::size_t row,
                                      std::size_t relation) const = 0;

  std::optional<std::size_t> field(std::string_view id) const;
  std::optional<std::size_t> relation(std::string_view name) const;
};

/// Every kind; the first is `host`, which has one row.
std::span<const Table* const> tables();
/// nullptr: there is none of that name.
const Table* find_table(std::string_view name);

// One maker each, for tables().
const Table& host_table();
const Table& disk_table();
const Table& filesystem_table();
const Table& process_table();
const Table& thread_table();
const Table& unit_table();
const Table& contention_table();
const Table& process_limit_table();
const Table& port_table();
const Table& setting_table();
const Table& allowance_table();
const Table& cache_scan_table();
const Table& start_group_table();
const Table& lookup_table();
const Table& task_table();
const Table& database_table();
const Table& pool_table();
const Table& query_table();
const Table& request_query_table();
const Table& endpoint_table();
const Table& service_table();

}  // namespace culprit
