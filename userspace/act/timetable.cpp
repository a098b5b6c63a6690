// SPDX-License-Identifier: Apache-2.0
#include "act/timetable.h"

#include <algorithm>
#include <array>
#include <utility>

#include "act/target_order.h"
#include "model/subject.h"
#include "util/rfc3339.h"

namespace culprit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLateAtMost = 600 * kSecond, kRenewBefore = 5 * kSecond,
                       kOverKept = 86'400 * kSecond;
constexpr std::size_t kMostPlans = 100;

const Lease* find_lease(const std::vector<Lease>& leases, const std::string& id) {
  const auto found = std::find_if(leases.begin(), leases.end(),
                                  [&](const Lease& lease) { return lease.id == id; });
  return found == leases.end() ? nullptr : &*found;
}

void end(PlannedThrottle& plan, std::string note) {
  plan.state = PlannedThrottle::State::kOver;
  plan.note = std::move(note);
}

/// It goes on when somebody is there again, as long as its time is not over.
void interrupt(PlannedThrottle& plan, const std::string& because) {
  plan.state = PlannedThrottle::State::kWaiting;
  plan.lease.clear();
  plan.note = "interrupted: " + because;
}

std::string head(const PlannedThrottle& plan) {
  return plan.id + " (" + plan.target + ", " + plan.knob + " " + plan.value + "): ";
}

std::string refusal(const std::vector<Veto>& vetoes, bool force) {
  for (const Veto& veto : vetoes)
    if (veto.absolute || !force) return veto.reason + " (" + veto.name + ")";
  return "";
}

}  // namespace

std::string_view plan_state_name(PlannedThrottle::State state) {
  constexpr std::array<std::string_view, 3> kNames = {"waiting", "running", "over"};
  return kNames[static_cast<std::size_t>(state)];
}

Due due(const PlannedThrottle& plan, const Lease* lease, std::int64_t now_wall_ns) {
  using State = PlannedThrottle::State;
  if (plan.state == State::kOver) return Due::kNothing;
  if (plan.state == State::kWaiting) {
    if (now_wall_ns < plan.at_wall_ns) return Due::kNothing;
    const bool begun_before = !plan.note.empty();
    const bool late = (!begun_before && now_wall_ns - plan.at_wall_ns > kLateAtMost) ||
                      now_wall_ns + kRenewBefore >= plan.end_wall_ns();
    return late ? Due::kMissed : Due::kBegin;
  }
  if (now_wall_ns >= plan.end_wall_ns()) return Due::kEnd;
  if (!lease || !lease->open()) return Due::kEndedByOther;
  const bool ends = lease->deadline_wall_ns - now_wall_ns < kRenewBefore;
  const bool goes_on = plan.end_wall_ns() - now_wall_ns > 2 * kRenewBefore;
  return ends && goes_on ? Due::kGoOn : Due::kNothing;
}

std::string Timetable::begin(PlannedThrottle& plan, const Snapshot& snapshot, Rein& rein,
                             std::int64_t now_wall_ns) {
  const auto refuse = [&](const std::string& because) {
    end(plan, because);
    return head(plan) + "not done: " + because;
  };
  const auto setting = parse_setting(plan.knob, plan.value);
  if (!setting) return refuse(setting.error().message);
  auto order = order_for(snapshot, plan.target, *setting);
  if (!order) return refuse(order.error().message);
  const std::vector<Veto> vetoes = rein.vetoes(*order, snapshot);
  if (const std::string because = refusal(vetoes, plan.force); !because.empty())
    return refuse(because);
  LeaseTerms terms;
  terms.by = "person";
  terms.reason = "planned as " + plan.id + " for " + rfc3339(plan.at_wall_ns);
  terms.guards = guard_names();
  terms.overridden = veto_texts(vetoes);
  terms.duration = std::min<std::chrono::nanoseconds>(
      std::chrono::nanoseconds(plan.end_wall_ns() - now_wall_ns), kLongestLease);
  const auto lease = rein.throttle(*order, terms);
  if (!lease) return refuse(lease.error().message);
  plan.state = PlannedThrottle::State::kRunning;
  plan.lease = lease->id;
  plan.note.clear();
  return head(plan) + "held as " + lease->id;
}

