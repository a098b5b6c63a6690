// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace culprit {

constexpr double kSecondsPerNanosecond = 1e-9;

/// What a cumulative counter grew by; one that went backwards was started anew and gives 0.
constexpr std::uint64_t increase(std::uint64_t before, std::uint64_t after) {
  return after > before ? after - before : 0;
}

/// The same where either reading may be missing; backwards is absent, too.
constexpr std::optional<std::uint64_t> increase(std::optional<std::uint64_t> before,
                                                std::optional<std::uint64_t> after) {
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

/// The growth of a counter of nanoseconds, in seconds.
constexpr double seconds_between(std::uint64_t before_ns, std::uint64_t after_ns) {
  return static_cast<double>(increase(before_ns, after_ns)) * kSecondsPerNanosecond;
}

}  // namespace culprit
