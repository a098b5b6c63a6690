// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace culprit {

/// How its history goes.
struct HistoryStatus {
  std::uint64_t ticks_kept = 0, ticks_lost = 0, bytes = 0;
  std::string error;  ///< of the last commit; "": there was none
};

/// What the daemon's sampling loop tells of itself.
struct DaemonStatus {
  std::uint32_t pid = 0;
  std::int64_t started_wall_ns = 0;
  double interval_seconds = 0;
  bool bpf = false;
  std::uint64_t samples = 0;
  double jitter_mean_seconds = 0, jitter_max_seconds = 0;  ///< of the length of intervals
  std::uint64_t failures = 0;                              ///< Samples that could not be read
  std::string configuration;                               ///< its file
  std::optional<std::string> reload_error;  ///< why the last reload left all as it was
  std::uint64_t rules = 0;
  std::string act_mode;                  ///< "off", "dry-run", …
  std::optional<HistoryStatus> history;  ///< absent: none is kept
};

/// Who came to the socket.
struct ClientCounts {
  std::uint64_t connected = 0, streams = 0;  ///< now
  std::uint64_t accepted = 0;
  std::map<std::string, std::uint64_t> refused, dropped;  ///< by reason
};

/// One line of JSON, schema culprit.status/1 (docs/socket.md), with its end.
std::string status_line(const DaemonStatus& status, const ClientCounts& clients);

/// {"error": MESSAGE}, with its end.
std::string error_line(const std::string& message);

}  // namespace culprit
