// SPDX-License-Identifier: Apache-2.0
#include "model/system_row.h"

#include <algorithm>

#include "model/counter.h"

namespace culprit {
namespace {

CpuUse cpu_between(const CpuTimes& before, const CpuTimes& after) {
  CpuUse use;
  use.user_seconds = seconds_between(before.user_ns, after.user_ns) +
                     seconds_between(before.nice_ns, after.nice_ns);
  use.system_seconds = seconds_between(before.system_ns, after.system_ns);
  use.iowait_seconds = seconds_between(before.iowait_ns, after.iowait_ns);
  use.irq_seconds = seconds_between(before.irq_ns, after.irq_ns) +
                    seconds_between(before.softirq_ns, after.softirq_ns);
  use.steal_seconds = seconds_between(before.steal_ns, after.steal_ns);
  use.idle_seconds = seconds_between(before.idle_ns, after.idle_ns);
  const double used = use.user_seconds + use.system_seconds + use.irq_seconds + use.steal_seconds;
  const double all = used + use.idle_seconds + use.iowait_seconds;
  use.utilization_ratio = all > 0 ? used / all : 0;
  return use;
}

std::optional<Pressure> pressure_between(const std::optional<PressureReading>& before,
                                         const std::optional<PressureReading>& after,
                                         double seconds) {
  if (!before || !after || seconds <= 0) return std::nullopt;
  Pressure pressure;
  pressure.some_ratio = std::min(1.0, seconds_between(before->some_ns, after->some_ns) / seconds);
  if (before->full_ns && after->full_ns)
    pressure.full_ratio =
        std::min(1.0, seconds_between(*before->full_ns, *after->full_ns) / seconds);
  return pressure;
}

std::optional<Latency> disk_latency(const Sample& before, const Sample& after,
                                    const DiskReading& disk) {
  const auto of_disk = [&](const Sample& sample) {
    const auto& list = sample.block_latencies;
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& reading) {
      return reading.major == disk.major && reading.minor == disk.minor;
    });
    return found == list.end() ? histogram{} : found->latency;
  };
  const auto difference = histogram_difference(of_disk(before), of_disk(after));
  return difference ? summarize(*difference) : std::nullopt;
}

