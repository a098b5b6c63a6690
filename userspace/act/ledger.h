// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "act/actuator.h"
#include "act/journal.h"
#include "act/verdict.h"

namespace culprit {

/// No lease lasts longer without a person's word.
inline constexpr std::chrono::minutes kLongestLease{30};

/// What is to be written, in this order.
struct PlannedChange {
  Place place;  ///< without inode where it lies in a cgroup of our own, which is yet to be made
  std::string intended;
  bool goes_with_cgroup = false;
};

/// A throttle that is ready to be made.
struct ThrottlePlan {
  std::string knob;
  std::string old_text, new_text;  ///< of the knob, for a person
  std::vector<PlannedChange> changes;
  /// Of our own cgroup: who is to be in it. Asked until nobody is new, for they may fork.
  std::function<std::vector<ThreadIdentity>()> members;
};

/// Why and for how long.
struct LeaseTerms {
  LeaseTarget target;
  std::string victim, by, reason;
  std::chrono::nanoseconds duration{0};
  Keeper keeper;
  ExpectedImpact expected;
  std::vector<std::string> guards, overridden;
  bool kept = false;  ///< lasts until it is taken back; `duration` says nothing
};

/// The clocks of leases, passed in for tests.
struct LeaseClock {
  std::function<std::uint64_t()> boot_ns;  ///< CLOCK_BOOTTIME
  std::function<std::int64_t()> wall_ns;
  /// True while the process lives.
  std::function<bool(const Keeper&)> alive;
};
LeaseClock host_clock();

/// Makes changes under leases, and takes them back. Everything is in the journal before it is
/// done, so that any process can take it back.
class Ledger {
 public:
  /// `actuators` outlives the ledger.
  Ledger(Journal journal, Actuator& actuators, std::string boot_id, LeaseClock clock);

  /// Writes all of the plan, or nothing that stays.
  Result<Lease> apply(const ThrottlePlan& plan, const LeaseTerms& terms);
  /// A name for the next lease.
  static std::string new_id();
  /// The same, with an id that somebody knows already.
  Result<Lease> apply(const ThrottlePlan& plan, const LeaseTerms& terms, const std::string& id);

  /// Takes back what a lease changed; an error when there is no such lease. One that is closed is
  /// given back as it is. Where a value could not be taken back the lease stays open.
  Result<Lease> revert(const std::string& id, const std::string& because);
  /// The same of all that are open and for which `wanted` holds.
  Result<std::vector<Lease>> revert_if(const std::function<bool(const Lease&)>& wanted,
                                       const std::string& because);
  /// What a crash left: leases whose time is over or whose keeper is gone; never what is kept.
  Result<std::vector<Lease>> recover();

  Status renew(const std::string& id, std::chrono::nanoseconds duration);
  Status judge(const std::string& id, const ActionVerdict& verdict);

  /// Oldest first.
  Result<std::vector<Lease>> leases() const;
  const Journal& journal() const { return journal_; }
  const LeaseClock& clock() const { return clock_; }
  const std::string& boot_id() const { return boot_id_; }

 private:
  Status make_changes(const ThrottlePlan& plan, Lease& lease);
  Status make_change(const PlannedChange& planned, Lease& lease);
  Status move_members(const ThrottlePlan& plan);
  Status take_back(Lease& lease, const std::string& because);
  Status refuse_conflicts(const ThrottlePlan& plan) const;

  Journal journal_;
  Actuator& actuators_;
  std::string boot_id_;
  LeaseClock clock_;
};

}  // namespace culprit
