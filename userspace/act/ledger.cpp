// SPDX-License-Identifier: Apache-2.0
#include "act/ledger.h"

#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "act/cgroup_actuator.h"
#include "act/thread_actuator.h"
#include "act/undo.h"
#include "collect/cgroup_tree.h"
#include "util/clock.h"

namespace culprit {
namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};
constexpr char kOtherBoot[] = "the host was started anew, and the kernel forgot it";

bool is_same_place(const Place& a, const Place& b) {
  if (a.kind != b.kind) return false;
  return is_of_thread(a.kind) ? a.thread == b.thread
                              : a.directory == b.directory && a.file == b.file;
}

const Place* own_cgroup(const Lease& lease) {
  for (const ValueChange& change : lease.changes)
    if (change.place.kind == PlaceKind::kOwnCgroup) return &change.place;
  return nullptr;
}

std::string joined(const Place& place) {
  return place.directory + "/" + place.file;
}

}  // namespace

LeaseClock host_clock() {
  return {[] { return clock_ns(CLOCK_BOOTTIME); },
          [] { return static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME)); },
          [](const Keeper& keeper) {
            return thread_start_ticks(keeper.pid, keeper.pid) == keeper.start_ticks;
          }};
}

Ledger::Ledger(Journal journal, Actuator& actuators, std::string boot_id, LeaseClock clock)
    : journal_(std::move(journal)),
      actuators_(actuators),
      boot_id_(std::move(boot_id)),
      clock_(std::move(clock)) {}

std::string Ledger::new_id() {
  std::array<unsigned char, 4> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    const std::uint64_t now = clock_ns(CLOCK_REALTIME);
    for (std::size_t index = 0; index < bytes.size(); ++index)
      bytes[index] = static_cast<unsigned char>(now >> (8 * index));
  }
  std::string id = "r";
  for (const unsigned char byte : bytes)
    for (const int half : {byte >> 4, byte & 15}) id += "0123456789abcdef"[half];
  return id;
}

Result<Lease> Ledger::apply(const ThrottlePlan& plan, const LeaseTerms& terms) {
  return apply(plan, terms, new_id());
}

Result<Lease> Ledger::apply(const ThrottlePlan& plan, const LeaseTerms& terms,
                            const std::string& id) {
  if (!terms.kept && (terms.duration > kLongestLease || terms.duration.count() <= 0))
    return misuse("a lease lasts for 30 minutes at most");
  const auto lock = journal_.lock();
  if (!lock) return tl::unexpected<Error>(lock.error());
  if (Status clear = refuse_conflicts(plan); !clear) return tl::unexpected<Error>(clear.error());
  if (Status done = journal_.shorten(); !done) return tl::unexpected<Error>(done.error());
  const auto duration = static_cast<std::uint64_t>(terms.duration.count());
  Lease lease;
  lease.id = id;
  lease.boot_id = boot_id_;
  lease.target = terms.target;
  lease.victim = terms.victim;
  lease.by = terms.by;
  lease.reason = terms.reason;
  lease.knob = plan.knob;
  lease.old_text = plan.old_text;
  lease.new_text = plan.new_text;
  lease.undo_text = "culprit revert " + id;
  lease.begun_ns = clock_.boot_ns();
  lease.kept = terms.kept;
  lease.deadline_ns = terms.kept ? kNever : lease.begun_ns + duration;
  lease.applied_wall_ns = clock_.wall_ns();
  lease.deadline_wall_ns =
      terms.kept ? 0 : lease.applied_wall_ns + static_cast<std::int64_t>(duration);
  lease.keeper = terms.keeper;
  lease.expected = terms.expected;
  lease.guards = terms.guards;
  lease.overridden = terms.overridden;
  if (Status written = journal_.append(lease_line(lease)); !written)
    return tl::unexpected<Error>(written.error());
  if (Status made = make_changes(plan, lease); !made) {
    const Status back = take_back(lease, "it could not be made: " + made.error().message);
    if (!back) return fail(made.error().message + "; and " + back.error().message);
    return tl::unexpected<Error>(made.error());
  }
  return lease;
}

