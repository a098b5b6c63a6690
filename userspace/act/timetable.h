// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/rein.h"
#include "act/week_window.h"

namespace culprit {

inline constexpr char kSchedulePath[] = "/var/lib/culprit/schedule.json";

/// Nobody plans for longer.
inline constexpr std::int64_t kLongestPlanNs = 12ll * 3600 * 1'000'000'000;

/// A throttle for a time to come.
struct PlannedThrottle {
  enum class State : std::uint8_t { kWaiting, kRunning, kOver };
  std::string id;           ///< "s1"
  std::string target;       ///< as culprit why takes it; looked for when it is due
  std::string knob, value;  ///< an option of culprit throttle, and its argument
  std::int64_t at_wall_ns = 0, duration_ns = 0;
  bool force = false;  ///< lifts what a person's word can lift
  State state = State::kWaiting;
  std::string lease;  ///< of state kRunning: its present one
  /// Of state kOver: why. Of kWaiting: it had begun, and was interrupted.
  std::string note;
  std::int64_t end_wall_ns() const { return at_wall_ns + duration_ns; }
};
/// "waiting", "running" or "over".
std::string_view plan_state_name(PlannedThrottle::State state);

/// What a plan is due for.
enum class Due : std::uint8_t {
  kNothing,
  kBegin,
  kGoOn,    ///< its lease ends, and its time is not over: another one, if the guards let it
  kEnd,     ///< its time is over
  kMissed,  ///< nobody was there to do it
  kEndedByOther,
};
/// `lease` is its present one; null: the journal does not know it. Pure.
Due due(const PlannedThrottle& plan, const Lease* lease, std::int64_t now_wall_ns);

/// Planned throttles, and windows for the engine beside those of the configuration.
class Timetable {
 public:
  /// What ran when it was kept runs no more, for who held it has ended. In another boot a plan for
  /// a pid is over, for that is of somebody else.
  void resume(const std::string& boot_id);
  /// Of a text that text() made; what cannot be read is an error with its JSON pointer.
  static Result<Timetable> parse(std::string_view text);
  /// culprit.schedule/1, on one line.
  std::string text() const;

  /// Carries out a request of the socket: {"add":{…}}, {"allow":WINDOW}, {"forbid":WINDOW} or
  /// {"remove":ID|WINDOW}. Gives the id of what was added or removed.
  Result<std::string> change(std::string_view request, std::int64_t now_wall_ns);

  /// Does what is due; gives a line for each thing that happened. `snapshot` is where targets are
  /// looked for.
  std::vector<std::string> advance(const Snapshot& snapshot, Rein& rein, std::int64_t now_wall_ns);
  /// Ends what runs.
  void stop(Rein& rein, const std::string& because);

  const std::vector<PlannedThrottle>& plans() const { return plans_; }
  const AutoWindows& windows() const { return windows_; }

 private:
  Result<std::string> add(PlannedThrottle plan, std::int64_t now_wall_ns);
  Result<std::string> remove(const std::string& what);
  std::string begin(PlannedThrottle& plan, const Snapshot& snapshot, Rein& rein,
                    std::int64_t now_wall_ns);
  void forget_old(std::int64_t now_wall_ns);

  std::vector<PlannedThrottle> plans_;
  AutoWindows windows_;
  std::vector<std::string> removed_leases_;  ///< of plans that were removed while they ran
  std::string boot_id_;                      ///< in which it was kept; "" not known
  std::uint64_t next_id_ = 1;
};

}  // namespace culprit
