// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "act/actuators.h"
#include "act/guards.h"
#include "act/ledger.h"
#include "act/reverter_process.h"
#include "act/setting.h"
#include "act/throttle_plan.h"
#include "model/snapshot.h"

namespace culprit {

/// What is to be done to whom.
struct ThrottleOrder {
  LeaseTarget label;
  std::vector<ProcessId> processes;  ///< and what they started
  std::string unit;                  ///< that all of it is; "" when it is not a unit
  Setting setting;
  bool own_cgroup = false;
  bool young_may_be_held = false;  ///< they belong to something that is not, or are the trouble
  std::vector<ProcessId> victims;  ///< for whose sake; empty on a person's word alone
};

/// The hands of whoever decides: a person's command, or the engine. One narrow interface, so
/// that decisions are tested without a host.
class Rein {
 public:
  virtual ~Rein() = default;
  /// Everything that speaks against it now. Absolute ones first.
  virtual std::vector<Veto> vetoes(const ThrottleOrder& order, const Snapshot& snapshot) = 0;
  /// What the order would change, as it is now: the values before and after, for a person. Reads
  /// only; an error says why it would have no effect, or cannot be.
  virtual Result<ThrottlePlan> plan(const ThrottleOrder& order) const = 0;
  /// Does it, under a lease that somebody else ends if we cannot. Does not ask the guards.
  virtual Result<Lease> throttle(const ThrottleOrder& order, const LeaseTerms& terms) = 0;
  virtual Result<Lease> revert(const std::string& id, const std::string& because) = 0;
  virtual Status renew(const std::string& id, std::chrono::nanoseconds duration) = 0;
  virtual Status judge(const std::string& id, const ActionVerdict& verdict) = 0;
  /// Every lease that is known, oldest first.
  virtual Result<std::vector<Lease>> leases() = 0;
};

/// Who keeps the leases of a HostRein.
enum class KeptBy {
  kOwnReverter,  ///< each has a reverter of its own, which outlives us
  kOwner,        ///< they end when we do: one reverter waits for that
};

/// The running host.
class HostRein : public Rein {
 public:
  /// Takes back what a crash has left, which `recovered` then tells.
  static Result<std::unique_ptr<HostRein>> open(const std::string& state_directory, KeptBy kept_by);

  /// For who only looks: makes nothing, takes nothing back.
  static std::unique_ptr<HostRein> to_look(const std::string& state_directory);

  /// KeptBy::kOwner: starts the reverter now, not with the first lease: it keeps the capabilities
  /// that the owner has at this moment.
  Status start_reverter();

  std::vector<Veto> vetoes(const ThrottleOrder& order, const Snapshot& snapshot) override;
  Result<ThrottlePlan> plan(const ThrottleOrder& order) const override;
  Result<Lease> throttle(const ThrottleOrder& order, const LeaseTerms& terms) override;
  Result<Lease> revert(const std::string& id, const std::string& because) override;
  Status renew(const std::string& id, std::chrono::nanoseconds duration) override;
  Status judge(const std::string& id, const ActionVerdict& verdict) override;
  Result<std::vector<Lease>> leases() override;

  const std::vector<Lease>& recovered() const { return recovered_; }
  const ProcessFactsReader& processes() const { return processes_; }

 private:
  HostRein(Journal journal, std::string boot_id, KeptBy kept_by);
  std::vector<ProcessFacts> members_of(const ThrottleOrder& order) const;
  /// Budgets and other writers, as the journal tells of them.
  std::vector<Veto> vetoes_of_history(const ThrottleOrder& order,
                                      const std::vector<ProcessFacts>& members);
  /// The reverter that a lease needs is there; its keeper is who holds the lease.
  Result<ReverterProcess> keeper(const std::string& id);

  CgroupMounts mounts_;
  ProcessFactsReader processes_;
  std::unique_ptr<HostActuators> actuators_;
  Ledger ledger_;
  KeptBy kept_by_;
  std::vector<Lease> recovered_;
  /// Of KeptBy::kOwner, once there is a lease.
  struct OwnedReverter;
  std::shared_ptr<OwnedReverter> reverter_;
};

}  // namespace culprit
