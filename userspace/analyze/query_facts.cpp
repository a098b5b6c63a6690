// SPDX-License-Identifier: Apache-2.0
#include "analyze/query_facts.h"

#include <algorithm>
#include <cmath>

#include "analyze/index_advice.h"
#include "analyze/number_text.h"
#include "analyze/row_table.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

using rule_field::ratio;

constexpr double kSlowSeconds = 1;
constexpr std::size_t kNamesTold = 3;

double request_seconds(const EndpointRow& row) {
  return row.latency ? row.latency->mean_seconds * static_cast<double>(row.requests) : 0;
}

}  // namespace

std::uint64_t slow_calls(const QueryRow& row) {
  if (!row.latency || row.waits || row.latency->max_seconds < kSlowSeconds) return 0;
  const auto calls = static_cast<double>(row.latency->count);
  double share = 0;
  if (row.latency->p99_seconds >= kSlowSeconds) share = 0.01;
  if (row.latency->p95_seconds >= kSlowSeconds) share = 0.05;
  if (row.latency->p50_seconds >= kSlowSeconds) share = 0.5;
  return std::max<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(calls * share)), 1);
}

Value server_held_ratio(const QueryRow& row, const Situation&) {
  if (!row.server || row.server->seconds <= 0) return {};
  const ServerView& view = *row.server;
  const double told =
      view.cpu_seconds + view.run_queue_seconds + view.disk_seconds + view.unread_seconds;
  return Value(std::max(0.0, 1 - told / view.seconds));
}

Value transactions_open(const QueryRow& row, const Situation& situation) {
  for (const DatabaseRow& database : situation.snapshot().databases)
    if (database.address == row.address && database.transactions)
      return Value(database.transactions->open);
  return {};
}

Value index_text(const QueryRow& row, bool statement) {
  const bool sql = row.protocol == Protocol::kPostgresql || row.protocol == Protocol::kMysql;
  if (!sql || !row.text || row.text_truncated) return {};
  const auto index = index_columns(*row.text);
  if (!index) return {};
  const std::string text = index_sql(*index);
  return Value(plain_text(statement ? text : text.substr(std::string("CREATE INDEX ON ").size())));
}

Value query_callers(const QueryRow& row, const Situation&) {
  std::string list;
  for (std::size_t index = 0; index < row.callers.size() && index < kNamesTold; ++index) {
    const CallerRow& caller = row.callers[index];
    list += list.empty() ? "" : ", ";
    if (caller.endpoint) list += plain_text(*caller.endpoint) + " of ";
    list += target_text(target_of(caller.process)) + " " + std::to_string(caller.calls) + " calls";
  }
  return list.empty() ? Value() : Value(list);
}

Value frequent_error(const QueryRow& row, const Situation&) {
  const auto most =
      std::max_element(row.errors_by_code.begin(), row.errors_by_code.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == row.errors_by_code.end() ? Value() : Value(plain_text(most->first));
}

std::vector<Target> caller_targets(const QueryRow& row, const Situation& situation) {
  std::vector<Target> targets;
  for (const CallerRow& caller : row.callers) {
    Target target = target_of(caller.process);
    if (caller.endpoint) {
      target.kind = TargetKind::kEndpoint;
      target.name = plain_text(*caller.endpoint);
    } else if (const ProcessRow* process = situation.process(caller.process.id)) {
      target = target_of(*process);
    }
    if (std::find(targets.begin(), targets.end(), target) == targets.end())
      targets.push_back(std::move(target));
  }
  return targets;
}

Value request_time_share(const RequestQueryRow& row, const Situation&) {
  const double whole = request_seconds(*row.endpoint);
  return whole > 0 ? Value(std::min(1.0, row.seconds / whole)) : Value();
}

double saved_by_batching(const RequestQueryRow& row) {
  const auto calls = static_cast<double>(row.calls);
  const auto requests = static_cast<double>(row.endpoint->requests);
  return calls > requests && calls > 0 ? row.seconds * (1 - requests / calls) : 0;
}

Value endpoint_queries(const EndpointRow& row, const Situation& situation) {
  std::vector<const RequestQueryRow*> rows;
  for (const RequestQueryRow& held : situation.request_queries())
    if (held.endpoint == &row) rows.push_back(&held);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto* a, const auto* b) { return a->seconds > b->seconds; });
  std::string list;
  for (std::size_t index = 0; index < rows.size() && index < kNamesTold; ++index) {
    const auto share = number_in(request_time_share(*rows[index], situation));
    if (!share) continue;
    list += (list.empty() ? "" : ", ") + number_text(*share, Unit::kRatio) + " in " +
            plain_text(target_of(*rows[index]->query).name, 60);
  }
  return list.empty() ? Value() : Value(list);
}

}  // namespace culprit
