// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>

namespace culprit {

/// Whether a number keeps rising: the lowest values of equal stretches of time, so that neither a
/// saw-tooth which falls back is one, nor what got warm and then stays. A fixed size, whatever
/// comes.
class FloorTrend {
 public:
  /// `over_seconds`: how far it looks back.
  explicit FloorTrend(double over_seconds) : stretch_(over_seconds / kStretches) {}

  /// Time does not run backwards; a value at an earlier one is passed over.
  void note(double seconds, double value);
  /// How much it rises an hour, by the median of all slopes between two stretches. Absent
  /// while it has looked for less than nine tenths of its time, where floors fall, or where they
  /// rest for a third of it.
  std::optional<double> per_hour() const;

 private:
  static constexpr std::size_t kStretches = 24;
  /// Share of steps between stretches that may go down.
  static constexpr double kDownwards = 0.2;
  /// Of the whole rise: what it may fall at once, and what each third must rise.
  static constexpr double kFall = 0.3, kThird = 0.12;

  struct Floor {
    double seconds = 0, value = 0;
  };

  bool keeps_rising() const;

  double stretch_;
  std::array<Floor, kStretches> floors_{};
  std::size_t count_ = 0;
  double begin_ = 0;  ///< of the last stretch
};

}  // namespace culprit
