// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/latency.h"
#include "model/row_parts.h"
#include "protocol/call.h"
#include "protocol/protocol.h"

namespace culprit {

/// Requests that a process answered.
struct RequestTotals {
  std::uint64_t count = 0, errors = 0;
  std::optional<Latency> latency;
};

/// Where the time of calls went; absent where a reply cannot be seen arriving.
struct CallParts {
  double server_seconds = 0;  ///< request written to first byte of the reply at the socket
  double pickup_seconds = 0;  ///< until the process read it
  double stream_seconds = 0;  ///< until it had read all
};

/// What threads of a server on this host did while they answered calls.
struct ServerView {
  std::uint64_t calls = 0;  ///< of which it is known
  double seconds = 0;       ///< from the request's arrival to writing the reply
  double cpu_seconds = 0, run_queue_seconds = 0, disk_seconds = 0;
  double unread_seconds = 0;  ///< the request lay there while they did other things
};

struct CallerRow {
  ProcessName process;
  std::optional<std::string> task;      ///< thread's name where nothing finer is known
  std::optional<std::string> endpoint;  ///< "GET /users/{id}"
  std::uint64_t calls = 0;
  double seconds = 0;
};

struct QueryRow {
  QueryId id = 0;
  Protocol protocol = Protocol::kUnknown;
  std::string address;
  std::optional<std::string> database, operation;
  std::optional<std::string> text;  ///< absent: prepared before culprit came
  bool text_truncated = false;
  std::uint64_t calls = 0, errors = 0;
  std::map<std::string, std::uint64_t> errors_by_code;
  std::optional<std::uint64_t> rows;
  std::uint64_t request_bytes = 0, reply_bytes = 0;
  double seconds = 0;
  bool waits = false;  ///< waiting is its purpose (BLPOP, LISTEN)
  std::optional<Latency> latency;
  std::optional<CallParts> parts;
  std::optional<ServerView> server;
  std::vector<CallerRow> callers;  ///< most time first
  /// Of its most frequent arguments: calls with them that brought a reply of the same size as
  /// the one before, and the time these took. Absent where arguments are not known.
  std::optional<std::uint64_t> repeated_calls;
  double repeated_seconds = 0;
};

/// Connections of one process to one database address.
struct PoolRow {
  ProcessName process;
  std::uint64_t open = 0;
  double busy_mean = 0;
  std::uint64_t busy_peak = 0;
  std::uint64_t opened = 0, closed = 0;  ///< in the interval
  std::uint64_t in_transaction = 0;      ///< open transactions at the end
};

struct TransactionTotals {
  std::uint64_t count = 0;       ///< ended in the interval
  std::uint64_t statements = 0;  ///< within those
  double seconds = 0, longest_seconds = 0;
  double idle_seconds = 0;  ///< of `seconds`: nobody used them
  std::uint64_t open = 0;   ///< at the end
  std::optional<double> longest_open_seconds, longest_idle_seconds;  ///< of those open
};

struct CacheTotals {
  std::uint64_t hits = 0, misses = 0;
};

struct DatabaseRow {
  Protocol protocol = Protocol::kUnknown;
  std::string address;
  std::optional<ProcessName> server;  ///< when it is on this host
  std::uint64_t operations = 0, errors = 0;
  double seconds = 0;
  std::optional<Latency> latency;
  std::optional<TransactionTotals> transactions;
  std::optional<CacheTotals> cache;
  std::vector<PoolRow> pools;
};

struct EndpointRow {
  ProcessName process;
  std::string method, route;
  std::uint64_t requests = 0, errors = 0;
  std::map<std::string, std::uint64_t> status;  ///< "2xx" and so on
  std::optional<Latency> latency;
  std::optional<double> calls_per_request;
  /// Share of the calls counted in calls_per_request of which only one request can have been
  /// the cause; absent without calls.
  std::optional<double> calls_confidence;
  std::optional<double> bytes_per_response;
};

/// A remote address that processes depend on.
struct ServiceRow {
  std::string address;
  std::string protocol;  ///< protocol_name(); "tcp" where it is not known
  std::uint64_t connects = 0, connect_failures = 0;
  std::uint64_t requests = 0, errors = 0;
  std::optional<Latency> latency, connect_latency;
  std::optional<ProcessName> server;     ///< when it is on this host
  std::optional<double> silent_seconds;  ///< requests wait, nothing has come for so long
  bool healthy = true;
  std::vector<ProcessName> users;
  /// Requests that were repeated after they had failed, and how often these were sent in all,
  /// in the last seconds.
  std::uint64_t retried_requests = 0, retry_attempts = 0;
  std::vector<ProcessName> retriers;  ///< who did so
};

/// Questions of one process to one name server.
struct LookupRow {
  struct Name {
    std::string name;
    std::uint64_t lookups = 0, failures = 0;  ///< the latter: failed or unanswered
    double seconds = 0;
  };
  ProcessName process;
  std::string server;
  std::uint64_t lookups = 0;
  std::uint64_t failures = 0;  ///< SERVFAIL and the like
  std::uint64_t unanswered = 0, not_found = 0;
  std::optional<Latency> latency;  ///< of those that were answered, in whatever way
  std::vector<Name> names;         ///< most time first
};

}  // namespace culprit
