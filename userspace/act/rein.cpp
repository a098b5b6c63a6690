// SPDX-License-Identifier: Apache-2.0
#include "act/rein.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "act/history_guards.h"
#include "act/socket_peers.h"
#include "collect/host_identity.h"
#include "model/unit_name.h"

namespace culprit {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

std::uint64_t ticks_per_second() {
  const long ticks = ::sysconf(_SC_CLK_TCK);
  return ticks > 0 ? static_cast<std::uint64_t>(ticks) : 100;
}

std::uint64_t ticks_of(std::uint64_t ns) {
  return ns / (kNanosecondsPerSecond / ticks_per_second());
}

std::set<std::uint32_t> database_servers(const Snapshot& snapshot) {
  std::set<std::uint32_t> pids;
  for (const DatabaseRow& database : snapshot.databases)
    if (database.server) pids.insert(database.server->id.pid);
  return pids;
}

std::vector<std::uint32_t> pids_of(const std::vector<ProcessId>& processes) {
  std::vector<std::uint32_t> pids;
  for (const ProcessId& id : processes) pids.push_back(id.pid);
  return pids;
}

/// As sd_booted(3) asks.
std::optional<UnitHost> unit_host() {
  std::error_code error;
  return std::filesystem::is_directory("/run/systemd/system", error) ? std::optional(UnitHost{})
                                                                     : std::nullopt;
}

std::string own_executable() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

}  // namespace

struct HostRein::OwnedReverter {
  ReverterProcess process;
};

Result<std::unique_ptr<HostRein>> HostRein::open(const std::string& state_directory,
                                                 KeptBy kept_by) {
  if (::geteuid() != 0) return unsupported("to throttle takes root");
  // The reverter runs in another directory.
  auto journal = Journal::open(std::filesystem::absolute(state_directory));
  if (!journal) return tl::unexpected<Error>(journal.error());
  std::string boot_id = read_host_identity().boot_id;
  if (boot_id.empty()) return unsupported("/proc/sys/kernel/random/boot_id cannot be read");
  std::unique_ptr<HostRein> rein(new HostRein(std::move(*journal), std::move(boot_id), kept_by));
  auto recovered = rein->ledger_.recover();
  if (!recovered) return tl::unexpected<Error>(recovered.error());
  rein->recovered_ = std::move(*recovered);
  return rein;
}

std::unique_ptr<HostRein> HostRein::to_look(const std::string& state_directory) {
  return std::unique_ptr<HostRein>(new HostRein(
      Journal::to_read(state_directory), read_host_identity().boot_id, KeptBy::kOwnReverter));
}

HostRein::HostRein(Journal journal, std::string boot_id, KeptBy kept_by)
    : mounts_(find_cgroup_mounts()),
      processes_(cpu_hierarchy(mounts_)),
      actuators_(std::make_unique<HostActuators>()),
      ledger_(std::move(journal), *actuators_, std::move(boot_id), host_clock()),
      kept_by_(kept_by) {}

std::vector<ProcessFacts> HostRein::members_of(const ThrottleOrder& order) const {
  std::vector<ProcessFacts> members;
  for (const std::uint32_t pid : with_descendants(processes_.parents(), pids_of(order.processes))) {
    auto facts = processes_.read(pid);
    if (!facts) continue;
    const auto asked = std::find_if(order.processes.begin(), order.processes.end(),
                                    [&](const ProcessId& id) { return id.pid == pid; });
    // The pid may be another process's by now.
    if (asked != order.processes.end() && ticks_of(asked->start_time_ns) != facts->id.start_ticks)
      continue;
    members.push_back(std::move(*facts));
  }
  return members;
}

