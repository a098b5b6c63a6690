// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include "collect/sample.h"

/// The one list of the fields of everything that a recording keeps. Writing, reading and
/// the tests walk it. A field that is new after version 1 of the format is named with
/// `v.added(…)`: older recordings lack it, and it keeps its default.
namespace culprit {

/// Matches T and const T, so that one list serves both directions.
template <class T, class Struct>
concept Of = std::same_as<std::remove_const_t<T>, Struct>;

/// First frame of a recording: whose Samples, and in which layout.
struct RecordingHeader {
  std::string recorded_by;  ///< version of culprit, for people
  std::string byte_order;   ///< of the binary blobs
  std::uint32_t thread_record_bytes = 0, histogram_bytes = 0;
  std::uint32_t call_reading_bytes = 0;  ///< 0: made before calls were recorded
  HostIdentity host;
};

void describe(auto& v, Of<HostIdentity::Cloud> auto& t) {
  v("provider", t.provider), v("instance_id", t.instance_id), v("instance_type", t.instance_type);
}
void describe(auto& v, Of<HostIdentity> auto& t) {
  v("hostname", t.hostname), v("boot_id", t.boot_id), v("kernel", t.kernel);
  v("architecture", t.architecture), v("cpu_count", t.cpu_count);
  v("memory_bytes", t.memory_bytes), v("cloud", t.cloud);
}
void describe(auto& v, Of<RecordingHeader> auto& t) {
  v("recorded_by", t.recorded_by), v("byte_order", t.byte_order);
  v("thread_record_bytes", t.thread_record_bytes), v("histogram_bytes", t.histogram_bytes);
  v.added("call_reading_bytes", t.call_reading_bytes), v("host", t.host);
}
void describe(auto& v, Of<CpuTimes> auto& t) {
  v("user_ns", t.user_ns), v("nice_ns", t.nice_ns), v("system_ns", t.system_ns);
  v("idle_ns", t.idle_ns), v("iowait_ns", t.iowait_ns), v("irq_ns", t.irq_ns);
  v("softirq_ns", t.softirq_ns), v("steal_ns", t.steal_ns);
}
void describe(auto& v, Of<MemoryReading> auto& t) {
  v("total_bytes", t.total_bytes), v("free_bytes", t.free_bytes);
  v("available_bytes", t.available_bytes), v("cached_bytes", t.cached_bytes);
  v("dirty_bytes", t.dirty_bytes), v("swap_total_bytes", t.swap_total_bytes);
  v("swap_free_bytes", t.swap_free_bytes);
}
void describe(auto& v, Of<PressureReading> auto& t) {
  v("some_ns", t.some_ns), v("full_ns", t.full_ns);
}
void describe(auto& v, Of<DiskReading> auto& t) {
  v("name", t.name), v("major", t.major), v("minor", t.minor);
  v("reads", t.reads), v("writes", t.writes), v("read_bytes", t.read_bytes);
  v("write_bytes", t.write_bytes), v("busy_ns", t.busy_ns), v("wait_ns", t.wait_ns);
}
void describe(auto& v, Of<FilesystemReading> auto& t) {
  v("mount", t.mount), v("type", t.type), v("size_bytes", t.size_bytes);
  v("used_bytes", t.used_bytes), v("available_bytes", t.available_bytes);
}
void describe(auto& v, Of<NetworkReading> auto& t) {
  v("receive_bytes", t.receive_bytes), v("transmit_bytes", t.transmit_bytes);
  v("segments_sent", t.segments_sent), v("retransmits", t.retransmits);
  v("listen_overflows", t.listen_overflows);
}
void describe(auto& v, Of<SettingsReading> auto& t) {
  v("threads_max", t.threads_max), v("pid_max", t.pid_max);
  v("files_open", t.files_open), v("files_max", t.files_max);
  v("swappiness", t.swappiness), v("dirty_ratio", t.dirty_ratio), v("dirty_bytes", t.dirty_bytes);
  v("somaxconn", t.somaxconn), v("port_first", t.port_first), v("port_last", t.port_last);
}
void describe(auto& v, Of<PagingReading> auto& t) {
  v("dirty_bytes", t.dirty_bytes), v("dirty_limit_bytes", t.dirty_limit_bytes);
  v("dirty_background_bytes", t.dirty_background_bytes);
  v("swapped_in", t.swapped_in), v("swapped_out", t.swapped_out);
  v("file_refaults", t.file_refaults);
}
void describe(auto& v, Of<AllowanceReading> auto& t) {
  v("device", t.device), v("name", t.name), v("count", t.count);
}
void describe(auto& v, Of<HostReading> auto& t) {
  v("cpu", t.cpu), v("cpus", t.cpus), v("load_average", t.load_average);
  v("runnable", t.runnable), v("memory", t.memory), v("cpu_pressure", t.cpu_pressure);
  v("memory_pressure", t.memory_pressure), v("io_pressure", t.io_pressure);
  v("disks", t.disks), v("filesystems", t.filesystems), v("network", t.network);
  v("forks", t.forks);
  v.added("settings", t.settings), v.added("paging", t.paging);
  v.added("allowances", t.allowances);
}

}  // namespace culprit