Status Ledger::make_changes(const ThrottlePlan& plan, Lease& lease) {
  for (const PlannedChange& planned : plan.changes)
    if (Status made = make_change(planned, lease); !made) {
      // A thread may end at any time; the others are what is left of the target.
      const Place& place = planned.place;
      if (is_of_thread(place.kind) && actuators_.presence(place) != Presence::kThere) continue;
      return made;
    }
  if (lease.changes.empty()) return fail("all that was to be changed has ended");
  return move_members(plan);
}

Status Ledger::make_change(const PlannedChange& planned, Lease& lease) {
  ValueChange change;
  change.place = planned.place;
  change.intended = planned.intended;
  change.goes_with_cgroup = planned.goes_with_cgroup;
  // It lies in a cgroup of our own, which has been made by now.
  if (change.place.inode == 0 && !is_of_thread(change.place.kind))
    change.place.inode = cgroup_id_of(change.place.directory).value_or(0);
  if (actuators_.presence(change.place) != Presence::kThere)
    return fail(place_text(change.place) + ": is no more");
  auto old = actuators_.read(change.place);
  if (!old) return tl::unexpected<Error>(old.error());
  change.old_value = std::move(*old);
  const std::size_t index = lease.changes.size();
  if (Status noted = journal_.append(intent_line(lease.id, index, change)); !noted) return noted;
  lease.changes.push_back(change);
  if (Status written = actuators_.write(change.place, change.intended); !written) return written;
  auto after = actuators_.read(change.place);
  if (!after) return tl::unexpected<Error>(after.error());
  lease.changes.back().applied = std::move(*after);
  return journal_.append(applied_line(lease.id, index, lease.changes.back()));
}

Status Ledger::move_members(const ThrottlePlan& plan) {
  if (!plan.members) return {};
  std::string cgroup;
  for (const PlannedChange& change : plan.changes)
    if (change.place.kind == PlaceKind::kOwnCgroup) cgroup = joined(change.place);
  std::set<std::uint32_t> moved;
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    bool any = false;
    for (const ThreadIdentity& member : plan.members()) {
      if (!moved.insert(member.pid).second) continue;
      any = true;
      if (Status done = write_kernel_file(cgroup + "/cgroup.procs", std::to_string(member.pid));
          !done && thread_start_ticks(member.pid, member.pid) == member.start_ticks)
        return done;
    }
    if (!any) break;
  }
  if (moved.empty()) return fail("all that was to be throttled has ended");
  return {};
}

Status Ledger::refuse_conflicts(const ThrottlePlan& plan) const {
  const auto held = journal_.read();
  if (!held) return tl::unexpected<Error>(held.error());
  for (const Lease& lease : held->leases) {
    if (!lease.open()) continue;
    const Place* own = own_cgroup(lease);
    for (const PlannedChange& planned : plan.changes) {
      const bool same = std::any_of(
          lease.changes.begin(), lease.changes.end(),
          [&](const ValueChange& change) { return is_same_place(change.place, planned.place); });
      const bool inside = own && planned.place.directory.starts_with(joined(*own));
      if (same || inside)
        return fail(place_text(planned.place) + ": is held by " + lease.id + " (" +
                    lease.target.name + ", " + lease.knob + "); culprit revert " + lease.id +
                    " first");
    }
  }
  return {};
}

