// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "model/snapshot.h"

namespace culprit::synthetic {

inline ProcessRow process(std::uint32_t pid, std::string name, double cpu_seconds) {
  ProcessRow row;
  row.id = {pid, pid * 1'000'000ull};
  row.parent_pid = 1;
  row.name = name;
  row.command = "/usr/bin/" + name + " --serve";
  row.user = "www-data";
  row.unit = name + ".service";
  row.cgroup = "/system.slice/" + name + ".service";
  row.process_class = Class::kForeground;
  row.thread_count = 2;
  row.cpu_seconds_total = 62.33;
  row.usage.cpu_seconds = cpu_seconds;
  row.usage.run_queue_seconds = cpu_seconds / 4;
  row.usage.blocked_seconds = Blocked{0.05, 0.01, 0.3, 1.2, 0};
  row.usage.contended_seconds = 0.004;
  row.usage.read_bytes = 1536;
  row.usage.write_bytes = 0;
  row.memory = MemoryUse{};
  row.memory->rss_bytes = pid * 1'048'576ull;
  row.delayed_by = {{77, "backup", 0.12}};
  ThreadRow thread;
  thread.tid = pid;
  thread.name = name;
  thread.usage = row.usage;
  row.threads = {thread};
  return row;
}

inline UnitRow unit(std::string path, double cpu_seconds, std::uint32_t processes = 1) {
  UnitRow row;
  row.path = path;
  row.name = path == "/" ? "/" : path.substr(path.rfind('/') + 1);
  row.process_count = processes;
  row.usage.cpu_seconds = cpu_seconds;
  return row;
}

/// A second of a host with two CPUs and three processes that used something.
inline Snapshot snapshot() {
  Snapshot now;
  now.host.hostname = "web-1";
  now.host.cpu_count = 2;
  now.host.memory_bytes = 8ull << 30;
  now.end_wall_ns = 1'700'000'000'000'000'000;
  now.start_wall_ns = now.end_wall_ns - 1'000'000'000;
  now.seconds = 1;
  now.collector.bpf = true;
  now.system.cpu = CpuUse{.utilization_ratio = 0.75, .user_seconds = 1.0, .system_seconds = 0.5};
  now.system.cpu_utilization = {0.95, 0.55};
  now.system.load_average = {{2.5, 1.5, 0.5}};
  now.system.run_queue_seconds = 0.4;
  now.system.run_queue_latency = Latency{100, 0.001, 0.0005, 0.002, 0.0032, 0.02};
  MemoryReading memory;
  memory.total_bytes = 8ull << 30;
  memory.available_bytes = 2ull << 30;
  now.system.memory = memory;
  now.system.disks = {{"nvme0n1", 1 << 20, 2 << 20, 0.12, std::nullopt}};
  now.system.process_count = 4;
  now.processes = {process(10, "gunicorn", 0.5), process(20, "postgres", 0.9),
                   process(30, "cron", 0.0), process(40, "backup", 0.1)};
  now.processes[2].usage = {};
  now.processes[3].user = "root";
  now.processes[3].parent_pid = 30;
  now.units = {
      unit("/", 1.5, 4), unit("/system.slice", 1.5, 4), unit("/system.slice/backup.service", 0.1),
      unit("/system.slice/gunicorn.service", 0.5), unit("/system.slice/postgres.service", 0.9)};
  return now;
}

inline std::shared_ptr<const Snapshot> shared(Snapshot now) {
  return std::make_shared<const Snapshot>(std::move(now));
}

}  // namespace culprit::synthetic