std::vector<DiskRow> disk_rows(const Sample& before, const Sample& after, double seconds) {
  std::vector<DiskRow> rows;
  for (const DiskReading& disk : after.host.disks) {
    const auto& old = before.host.disks;
    const auto earlier = std::find_if(old.begin(), old.end(), [&](const DiskReading& candidate) {
      return candidate.name == disk.name;
    });
    if (earlier == old.end()) continue;
    DiskRow row;
    row.name = disk.name;
    row.read_bytes = increase(earlier->read_bytes, disk.read_bytes);
    row.write_bytes = increase(earlier->write_bytes, disk.write_bytes);
    row.busy_ratio = std::min(1.0, seconds_between(earlier->busy_ns, disk.busy_ns) / seconds);
    row.latency = disk_latency(before, after, disk);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<FilesystemRow> filesystem_rows(const Sample& before, const Sample& after,
                                           double seconds) {
  std::vector<FilesystemRow> rows;
  for (const FilesystemReading& filesystem : after.host.filesystems) {
    FilesystemRow row;
    row.mount = filesystem.mount;
    row.size_bytes = filesystem.size_bytes;
    // As df does: of what an ordinary user can have.
    const std::uint64_t usable = filesystem.used_bytes + filesystem.available_bytes;
    if (usable > 0)
      row.used_ratio = static_cast<double>(filesystem.used_bytes) / static_cast<double>(usable);
    const auto& old = before.host.filesystems;
    const auto earlier = std::find_if(old.begin(), old.end(), [&](const auto& candidate) {
      return candidate.mount == filesystem.mount;
    });
    if (earlier != old.end() && filesystem.used_bytes > earlier->used_bytes) {
      const double rate =
          static_cast<double>(filesystem.used_bytes - earlier->used_bytes) / seconds;
      row.full_in_seconds = static_cast<double>(filesystem.available_bytes) / rate;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void take_network(SystemRow& row, const std::optional<NetworkReading>& before,
                  const std::optional<NetworkReading>& after) {
  if (!before || !after) return;
  row.receive_bytes =
      increase(std::optional(before->receive_bytes), std::optional(after->receive_bytes));
  row.transmit_bytes =
      increase(std::optional(before->transmit_bytes), std::optional(after->transmit_bytes));
  row.segments_sent = increase(before->segments_sent, after->segments_sent);
  row.retransmits = increase(before->retransmits, after->retransmits);
  row.listen_overflows = increase(before->listen_overflows, after->listen_overflows);
}

Paging paging_between(const PagingReading& before, const PagingReading& after) {
  Paging paging;
  paging.dirty_bytes = after.dirty_bytes;
  paging.dirty_limit_bytes = after.dirty_limit_bytes;
  paging.dirty_background_bytes = after.dirty_background_bytes;
  paging.swapped_in = increase(before.swapped_in, after.swapped_in);
  paging.swapped_out = increase(before.swapped_out, after.swapped_out);
  paging.file_refaults = increase(before.file_refaults, after.file_refaults);
  return paging;
}

std::vector<PortUseRow> port_rows(const Sample& sample) {
  const SettingsReading& settings = sample.host.settings;
  if (!settings.port_first || !settings.port_last || *settings.port_last < *settings.port_first)
    return {};
  const std::uint64_t available = *settings.port_last - *settings.port_first + 1;
  std::vector<PortUseRow> rows;
  for (const PortReading& reading : sample.ports)
    rows.push_back({reading.local, reading.remote, reading.used, reading.time_wait, available});
  return rows;
}

/// Those that moved.
std::vector<AllowanceRow> allowance_rows(const HostReading& before, const HostReading& after) {
  std::vector<AllowanceRow> rows;
  for (const AllowanceReading& reading : after.allowances)
    for (const AllowanceReading& earlier : before.allowances)
      if (earlier.device == reading.device && earlier.name == reading.name)
        if (const std::uint64_t count = increase(earlier.count, reading.count))
          rows.push_back({reading.device, reading.name, count});
  return rows;
}

}  // namespace

SystemRow make_system_row(const Sample& before, const Sample& after, double seconds) {
  SystemRow row;
  if (before.host.cpu && after.host.cpu) row.cpu = cpu_between(*before.host.cpu, *after.host.cpu);
  const std::size_t cpus = std::min(before.host.cpus.size(), after.host.cpus.size());
  for (std::size_t i = 0; i < cpus; i++)
    row.cpu_utilization.push_back(
        cpu_between(before.host.cpus[i], after.host.cpus[i]).utilization_ratio);
  row.load_average = after.host.load_average;
  if (before.run_queue_latency && after.run_queue_latency) {
    const auto waits = histogram_difference(*before.run_queue_latency, *after.run_queue_latency);
    if (waits) row.run_queue_latency = summarize(*waits);
  }
  row.memory = after.host.memory;
  row.cpu_pressure = pressure_between(before.host.cpu_pressure, after.host.cpu_pressure, seconds);
  row.memory_pressure =
      pressure_between(before.host.memory_pressure, after.host.memory_pressure, seconds);
  row.io_pressure = pressure_between(before.host.io_pressure, after.host.io_pressure, seconds);
  row.disks = disk_rows(before, after, seconds);
  row.filesystems = filesystem_rows(before, after, seconds);
  take_network(row, before.host.network, after.host.network);
  row.settings = after.host.settings;
  row.paging = paging_between(before.host.paging, after.host.paging);
  row.ports = port_rows(after);
  row.allowances = allowance_rows(before.host, after.host);
  if (after.coverage.lifecycle) {
    row.processes_started = after.forks.size();
    row.processes_exited = static_cast<std::uint64_t>(std::count_if(
        after.ended.begin(), after.ended.end(),
        [](const thread_record& record) { return record.header.flags & THREAD_LAST; }));
  }
  return row;
}

std::optional<Accounting> make_accounting(const Sample& before, const Sample& after, double seconds,
                                          const std::vector<ProcessRow>& processes) {
  const std::size_t cpus = after.host.cpus.size();
  if (!before.host.cpu || !after.host.cpu || cpus == 0) return std::nullopt;
  const CpuUse use = cpu_between(*before.host.cpu, *after.host.cpu);
  Accounting accounting;
  // The idle clock is exact where ticks stop when idle; the columns of use are sampled.
  accounting.cpu_seconds = std::max(0.0, seconds * static_cast<double>(cpus) - use.idle_seconds -
                                             use.iowait_seconds - use.steal_seconds);
  for (const ProcessRow& process : processes)
    (process.kernel_thread ? accounting.kernel_seconds : accounting.attributed_seconds) +=
        process.usage.cpu_seconds;
  if (after.coverage.irq_apart) accounting.kernel_seconds += use.irq_seconds;
  accounting.unattributed_seconds =
      accounting.cpu_seconds - accounting.attributed_seconds - accounting.kernel_seconds;
  return accounting;
}

}  // namespace culprit
