// SPDX-License-Identifier: Apache-2.0
#include "model/usage.h"

#include <algorithm>

#include "model/counter.h"

namespace culprit {
namespace {

/// How long the present wait has lasted at `time_ns`, if it is of that condition.
std::uint64_t ongoing_at(const thread_record& record, thread_condition condition,
                         std::uint64_t time_ns) {
  if (record.condition != condition || !(record.header.flags & THREAD_ONGOING)) return 0;
  const std::uint64_t since_reading = increase(record.header.time_ns, time_ns);
  return record.ongoing_ns + since_reading;
}

std::uint64_t blocked_at(const thread_record& record, int reason, std::uint64_t time_ns) {
  const std::uint64_t finished = record.blocked_ns[reason];
  return record.reason == reason ? finished + ongoing_at(record, THREAD_BLOCKED, time_ns)
                                 : finished;
}

std::uint64_t contended_at(const thread_record& record, std::uint64_t time_ns) {
  return record.header.flags & THREAD_CONTENDED
             ? record.contended_ns + ongoing_at(record, THREAD_BLOCKED, time_ns)
             : record.contended_ns;
}

/// User part of the exact CPU time, in the ratio of the sampled ticks, as the kernel's
/// cputime_adjust() splits it.
double user_ns(const thread_record& record) {
  const auto user = static_cast<double>(record.user_ticks_ns);
  const auto system = static_cast<double>(record.system_ticks_ns);
  const auto cpu = static_cast<double>(record.cpu_ns);
  return system == 0 ? cpu : cpu * (user / (user + system));
}

template <typename T>
void add_optional(std::optional<T>& sum, const std::optional<T>& part) {
  if (part) sum = sum.value_or(T{}) + *part;
}

}  // namespace

Usage usage_between(const thread_record& before, std::uint64_t begin_ns, const thread_record& after,
                    std::uint64_t end_ns, const Coverage& coverage) {
  Usage usage;
  usage.cpu_seconds = seconds_between(before.cpu_ns, after.cpu_ns);
  usage.user_seconds = std::clamp((user_ns(after) - user_ns(before)) * kSecondsPerNanosecond, 0.0,
                                  usage.cpu_seconds);
  usage.system_seconds = usage.cpu_seconds - *usage.user_seconds;
  usage.voluntary_switches = increase(before.voluntary_switches, after.voluntary_switches);
  usage.involuntary_switches = increase(before.involuntary_switches, after.involuntary_switches);
  usage.minor_faults = increase(before.minor_faults, after.minor_faults);
  usage.major_faults = increase(before.major_faults, after.major_faults);
  usage.read_bytes = increase(before.read_bytes, after.read_bytes);
  usage.write_bytes = increase(before.write_bytes, after.write_bytes);
  if (coverage.bpf) usage.migrations = increase(before.migrations, after.migrations);
  if (coverage.run_queue)
    usage.run_queue_seconds =
        seconds_between(before.run_queue_ns + ongoing_at(before, THREAD_QUEUED, begin_ns),
                        after.run_queue_ns + ongoing_at(after, THREAD_QUEUED, end_ns));
  if (coverage.blocked) {
    Blocked blocked{};
    for (int reason = 0; reason < BLOCKED_REASONS; reason++)
      blocked[reason] =
          seconds_between(blocked_at(before, reason, begin_ns), blocked_at(after, reason, end_ns));
    usage.blocked_seconds = blocked;
    usage.contended_seconds =
        seconds_between(contended_at(before, begin_ns), contended_at(after, end_ns));
  }
  if (coverage.reclaim)
    usage.reclaim_seconds = seconds_between(before.reclaim_ns, after.reclaim_ns);
  if (coverage.network) {
    usage.receive_bytes = increase(before.receive_bytes, after.receive_bytes);
    usage.transmit_bytes = increase(before.transmit_bytes, after.transmit_bytes);
    usage.connects = increase(before.connects, after.connects);
    usage.accepts = increase(before.accepts, after.accepts);
    usage.closes = increase(before.closes, after.closes);
  }
  return usage;
}

void add(Usage& sum, const Usage& part) {
  sum.cpu_seconds += part.cpu_seconds;
  add_optional(sum.user_seconds, part.user_seconds);
  add_optional(sum.system_seconds, part.system_seconds);
  add_optional(sum.run_queue_seconds, part.run_queue_seconds);
  if (part.blocked_seconds) {
    if (!sum.blocked_seconds) sum.blocked_seconds = Blocked{};
    for (int reason = 0; reason < BLOCKED_REASONS; reason++)
      (*sum.blocked_seconds)[reason] += (*part.blocked_seconds)[reason];
  }
  add_optional(sum.contended_seconds, part.contended_seconds);
  add_optional(sum.reclaim_seconds, part.reclaim_seconds);
  add_optional(sum.voluntary_switches, part.voluntary_switches);
  add_optional(sum.involuntary_switches, part.involuntary_switches);
  add_optional(sum.migrations, part.migrations);
  add_optional(sum.minor_faults, part.minor_faults);
  add_optional(sum.major_faults, part.major_faults);
  add_optional(sum.read_bytes, part.read_bytes);
  add_optional(sum.write_bytes, part.write_bytes);
  add_optional(sum.receive_bytes, part.receive_bytes);
  add_optional(sum.transmit_bytes, part.transmit_bytes);
  add_optional(sum.connects, part.connects);
  add_optional(sum.accepts, part.accepts);
  add_optional(sum.closes, part.closes);
  add_optional(sum.retransmits, part.retransmits);
}

double disk_bytes_of(const Usage& usage) {
  return static_cast<double>(usage.read_bytes.value_or(0) + usage.write_bytes.value_or(0));
}

bool used_anything(const Usage& usage) {
  const auto positive = [](const auto& number) { return number && *number > 0; };
  return usage.cpu_seconds > 0 || positive(usage.run_queue_seconds) || positive(usage.read_bytes) ||
         positive(usage.write_bytes) || positive(usage.receive_bytes) ||
         positive(usage.transmit_bytes) ||
         (usage.blocked_seconds && (*usage.blocked_seconds)[BLOCKED_DISK] > 0);
}

}  // namespace culprit