std::vector<Veto> HostRein::vetoes(const ThrottleOrder& order, const Snapshot& snapshot) {
  const auto parents = processes_.parents();
  const std::vector<ProcessFacts> members = members_of(order);
  GuardContext context;
  context.ours = with_ancestors(parents, static_cast<std::uint32_t>(::getpid()));
  context.own_executable = own_executable();
  for (const ProcessId& victim : order.victims)
    context.victim_ancestors.merge(with_ancestors(parents, victim.pid));
  context.lock_holders = processes_.lock_holders();
  context.database_servers = database_servers(snapshot);
  context.ticks_per_second = ticks_per_second();
  context.now_ticks = ticks_of(ledger_.clock().boot_ns());
  // Who has just come may be gone before anything can be told; but work in short processes goes on.
  context.young_may_be_held =
      order.young_may_be_held ||
      std::any_of(members.begin(), members.end(),
                  [&](const ProcessFacts& member) { return !is_young(member, context); });
  std::vector<std::uint32_t> suspects;
  for (const ProcessFacts& member : members) suspects.push_back(member.id.pid);
  context.victim_peers = find_peers(pids_of(order.victims), suspects);
  std::vector<Veto> all;
  if (!order.unit.empty() && is_protected_unit(order.unit))
    all.push_back({"protected_unit", "unit " + order.unit + " is protected", true});
  for (const ProcessFacts& member : members)
    for (Veto& veto : vetoes_of(member, unit_name(member.cpu_cgroup).unit, context))
      all.push_back(std::move(veto));
  for (Veto& veto : vetoes_of_history(order, members)) all.push_back(std::move(veto));
  std::stable_sort(all.begin(), all.end(),
                   [](const Veto& a, const Veto& b) { return a.absolute > b.absolute; });
  return all;
}

std::vector<Veto> HostRein::vetoes_of_history(const ThrottleOrder& order,
                                              const std::vector<ProcessFacts>& members) {
  const auto leases = ledger_.leases();
  if (!leases) return {{"journal", leases.error().message, true}};
  return history_vetoes(*leases, order.label, members, ledger_.clock().wall_ns());
}

Result<ReverterProcess> HostRein::keeper(const std::string& id) {
  const std::string directory = ledger_.journal().directory();
  if (kept_by_ == KeptBy::kOwnReverter) {
    return start_lease_reverter(directory, id);
  }
  if (!reverter_ || !ledger_.clock().alive(reverter_->process.keeper)) {
    auto process = start_owner_reverter(directory);
    if (!process) return tl::unexpected<Error>(process.error());
    reverter_ = std::make_shared<OwnedReverter>(OwnedReverter{std::move(*process)});
  }
  return ReverterProcess{own_keeper(), {}, {}};
}

Status HostRein::start_reverter() {
  if (kept_by_ != KeptBy::kOwner) return {};
  const auto kept = keeper("");
  if (!kept) return tl::unexpected<Error>(kept.error());
  return {};
}

Result<ThrottlePlan> HostRein::plan(const ThrottleOrder& order) const {
  return plan_throttle({order.label, members_of(order), order.own_cgroup}, order.setting,
                       {mounts_, "/", &processes_, unit_host()}, "preview");
}

Result<Lease> HostRein::throttle(const ThrottleOrder& order, const LeaseTerms& terms) {
  const std::string id = Ledger::new_id();
  ThrottleTarget target{order.label, members_of(order), order.own_cgroup};
  const KnobHost host{mounts_, "/", &processes_, unit_host()};
  const auto plan = plan_throttle(target, order.setting, host, id);
  if (!plan) return tl::unexpected<Error>(plan.error());
  // What is to be kept nobody has to end.
  const auto kept = terms.kept ? Result<ReverterProcess>(ReverterProcess{}) : keeper(id);
  if (!kept) return tl::unexpected<Error>(kept.error());
  LeaseTerms with_keeper = terms;
  with_keeper.target = order.label;
  with_keeper.keeper = kept->keeper;
  auto lease = ledger_.apply(*plan, with_keeper, id);
  if (kept_by_ != KeptBy::kOwnReverter || terms.kept) return lease;
  if (lease)
    if (Status left = leave_with(*kept, actuators_->take_links()); !left)
      lease = tl::unexpected<Error>(left.error());
  // It tries once more what could not be taken back, or takes back what it cannot hold.
  if (!lease) ::kill(static_cast<pid_t>(kept->keeper.pid), SIGTERM);
  return lease;
}

Result<Lease> HostRein::revert(const std::string& id, const std::string& because) {
  return ledger_.revert(id, because);
}

Status HostRein::renew(const std::string& id, std::chrono::nanoseconds duration) {
  return ledger_.renew(id, duration);
}

Status HostRein::judge(const std::string& id, const ActionVerdict& verdict) {
  return ledger_.judge(id, verdict);
}

Result<std::vector<Lease>> HostRein::leases() {
  return ledger_.leases();
}

}  // namespace culprit