std::vector<std::string> Timetable::advance(const Snapshot& snapshot, Rein& rein,
                                            std::int64_t now_wall_ns) {
  std::vector<std::string> told;
  for (const std::string& lease : std::exchange(removed_leases_, {}))
    if (const auto done = rein.revert(lease, "its plan was removed"); !done)
      told.push_back(lease + ": " + done.error().message);
  const bool any_runs = std::any_of(plans_.begin(), plans_.end(), [](const auto& plan) {
    return plan.state == PlannedThrottle::State::kRunning;
  });
  const auto leases = any_runs ? rein.leases() : std::vector<Lease>();
  if (!leases) return {leases.error().message};
  for (PlannedThrottle& plan : plans_) {
    switch (due(plan, find_lease(*leases, plan.lease), now_wall_ns)) {
      case Due::kNothing:
        break;
      case Due::kBegin:
        told.push_back(begin(plan, snapshot, rein, now_wall_ns));
        break;
      case Due::kGoOn:
        if (const auto done = rein.revert(plan.lease, "it goes on under another lease"); !done)
          told.push_back(head(plan) + done.error().message);
        told.push_back(begin(plan, snapshot, rein, now_wall_ns));
        break;
      case Due::kEnd:
        if (const auto done = rein.revert(plan.lease, "its time was over"); !done)
          told.push_back(head(plan) + done.error().message);
        end(plan, "its time was over");
        told.push_back(head(plan) + plan.note);
        break;
      case Due::kMissed:
        end(plan, "nobody was there to do it");
        told.push_back(head(plan) + plan.note);
        break;
      case Due::kEndedByOther:
        end(plan, "it was ended by another");
        told.push_back(head(plan) + plan.note);
        break;
    }
  }
  forget_old(now_wall_ns);
  return told;
}

void Timetable::stop(Rein& rein, const std::string& because) {
  for (PlannedThrottle& plan : plans_) {
    if (plan.state != PlannedThrottle::State::kRunning) continue;
    // What cannot be taken back here, the reverter takes back.
    [[maybe_unused]] const auto done = rein.revert(plan.lease, because);
    interrupt(plan, because);
  }
}

void Timetable::resume(const std::string& boot_id) {
  for (PlannedThrottle& plan : plans_) {
    if (plan.state == PlannedThrottle::State::kRunning) interrupt(plan, "the daemon ended");
    if (plan.state == PlannedThrottle::State::kWaiting && boot_id != boot_id_ &&
        named_pid(plan.target))
      end(plan, "the host was started anew, and that pid is of somebody else");
  }
  boot_id_ = boot_id;
}

void Timetable::forget_old(std::int64_t now_wall_ns) {
  std::erase_if(plans_, [&](const PlannedThrottle& plan) {
    return plan.state == PlannedThrottle::State::kOver &&
           plan.end_wall_ns() + kOverKept < now_wall_ns;
  });
}

Result<std::string> Timetable::add(PlannedThrottle plan, std::int64_t now_wall_ns) {
  if (plans_.size() >= kMostPlans) return fail("there are 100 plans already");
  if (plan.at_wall_ns <= now_wall_ns) return misuse("/add/at: a time to come was expected");
  if (plan.duration_ns < 10 * kSecond || plan.duration_ns > kLongestPlanNs)
    return misuse("/add/for: 10 seconds to 12 hours was expected");
  if (const auto setting = parse_setting(plan.knob, plan.value); !setting)
    return tl::unexpected<Error>(setting.error());
  plan.id = "s" + std::to_string(next_id_++);
  plans_.push_back(std::move(plan));
  return plans_.back().id;
}

Result<std::string> Timetable::remove(const std::string& what) {
  const auto plan = std::find_if(plans_.begin(), plans_.end(),
                                 [&](const PlannedThrottle& one) { return one.id == what; });
  if (plan != plans_.end()) {
    if (plan->state == PlannedThrottle::State::kRunning) removed_leases_.push_back(plan->lease);
    plans_.erase(plan);
    return what;
  }
  const auto of_text = [&](const WeekWindow& window) { return window.text == what; };
  if (std::erase_if(windows_.allow, of_text) + std::erase_if(windows_.forbid, of_text) == 0)
    return fail("there is no plan or window " + what + "; culprit schedule list has them");
  return what;
}

}  // namespace culprit
