// SPDX-License-Identifier: Apache-2.0
#include "view/text_calls.h"

#include <algorithm>

#include "util/utf8.h"
#include "view/format.h"
#include "view/text_line.h"

namespace culprit {
namespace {

constexpr std::size_t kRowsShown = 15;
constexpr std::size_t kTextBytes = 200;

std::size_t shown(const auto& rows) {
  return std::min(rows.size(), kRowsShown);
}

std::string rate(double amount, const Snapshot& snapshot) {
  return snapshot.seconds > 0 ? format_count(amount / snapshot.seconds) : "-";
}

std::string rate(std::uint64_t amount, const Snapshot& snapshot) {
  return rate(static_cast<double>(amount), snapshot);
}

std::string share(double seconds, const Snapshot& snapshot) {
  return snapshot.seconds > 0 ? format_percent(seconds / snapshot.seconds * 100) : "-";
}

std::string optional_latency(const std::optional<double>& seconds) {
  return seconds ? format_latency(*seconds) : "-";
}

/// P50, P95, P99 and MAX, seven cells each.
std::string latency_cells(const std::optional<Latency>& latency) {
  std::string cells;
  for (const double Latency::*statistic : {&Latency::p50_seconds, &Latency::p95_seconds,
                                           &Latency::p99_seconds, &Latency::max_seconds}) {
    const std::string cell = latency ? format_latency((*latency).*statistic) : "-";
    cells += std::string(cell.size() < 7 ? 7 - cell.size() : 1, ' ') + cell;
  }
  return cells;
}

/// Text that came from elsewhere: on one line, without what a terminal would obey.
std::string plain(std::string_view text) {
  return shortened(one_line(text), kTextBytes);
}

std::string text_of(const QueryRow& row) {
  if (!row.text) return plain(row.operation.value_or("?")) + "  (prepared before culprit started)";
  std::string text = plain(*row.text);
  if (row.text_truncated && !text.ends_with("…")) text += "…";
  return text;
}

void write_queries(std::string& out, const Snapshot& snapshot) {
  if (snapshot.queries.empty()) return;
  out += "\nQueries     CALLS/s  ERR/s  TIME%   SRV%    P50    P95    P99    MAX  QUERY\n";
  for (std::size_t index = 0; index < shown(snapshot.queries); ++index) {
    const QueryRow& row = snapshot.queries[index];
    line(out, "%-10s %8s %6s %6s %6s%s  %s", std::string(protocol_name(row.protocol)).c_str(),
         rate(row.calls, snapshot).c_str(), rate(row.errors, snapshot).c_str(),
         share(row.seconds, snapshot).c_str(),
         row.parts ? share(row.parts->server_seconds, snapshot).c_str() : "-",
         latency_cells(row.latency).c_str(), text_of(row).c_str());
  }
}

void write_endpoints(std::string& out, const Snapshot& snapshot) {
  if (snapshot.endpoints.empty()) return;
  out += "\nEndpoints     REQ/s  ERR/s  C/REQ    P50    P95    P99    MAX  ENDPOINT\n";
  for (std::size_t index = 0; index < shown(snapshot.endpoints); ++index) {
    const EndpointRow& row = snapshot.endpoints[index];
    line(out, "%10u %8s %6s %6s%s  %s %s (%s)", row.process.id.pid,
         rate(row.requests, snapshot).c_str(), rate(row.errors, snapshot).c_str(),
         row.calls_per_request ? format_count(*row.calls_per_request).c_str() : "-",
         latency_cells(row.latency).c_str(), plain(row.method).c_str(), plain(row.route).c_str(),
         plain(row.process.name).c_str());
  }
}

/// "; 12 of 40 connections busy" and the like.
std::string pool_words(const DatabaseRow& row) {
  std::uint64_t open = 0, peak = 0;
  double busy = 0;
  for (const PoolRow& pool : row.pools)
    open += pool.open, busy += pool.busy_mean, peak += pool.busy_peak;
  if (row.pools.empty()) return {};
  return "; " + format_count(busy) + " of " + std::to_string(open) + " connections busy, at most " +
         std::to_string(peak);
}

std::string cache_words(const DatabaseRow& row) {
  if (!row.cache || row.cache->hits + row.cache->misses == 0) return {};
  const auto hits = static_cast<double>(row.cache->hits);
  return "; " + format_percent(hits / (hits + static_cast<double>(row.cache->misses)) * 100) +
         " % hits";
}

std::string transaction_words(const DatabaseRow& row) {
  if (!row.transactions || row.transactions->open == 0) return {};
  return "; " + std::to_string(row.transactions->open) + " transactions open, the oldest for " +
         optional_latency(row.transactions->longest_open_seconds);
}

void write_databases(std::string& out, const Snapshot& snapshot) {
  if (snapshot.databases.empty()) return;
  out += "\nDatabases     OPS/s  ERR/s  TIME%    P50    P95    P99    MAX  ADDRESS\n";
  for (std::size_t index = 0; index < shown(snapshot.databases); ++index) {
    const DatabaseRow& row = snapshot.databases[index];
    line(out, "%-10s %8s %6s %6s%s  %s%s%s%s", std::string(protocol_name(row.protocol)).c_str(),
         rate(row.operations, snapshot).c_str(), rate(row.errors, snapshot).c_str(),
         share(row.seconds, snapshot).c_str(), latency_cells(row.latency).c_str(),
         plain(row.address).c_str(), pool_words(row).c_str(), cache_words(row).c_str(),
         transaction_words(row).c_str());
  }
}

std::string health_words(const ServiceRow& row) {
  std::string words;
  if (row.connect_failures > 0)
    words += "; " + std::to_string(row.connect_failures) + " connections failed";
  if (row.silent_seconds) words += "; silent for " + format_latency(*row.silent_seconds);
  return row.healthy ? words : words + "; not healthy";
}

void write_services(std::string& out, const Snapshot& snapshot) {
  if (snapshot.services.empty()) return;
  out += "\nServices      REQ/s  ERR/s CONN/s    P50    P95    P99    MAX  ADDRESS\n";
  for (std::size_t index = 0; index < shown(snapshot.services); ++index) {
    const ServiceRow& row = snapshot.services[index];
    line(out, "%-10.10s %8s %6s %6s%s  %s%s", plain(row.protocol).c_str(),
         rate(row.requests, snapshot).c_str(), rate(row.errors, snapshot).c_str(),
         rate(row.connects, snapshot).c_str(), latency_cells(row.latency).c_str(),
         plain(row.address).c_str(), health_words(row).c_str());
  }
}

}  // namespace

void write_call_text(std::string& out, const Snapshot& snapshot) {
  write_queries(out, snapshot);
  write_endpoints(out, snapshot);
  write_databases(out, snapshot);
  write_services(out, snapshot);
}

}  // namespace culprit
