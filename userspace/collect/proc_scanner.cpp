// SPDX-License-Identifier: Apache-2.0
#include "collect/proc_scanner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <functional>
#include <utility>

#include "collect/cgroup_tree.h"
#include "collect/text_scan.h"
#include "util/clock.h"

namespace culprit {

namespace {

constexpr std::uint64_t kIdleScans = 4;
constexpr std::uint64_t kKeepScans = 8;
constexpr std::uint64_t kYoungScans = 2;  // a service manager moves what it has started

std::uint8_t condition_of(char state) {
  return state == 'R' ? THREAD_RUNNING : THREAD_BLOCKED;
}

std::uint8_t reason_of(char state) {
  if (state == 'R') return 0;
  return state == 'D' ? BLOCKED_DISK : BLOCKED_OTHER;
}

thread_record record_of(const PidStat& stat, std::uint64_t tick_ns) {
  thread_record record{};
  record.header.kind = RECORD_THREAD;
  record.header.flags = THREAD_COMPLETE;
  if (stat.flags & kFlagKernelThread) record.header.flags |= THREAD_KERNEL;
  record.header.size = sizeof(record);
  record.tid = record.pid = stat.pid;
  record.parent_pid = stat.parent_pid;
  record.start_time_ns = scaled(stat.start_ticks, tick_ns).value_or(0);
  record.process_start_time_ns = record.start_time_ns;
  record.user_ticks_ns = scaled(stat.user_ticks, tick_ns).value_or(0);
  record.system_ticks_ns = scaled(stat.system_ticks, tick_ns).value_or(0);
  record.cpu_ns = record.user_ticks_ns + record.system_ticks_ns;
  record.minor_faults = stat.minor_faults;
  record.major_faults = stat.major_faults;
  record.thread_count = stat.thread_count;
  record.nice = static_cast<std::int8_t>(std::clamp(stat.nice, -20, 19));
  record.policy = static_cast<std::uint8_t>(std::min<std::uint32_t>(stat.policy, UINT8_MAX));
  record.condition = condition_of(stat.state);
  record.reason = reason_of(stat.state);
  std::memcpy(record.name, stat.name.data(),
              std::min<std::size_t>(stat.name.size(), COMM_SIZE - 1));
  return record;
}

}  // namespace

ProcScanner::ProcScanner(std::filesystem::path root) {
  const CgroupMounts mounts = find_cgroup_mounts(root);
  *this = ProcScanner(std::move(root), mounts, choose_unit_hierarchy(mounts));
}

ProcScanner::ProcScanner(std::filesystem::path root, const CgroupMounts& mounts,
                         const std::string& hierarchy)
    : proc_(::opendir(below(root, "proc").c_str())), hierarchy_(hierarchy) {
  const long per_second = ::sysconf(_SC_CLK_TCK);
  tick_ns_ = 1'000'000'000u / static_cast<std::uint64_t>(per_second > 0 ? per_second : 100);
  if (const CgroupMount* const mount = mounts.find(hierarchy)) mount_ = *mount;
}

std::vector<thread_record> ProcScanner::scan() {
  std::vector<thread_record> records;
  ++scans_;
  cgroup_ids_.clear();
  const std::vector<std::uint32_t> pids = list_pids();
  records.reserve(pids.size());
  for (const std::uint32_t pid : pids)
    if (const auto record = read_process(pid)) records.push_back(*record);
  std::erase_if(kept_, [this](const auto& kept) { return kept.second.seen_at != scans_; });
  return records;
}

std::vector<std::uint32_t> ProcScanner::list_pids() {
  std::vector<std::uint32_t> pids;
  if (!proc_) return pids;
  ::rewinddir(proc_.get());
  while (const dirent* entry = ::readdir(proc_.get())) {
    const auto pid = to_number<std::uint32_t>(entry->d_name);
    if (pid && *pid > 0 && pids.size() < kMaxProcesses) pids.push_back(*pid);
  }
  return pids;
}

std::optional<thread_record> ProcScanner::read_process(std::uint32_t pid) {
  const auto text = text_of(pid, "stat");
  const auto stat = text ? parse_pid_stat(*text) : std::nullopt;
  if (!stat || stat->pid != pid) return std::nullopt;
  thread_record record = record_of(*stat, tick_ns_);
  record.header.time_ns = clock_ns(CLOCK_MONOTONIC);
  const std::size_t hash = std::hash<std::string_view>{}(*text);
  const std::uint64_t start_ticks = stat->start_ticks;
  Kept& kept = kept_[pid];  // from here on the next file takes the text's buffer
  if (kept.seen_at == 0 || kept.start_ticks != start_ticks) {
    kept = {};
    kept.start_ticks = start_ticks;
    kept.young_until = scans_ + kYoungScans;
  }
  const bool idle = hash == kept.stat_hash && (scans_ + pid) % kIdleScans != 0;
  if (idle) {
    const std::uint64_t now_ns = record.header.time_ns;
    record = kept.last;
    record.header.time_ns = now_ns;
  } else {
    if (!fill_status(record)) return std::nullopt;
    fill_io(record);
  }
  kept.seen_at = scans_;
  kept.stat_hash = hash;
  fill_limits(record, kept);
  kept.last = record;
  return record;
}

bool ProcScanner::fill_status(thread_record& record) {
  const auto text = text_of(record.pid, "status");
  const PidStatus status = text ? parse_pid_status(*text) : PidStatus{};
  if (!status.uid) return false;  // it ended; without this it would be one of root's
  record.uid = *status.uid;
  record.voluntary_switches = status.voluntary_switches.value_or(0);
  record.involuntary_switches = status.involuntary_switches.value_or(0);
  if (status.rss_bytes && !(record.header.flags & THREAD_KERNEL)) {
    record.header.flags |= THREAD_HAS_MEMORY;
    record.rss_bytes = *status.rss_bytes;
    record.rss_peak_bytes =
        std::max<std::uint64_t>(status.rss_peak_bytes.value_or(0), *status.rss_bytes);
    record.swap_bytes = status.swap_bytes.value_or(0);
  }
  return true;
}

void ProcScanner::fill_io(thread_record& record) {
  if (const auto text = text_of(record.pid, "io")) {
    const PidIo io = parse_pid_io(*text);
    record.read_bytes = io.read_bytes.value_or(0);
    record.write_bytes = io.write_bytes.value_or(0);
  }
}

void ProcScanner::fill_limits(thread_record& record, Kept& kept) {
  const bool young = scans_ <= kept.young_until;
  if (young || (scans_ + record.pid) % kKeepScans == 0) {
    const auto limits = text_of(record.pid, "limits");
    kept.last.open_files_soft_limit = limits ? parse_open_files_limit(*limits).value_or(0) : 0;
    const auto cgroups = mount_ ? text_of(record.pid, "cgroup") : std::nullopt;
    auto path = cgroups ? parse_pid_cgroup(*cgroups, hierarchy_) : std::nullopt;
    if (path) path = path_in_mount(*mount_, *path);
    kept.cgroup = std::string(path.value_or(""));
  }
  record.open_files_soft_limit = kept.last.open_files_soft_limit;
  record.cgroup_id = cgroup_id(kept.cgroup);
}

std::uint64_t ProcScanner::cgroup_id(const std::string& path) {
  if (path.empty()) return 0;
  const auto [entry, is_new] = cgroup_ids_.try_emplace(path, 0);
  if (is_new) entry->second = cgroup_id_of(below(mount_->directory, path)).value_or(0);
  return entry->second;
}

std::optional<std::string_view> ProcScanner::text_of(std::uint32_t pid, const char* file) {
  std::array<char, 32> name{};
  char* const end = std::to_chars(name.data(), name.data() + 12, pid).ptr;
  *end = '/';
  std::strncpy(end + 1, file, 16);
  return text_.read_at(::dirfd(proc_.get()), name.data(), TextReader::End::kShortRead);
}

}  // namespace culprit
