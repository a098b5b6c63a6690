// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace culprit {

enum class LookupOutcome : std::uint8_t {
  kAnswered,
  kNotFound,    ///< NXDOMAIN: the server answered that there is no such name
  kFailed,      ///< SERVFAIL, REFUSED and the like
  kUnanswered,  ///< nothing came within five seconds, or the question was asked again
};

/// One question to a name server and what became of it.
struct LookupReading {
  std::uint32_t pid = 0;
  std::uint64_t process_start_time_ns = 0;
  std::string server;      ///< "127.0.0.53:53"
  std::string name;        ///< "db.internal", printable, in lower case
  std::uint16_t type = 0;  ///< 1 A, 28 AAAA, …
  LookupOutcome outcome = LookupOutcome::kAnswered;
  std::uint64_t start_ns = 0, end_ns = 0;  ///< CLOCK_MONOTONIC
};

}  // namespace culprit
