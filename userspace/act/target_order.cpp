// SPDX-License-Identifier: Apache-2.0
#include "act/target_order.h"

namespace culprit {
namespace {

LeaseTarget label_of(const Subject& subject) {
  if (subject.unit) return {"unit", subject.unit->path, {}, {}};
  if (subject.task && subject.task->members.size() > 1) return {"task", subject.task->name, {}, {}};
  const ProcessRow& row = *subject.processes.front();
  return {"process", row.name, row.id.pid, row.id.start_time_ns};
}

}  // namespace

std::vector<ProcessId> living_of(const Subject& subject) {
  std::vector<ProcessId> ids;
  for (const ProcessRow* row : subject.processes)
    if (!row->exited) ids.push_back(row->id);
  return ids;
}

Result<ThrottleOrder> order_for(const Snapshot& snapshot, const std::string& target,
                                const Setting& setting, std::string* note) {
  const auto subject = find_subject(snapshot, target);
  if (!subject) return tl::unexpected<Error>(subject.error());
  ThrottleOrder order;
  order.processes = living_of(*subject);
  if (order.processes.empty()) return fail("it has ended");
  if (note) *note = subject->note;
  order.label = label_of(*subject);
  if (subject->unit) order.unit = subject->unit->name;
  order.setting = setting;
  return order;
}

ThrottleOrder order_for(const SuspectTrack& suspect, const Setting& setting) {
  ThrottleOrder order;
  order.label = suspect.label;
  order.processes = suspect.members;
  order.unit = suspect.unit;
  order.setting = setting;
  order.young_may_be_held = stands(suspect);
  return order;
}

}  // namespace culprit
