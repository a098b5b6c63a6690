// SPDX-License-Identifier: Apache-2.0
#include "analyze/call_window.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "model/key_hash.h"

namespace culprit {
namespace {

constexpr double kHalfSeconds = 5;
constexpr double kSlackSeconds = 0.25;     // intervals are never exact
constexpr std::size_t kMostCallers = 100;  // of one query

/// A mean of two, each with its weight.
void blend(std::optional<double>& mean, double weight, const std::optional<double>& other,
           double other_weight) {
  if (!other) return;
  if (!mean || weight + other_weight <= 0)
    mean = other;
  else
    mean = (*mean * weight + *other * other_weight) / (weight + other_weight);
}

void add(std::optional<Latency>& sum, const std::optional<Latency>& other) {
  if (sum && other)
    merge(*sum, *other);
  else if (other)
    sum = other;
}

void add(std::vector<CallerRow>& sum, const std::vector<CallerRow>& others) {
  const auto same = [](const CallerRow& a, const CallerRow& b) {
    return a.process.id == b.process.id && a.task == b.task && a.endpoint == b.endpoint;
  };
  for (const CallerRow& other : others) {
    const auto found = std::find_if(sum.begin(), sum.end(),
                                    [&](const CallerRow& one) { return same(one, other); });
    if (found != sum.end()) {
      found->calls += other.calls;
      found->seconds += other.seconds;
    } else if (sum.size() < kMostCallers) {
      sum.push_back(other);
    }
  }
}

void add(QueryRow& sum, const QueryRow& other) {
  sum.calls += other.calls;
  sum.errors += other.errors;
  for (const auto& [code, count] : other.errors_by_code) sum.errors_by_code[code] += count;
  if (other.rows) sum.rows = sum.rows.value_or(0) + *other.rows;
  sum.request_bytes += other.request_bytes;
  sum.reply_bytes += other.reply_bytes;
  sum.seconds += other.seconds;
  sum.waits = other.waits;
  if (other.repeated_calls)
    sum.repeated_calls = sum.repeated_calls.value_or(0) + *other.repeated_calls;
  sum.repeated_seconds += other.repeated_seconds;
  add(sum.latency, other.latency);
  if (other.server) {
    ServerView& view = sum.server ? *sum.server : sum.server.emplace();
    view.calls += other.server->calls;
    view.seconds += other.server->seconds;
    view.cpu_seconds += other.server->cpu_seconds;
    view.run_queue_seconds += other.server->run_queue_seconds;
    view.disk_seconds += other.server->disk_seconds;
    view.unread_seconds += other.server->unread_seconds;
  }
  add(sum.callers, other.callers);
}

void add(EndpointRow& sum, const EndpointRow& other) {
  const auto calls = [](const EndpointRow& row) {
    return row.calls_per_request.value_or(0) * static_cast<double>(row.requests);
  };
  const auto before = static_cast<double>(sum.requests), more = static_cast<double>(other.requests);
  blend(sum.calls_confidence, calls(sum), other.calls_confidence, calls(other));
  blend(sum.calls_per_request, before, other.calls_per_request, more);
  blend(sum.bytes_per_response, before, other.bytes_per_response, more);
  sum.requests += other.requests;
  sum.errors += other.errors;
  for (const auto& [status, count] : other.status) sum.status[status] += count;
  add(sum.latency, other.latency);
}

void add(ServiceRow& sum, const ServiceRow& other) {
  sum.protocol = other.protocol;
  sum.connects += other.connects;
  sum.connect_failures += other.connect_failures;
  sum.requests += other.requests;
  sum.errors += other.errors;
  add(sum.latency, other.latency);
  add(sum.connect_latency, other.connect_latency);
  if (other.server) sum.server = other.server;
  sum.silent_seconds = other.silent_seconds;
  sum.healthy = other.healthy;
  sum.users = other.users;
  sum.retried_requests = other.retried_requests;
  sum.retry_attempts = other.retry_attempts;
  sum.retriers = other.retriers;
}

void add(DatabaseRow& sum, const DatabaseRow& other) {
  if (other.server) sum.server = other.server;
  sum.operations += other.operations;
  sum.errors += other.errors;
  sum.seconds += other.seconds;
  add(sum.latency, other.latency);
  sum.transactions = other.transactions;
  if (other.cache) {
    CacheTotals& cache = sum.cache ? *sum.cache : sum.cache.emplace();
    cache.hits += other.cache->hits;
    cache.misses += other.cache->misses;
  }
  sum.pools = other.pools;
}

void add(LookupRow& sum, const LookupRow& other) {
  sum.lookups += other.lookups;
  sum.failures += other.failures;
  sum.unanswered += other.unanswered;
  sum.not_found += other.not_found;
  add(sum.latency, other.latency);
  sum.names = other.names;
}

/// What tells rows apart; views of the row.
auto key_of(const QueryRow& row) {
  return std::tuple(row.id, std::string_view(row.address),
                    std::string_view(row.database ? *row.database : std::string_view()));
}
auto key_of(const EndpointRow& row) {
  return std::tuple(row.process.id, std::string_view(row.method), std::string_view(row.route));
}
auto key_of(const ServiceRow& row) {
  return std::tuple(std::string_view(row.address));
}
auto key_of(const LookupRow& row) {
  return std::tuple(row.process.id, std::string_view(row.server));
}
auto key_of(const DatabaseRow& row) {
  return std::tuple(row.protocol, std::string_view(row.address));
}

std::size_t hash_of(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}
std::size_t hash_of(const ProcessId& id) {
  return ProcessIdHash{}(id);
}
std::size_t hash_of(QueryId id) {
  return id;
}
std::size_t hash_of(Protocol protocol) {
  return static_cast<std::size_t>(protocol);
}

struct KeyHash {
  template <typename... Parts>
  std::size_t operator()(const std::tuple<Parts...>& key) const {
    return std::apply([](const auto&... part) { return hash_numbers(hash_of(part)...); }, key);
  }
};

template <typename Row>
void add(std::vector<Row>& sums, const std::vector<Row>& others) {
  std::unordered_map<decltype(key_of(others.front())), Row*, KeyHash> known;
  known.reserve(sums.size());
  for (Row& row : sums) known.emplace(key_of(row), &row);
  std::vector<const Row*> fresh;
  for (const Row& row : others) {
    const auto found = known.find(key_of(row));
    if (found == known.end())
      fresh.push_back(&row);
    else
      add(*found->second, row);
  }
  for (const Row* row : fresh) sums.push_back(*row);
}

void add(Snapshot& sum, const Snapshot& other) {
  if (sum.seconds == 0) {
    sum.host = other.host;
    sum.start_wall_ns = other.start_wall_ns;
  }
  sum.seconds += other.seconds;
  sum.end_wall_ns = other.end_wall_ns;
  add(sum.queries, other.queries);
  add(sum.endpoints, other.endpoints);
  add(sum.services, other.services);
  add(sum.databases, other.databases);
  add(sum.lookups, other.lookups);
}

}  // namespace

const Snapshot* CallWindow::add(const Snapshot& snapshot) {
  if (snapshot.seconds > kHalfSeconds - kSlackSeconds) {
    present_ = whole_ = {};
    return nullptr;
  }
  if (present_.seconds > kHalfSeconds - kSlackSeconds) whole_ = std::exchange(present_, {});
  culprit::add(present_, snapshot);
  culprit::add(whole_, snapshot);
  return &whole_;
}

}  // namespace culprit