Status Ledger::take_back(Lease& lease, const std::string& because) {
  const bool same_boot = lease.boot_id == boot_id_;
  std::string failed;
  for (std::size_t index = lease.changes.size(); same_boot && index-- > 0;) {
    ValueChange& change = lease.changes[index];
    if (change.goes_with_cgroup) continue;
    if (change.undone && change.undone->outcome != UndoOutcome::kFailed) continue;
    change.undone = undo(actuators_, change);
    if (change.undone->outcome == UndoOutcome::kFailed) failed = change.undone->detail;
    if (Status noted = journal_.append(undone_line(lease.id, index, *change.undone)); !noted)
      return noted;
  }
  if (!failed.empty()) return fail(lease.id + ": " + failed);
  lease.closed_because = same_boot ? because : kOtherBoot;
  lease.closed_wall_ns = clock_.wall_ns();
  return journal_.append(closed_line(lease));
}

Result<Lease> Ledger::revert(const std::string& id, const std::string& because) {
  const auto lock = journal_.lock();
  if (!lock) return tl::unexpected<Error>(lock.error());
  auto held = journal_.read();
  if (!held) return tl::unexpected<Error>(held.error());
  for (Lease& lease : held->leases) {
    if (lease.id != id) continue;
    if (lease.open())
      if (Status done = take_back(lease, because); !done)
        return tl::unexpected<Error>(done.error());
    return std::move(lease);
  }
  return fail("no action " + id + "; culprit actions lists them");
}

Result<std::vector<Lease>> Ledger::revert_if(const std::function<bool(const Lease&)>& wanted,
                                             const std::string& because) {
  const auto lock = journal_.lock();
  if (!lock) return tl::unexpected<Error>(lock.error());
  auto held = journal_.read();
  if (!held) return tl::unexpected<Error>(held.error());
  std::vector<Lease> reverted;
  std::string failed;
  // Newest first: what was changed last is taken back first.
  for (auto lease = held->leases.rbegin(); lease != held->leases.rend(); ++lease) {
    if (!lease->open() || !wanted(*lease)) continue;
    // One that cannot be taken back does not keep the others.
    if (Status done = take_back(*lease, because); !done)
      failed += (failed.empty() ? "" : "; ") + done.error().message;
    else
      reverted.push_back(std::move(*lease));
  }
  if (!failed.empty()) return fail(failed);
  return reverted;
}

Result<std::vector<Lease>> Ledger::recover() {
  const std::uint64_t now = clock_.boot_ns();
  return revert_if(
      [&](const Lease& lease) {
        if (lease.boot_id != boot_id_) return true;
        return !lease.kept && (lease.deadline_ns <= now || !clock_.alive(lease.keeper));
      },
      "what was to end it had ended before");
}

Status Ledger::renew(const std::string& id, std::chrono::nanoseconds duration) {
  const auto lock = journal_.lock();
  if (!lock) return tl::unexpected<Error>(lock.error());
  auto held = journal_.read();
  if (!held) return tl::unexpected<Error>(held.error());
  for (Lease& lease : held->leases) {
    if (lease.id != id || !lease.open()) continue;
    const std::uint64_t now = clock_.boot_ns();
    const auto wanted = now + static_cast<std::uint64_t>(duration.count());
    constexpr std::chrono::nanoseconds kLongest = kLongestLease;
    lease.deadline_ns =
        std::min(wanted, lease.begun_ns + static_cast<std::uint64_t>(kLongest.count()));
    lease.deadline_wall_ns =
        clock_.wall_ns() +
        static_cast<std::int64_t>(lease.deadline_ns - std::min(now, lease.deadline_ns));
    return journal_.append(renewed_line(lease));
  }
  return fail("no open action " + id);
}

Status Ledger::judge(const std::string& id, const ActionVerdict& verdict) {
  const auto lock = journal_.lock();
  if (!lock) return tl::unexpected<Error>(lock.error());
  Lease lease;
  lease.id = id;
  lease.verdict = effect_name(verdict.effect);
  lease.verdict_because = verdict.because;
  lease.measured = verdict.measured;
  return journal_.append(verdict_line(lease));
}

Result<std::vector<Lease>> Ledger::leases() const {
  auto held = journal_.read();
  if (!held) return tl::unexpected<Error>(held.error());
  return std::move(held->leases);
}

}  // namespace culprit
