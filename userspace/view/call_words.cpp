// SPDX-License-Identifier: Apache-2.0
#include "view/call_words.h"

#include <algorithm>
#include <cmath>

#include "view/column.h"
#include "view/format.h"

namespace culprit {
namespace {

constexpr double kTellingShare = 0.2;  // of the time: from there on a wait is worth a sentence

std::string latency_text(const std::optional<Latency>& latency, double Latency::*quantile) {
  return latency ? format_latency((*latency).*quantile) : "-";
}

std::string part_text(const QueryRow& query, double CallParts::*part) {
  return query.parts ? per_call((*query.parts).*part, query.calls) : "-";
}

std::string backend_wait(const QueryRow& query) {
  if (!query.server || query.server->seconds <= 0) return "-";
  return format_percent(100 * query.server->run_queue_seconds / query.server->seconds) + "%";
}

}  // namespace

std::optional<std::string> why_calls_unseen(const CollectorRow& collector) {
  std::string reason;
  for (const ProbeRow& probe : collector.probes) {
    if (probe.name != "call") continue;
    if (probe.state == ProbeState::kAttached) return std::nullopt;
    if (reason.empty()) reason = probe.reason;
    if (reason.empty() && probe.state == ProbeState::kShed) reason = "switched off to stay cheap";
  }
  if (reason.empty() && !collector.bpf) reason = "without BPF (culprit doctor tells why)";
  if (reason.empty()) reason = "their probes were not loaded (culprit doctor tells why)";
  return "calls are not seen: " + reason;
}

std::optional<std::string> backend_sentence(const std::optional<ServerView>& server) {
  if (!server || server->seconds <= 0) return std::nullopt;
  const auto share = [&](double part) { return part / server->seconds; };
  const auto text = [&](double ratio) { return share_text(ratio, 1) + " of the time"; };
  const double cpu = share(server->cpu_seconds), queued = share(server->run_queue_seconds);
  const double disk = share(server->disk_seconds), unread = share(server->unread_seconds);
  const double other = std::max(0.0, 1 - cpu - queued - disk - unread);
  if (queued >= kTellingShare && queued >= disk)
    return "the backend waited " + text(queued) + " for a CPU";
  if (disk >= kTellingShare) return "the backend waited " + text(disk) + " for a disk";
  if (unread >= std::max(cpu, other))
    return "the backend was busy with other requests " + text(unread);
  if (cpu >= other) return "the backend used a CPU " + text(cpu);
  return "the backend was blocked " + text(other) +
         " by neither CPU nor disk: locks, other servers";
}

std::optional<std::string> pickup_sentence(const std::optional<CallParts>& parts) {
  if (!parts) return std::nullopt;
  const double all = parts->server_seconds + parts->pickup_seconds + parts->stream_seconds;
  if (all <= 0 || parts->pickup_seconds < kTellingShare * all) return std::nullopt;
  return "replies lay unread for " + share_text(parts->pickup_seconds, all) +
         " of the time: the caller was busy";
}

std::string per_second(std::uint64_t amount, double seconds) {
  return seconds > 0 ? format_count(static_cast<double>(amount) / seconds) + "/s" : "-";
}

std::string per_call(double amount_seconds, std::uint64_t calls) {
  return calls > 0 ? format_latency(amount_seconds / static_cast<double>(calls)) : "-";
}

std::string share_text(double part, double whole) {
  if (whole <= 0) return "-";
  // From ten on, tenths of a percent say nothing in a sentence.
  const double percent = 100 * part / whole;
  const std::string text =
      percent < 9.95 ? format_percent(percent) : std::to_string(std::lround(percent));
  return text + " %";
}

void write_queries(Page& page, const std::vector<QueryShare>& shares, double seconds) {
  constexpr PageColumn kColumns[] = {{"CALLS/s", 7}, {"TIME%", 6},  {"P95", 6},     {"SERVER", 6},
                                     {"PICKUP", 6},  {"STREAM", 6}, {"BKRUNQ%", 7}, {"QUERY", 0}};
  std::vector<PageRow> rows;
  for (const QueryShare& share : shares) {
    const QueryRow& query = *share.query;
    rows.push_back(
        {format_count(static_cast<double>(share.calls) / std::max(seconds, 1e-9)),
         format_percent(100 * share.seconds / std::max(seconds, 1e-9)),
         latency_text(query.latency, &Latency::p95_seconds),
         part_text(query, &CallParts::server_seconds), part_text(query, &CallParts::pickup_seconds),
         part_text(query, &CallParts::stream_seconds), backend_wait(query), describe_query(query)});
  }
  page.table(kColumns, rows);
}

void write_endpoints(Page& page, const std::vector<const EndpointRow*>& endpoints, double seconds) {
  constexpr PageColumn kColumns[] = {{"REQ/s", 7}, {"ERR/s", 6}, {"P50", 6},     {"P95", 6},
                                     {"P99", 6},   {"CALLS", 6}, {"ENDPOINT", 0}};
  std::vector<PageRow> rows;
  for (const EndpointRow* row : endpoints)
    rows.push_back({format_count(static_cast<double>(row->requests) / std::max(seconds, 1e-9)),
                    format_count(static_cast<double>(row->errors) / std::max(seconds, 1e-9)),
                    latency_text(row->latency, &Latency::p50_seconds),
                    latency_text(row->latency, &Latency::p95_seconds),
                    latency_text(row->latency, &Latency::p99_seconds),
                    row->calls_per_request ? format_count(*row->calls_per_request) : "-",
                    row->method + " " + row->route});
  page.table(kColumns, rows);
}

void write_pools(Page& page, const std::vector<PoolShare>& pools, double seconds) {
  constexpr PageColumn kColumns[] = {{"OPEN", 5},     {"BUSY", 6},  {"PEAK", 5}, {"OPENED/s", 8},
                                     {"CLOSED/s", 8}, {"IN TX", 5}, {"POOL", 0}};
  std::vector<PageRow> rows;
  for (const PoolShare& share : pools) {
    const PoolRow& pool = *share.pool;
    const auto rate = [&](std::uint64_t count) {
      return format_count(static_cast<double>(count) / std::max(seconds, 1e-9));
    };
    rows.push_back({std::to_string(pool.open), format_count(pool.busy_mean),
                    std::to_string(pool.busy_peak), rate(pool.opened), rate(pool.closed),
                    std::to_string(pool.in_transaction),
                    pool.process.name + " (" + std::to_string(pool.process.id.pid) + ") to " +
                        std::string(protocol_name(share.database->protocol)) + " at " +
                        share.database->address});
  }
  page.table(kColumns, rows);
}

}  // namespace culprit
