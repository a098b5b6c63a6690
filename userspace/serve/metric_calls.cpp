// SPDX-License-Identifier: Apache-2.0
#include "serve/metric_calls.h"

#include <algorithm>
#include <set>

#include "serve/metric_fields.h"
#include "util/utf8.h"

namespace culprit {
namespace {

constexpr std::size_t kTextBytes = 120;

/// Rows and what names them, each name once: two samples with the same labels would make the
/// whole exposition invalid.
template <class Row>
class Named {
 public:
  void add(const Row& row, MetricLabels labels) {
    if (!seen_.insert(labels.text()).second) return;
    rows_.push_back(&row);
    labels_.push_back(std::move(labels));
  }
  void write(MetricWriter& out, std::string_view prefix, std::span<const Field<Row>> fields,
             double seconds) const {
    write_fields(out, prefix, fields, rows_, labels_, seconds);
  }

 private:
  std::vector<const Row*> rows_;
  std::vector<MetricLabels> labels_;
  std::set<std::string> seen_;
};

std::vector<const QueryRow*> longest(const Snapshot& snapshot, std::size_t count) {
  std::vector<const QueryRow*> rows;
  for (const QueryRow& row : snapshot.queries) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(), [](const QueryRow* left, const QueryRow* right) {
    return left->seconds > right->seconds;
  });
  rows.resize(std::min(rows.size(), count));
  return rows;
}

}  // namespace

void write_call_metrics(MetricWriter& out, const Snapshot& snapshot, std::size_t queries) {
  Named<DatabaseRow> databases;
  for (const DatabaseRow& row : snapshot.databases)
    databases.add(row, {{"system", protocol_name(row.protocol)}, {"address", row.address}});
  databases.write(out, "culprit_database_", database_fields(), snapshot.seconds);

  Named<QueryRow> texts;
  for (const QueryRow* row : longest(snapshot, queries))
    texts.add(*row, {{"query", query_id_text(row->id)},
                     {"system", protocol_name(row->protocol)},
                     {"address", row->address},
                     {"database", row->database.value_or("")},
                     {"operation", row->operation.value_or("")},
                     {"text", shortened(row->text.value_or(""), kTextBytes)}});
  texts.write(out, "culprit_query_", query_fields(), snapshot.seconds);

  Named<EndpointRow> endpoints;
  for (const EndpointRow& row : snapshot.endpoints)
    endpoints.add(row, {{"pid", std::to_string(row.process.id.pid)},
                        {"name", row.process.name},
                        {"method", row.method},
                        {"route", row.route}});
  endpoints.write(out, "culprit_endpoint_", endpoint_fields(), snapshot.seconds);

  Named<ServiceRow> services;
  for (const ServiceRow& row : snapshot.services)
    services.add(row, {{"address", row.address}, {"protocol", row.protocol}});
  services.write(out, "culprit_service_", service_fields(), snapshot.seconds);
}

}  // namespace culprit
