// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "model/model.h"
#include "samples.h"

namespace culprit::test {

constexpr std::uint64_t kMs = 1'000'000;

/// A Sample that tells of calls.
inline Sample call_sample_at(double seconds) {
  Sample sample = sample_at(seconds);
  sample.coverage.calls = sample.coverage.arrivals = true;
  return sample;
}

/// A moment, in the clock of the records.
inline std::uint64_t at(double seconds) {
  return sample_at(seconds).monotonic_ns;
}

inline ConnectionReading connection(std::uint64_t id, std::uint32_t pid, Protocol protocol,
                                    SocketRole role, const std::string& local,
                                    const std::string& remote) {
  ConnectionReading reading;
  reading.id = id;
  reading.pid = pid;
  reading.protocol = protocol;
  reading.role = role;
  reading.family = remote.starts_with("/") || local.starts_with("/") ? AF_UNIX : AF_INET;
  reading.local = local;
  reading.remote = remote;
  return reading;
}

inline ConnectionReading database_client(std::uint64_t id, std::uint32_t pid,
                                         const std::string& remote = "10.0.0.9:5432",
                                         Protocol protocol = Protocol::kPostgresql) {
  return connection(id, pid, protocol, SocketRole::kClient,
                    "10.0.0.1:" + std::to_string(40000 + id), remote);
}

inline ConnectionReading http_server(std::uint64_t id, std::uint32_t pid) {
  return connection(id, pid, Protocol::kHttp1, SocketRole::kServer, "10.0.0.1:80",
                    "10.0.0.7:" + std::to_string(50000 + id));
}

inline CallReading call_on(const ConnectionReading& reading, double start, double end,
                           QueryId query = 1, std::uint32_t tid = 0) {
  CallReading made{};
  made.connection = reading.id;
  made.pid = reading.pid;
  made.call.query = query;
  made.call.start_ns = made.call.request_end_ns = at(start);
  made.call.first_read_ns = made.call.end_ns = at(end);
  made.call.tid = made.call.reply_tid = tid ? tid : reading.pid;
  return made;
}

inline CallReading erring(CallReading reading, const std::string& code) {
  reading.call.outcome = Outcome::kError;
  std::copy_n(code.begin(), std::min(code.size(), reading.call.error.size()),
              reading.call.error.begin());
  return reading;
}

inline QueryText select_text(QueryId id = 1) {
  return {id, Protocol::kPostgresql, "SELECT", "SELECT * FROM t WHERE id = ?", false};
}

inline QueryText route_text(QueryId id, const std::string& route = "/users/{id}") {
  return {id, Protocol::kHttp1, "GET", "GET " + route, false};
}

/// A model that has seen the connections and one process for each pid, at second 0.
struct CallScene {
  Model model{{}};
  std::vector<thread_record> threads;

  explicit CallScene(const std::vector<ConnectionReading>& connections,
                     const std::vector<QueryText>& texts = {select_text()}) {
    Sample sample = call_sample_at(0);
    sample.connections = connections;
    sample.query_texts = texts;
    std::vector<std::uint32_t> pids;
    for (const ConnectionReading& reading : connections) pids.push_back(reading.pid);
    for (const std::uint32_t pid : {100u, 200u}) pids.push_back(pid);
    std::sort(pids.begin(), pids.end());
    pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
    for (const std::uint32_t pid : pids)
      sample.threads.push_back(thread_in(sample, pid, pid, 0, 7, "p" + std::to_string(pid)));
    model.advance(sample);
  }

  Snapshot tick(double seconds, const std::vector<CallReading>& calls = {},
                const std::vector<ConnectionReading>& connections = {}) {
    Sample sample = call_sample_at(seconds);
    sample.calls = calls;
    sample.connections = connections;
    return *model.advance(sample);
  }
};

inline const ProcessRow* process_row(const Snapshot& snapshot, std::uint32_t pid) {
  for (const ProcessRow& row : snapshot.processes)
    if (row.id.pid == pid) return &row;
  return nullptr;
}

}  // namespace culprit::test
