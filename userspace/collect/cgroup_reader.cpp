// SPDX-License-Identifier: Apache-2.0
#include "collect/cgroup_reader.h"

#include <algorithm>
#include <utility>

#include "collect/cgroup_parsers.h"
#include "collect/cgroup_tree.h"
#include "collect/text_scan.h"
#include "util/clock.h"

namespace culprit {

namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kSearchPeriodNs = kNsPerSecond;
constexpr std::uint64_t kWalkPeriodNs = 10 * kNsPerSecond;
constexpr std::uint64_t kKeepVanishedNs = 120 * kNsPerSecond;
constexpr std::uint64_t kSlowTurns = 16;
constexpr std::size_t kMaxUnknown = 4096;
constexpr std::size_t kPathLimit = 4096;
constexpr std::uint64_t kLeastForRefaults = 16 << 20;
constexpr std::size_t kMostRefaults = 256;

}  // namespace

CgroupReader::CgroupReader(const CgroupMounts& mounts, const std::string& hierarchy) {
  const CgroupMount* const naming = mounts.find(hierarchy);
  if (!naming) return;
  hierarchy_ = hierarchy;
  directory_ = naming->directory;
  const auto source = [&](std::string_view controller) -> Source {
    const CgroupMount* const mount = mounts.find(controller, true);
    if (!mount) return {};
    return {mount->version, open_directory(mount->directory)};
  };
  // CPU time is counted on the unified hierarchy without any controller.
  usage_ = source(hierarchy == "unified" ? "unified" : "cpuacct");
  if (usage_.version == 0) usage_ = source("unified");
  cpu_ = source("cpu");
  memory_ = source("memory");
  pids_ = source("pids");
}

CgroupReader::CgroupReader(const std::filesystem::path& root) {
  const CgroupMounts mounts = find_cgroup_mounts(root);
  *this = CgroupReader(mounts, choose_unit_hierarchy(mounts));
}

std::optional<std::string> CgroupReader::path_of(std::uint64_t id) {
  return path_of(id, clock_ns(CLOCK_MONOTONIC));
}

std::optional<std::string> CgroupReader::path_of(std::uint64_t id, std::uint64_t now_ns) {
  if (id == 0 || hierarchy_.empty()) return std::nullopt;
  if (const auto known = known_.find(id); known != known_.end()) return known->second.path;
  if (unknown_.contains(id)) return std::nullopt;
  if (const auto path = path_by_handle(directory_, id); path && known_.size() < kMaxKnown) {
    add_live(id, *path);
    return known_.try_emplace(id, Known{printable(*path, kPathLimit)}).first->second.path;
  }
  if (walked_ns_ && now_ns - *walked_ns_ < kSearchPeriodNs) return std::nullopt;
  walk(now_ns);
  if (const auto known = known_.find(id); known != known_.end()) return known->second.path;
  if (live_.empty()) return std::nullopt;  // the walk failed: that says nothing
  if (unknown_.size() >= kMaxUnknown) unknown_.clear();
  unknown_.insert(id);
  return std::nullopt;
}

void CgroupReader::add_live(std::uint64_t id, const std::string& path) {
  if (live_.size() >= kMaxRead) {
    ++left_out_;
    return;
  }
  live_.push_back({id, path, {}, false});
}

void CgroupReader::walk(std::uint64_t now_ns) {
  walked_ns_ = now_ns;
  CgroupTree tree = walk_cgroups(directory_, kMaxKnown);
  if (tree.entries.empty()) return;  // not even the root, e.g. no descriptor was free
  std::unordered_map<std::uint64_t, CgroupReading> slow;
  for (Live& cgroup : live_)
    if (cgroup.slow_read) slow.emplace(cgroup.id, std::move(cgroup.slow));
  for (auto& [id, known] : known_)
    if (known.vanished_ns == 0) known.vanished_ns = std::max<std::uint64_t>(now_ns, 1);
  live_.clear();
  left_out_ = tree.left_out;
  for (CgroupEntry& entry : tree.entries) {
    known_.insert_or_assign(entry.id, Known{printable(entry.path, kPathLimit)});
    add_live(entry.id, entry.path);
    if (const auto kept = slow.find(entry.id); kept != slow.end() && live_.back().id == entry.id) {
      live_.back().slow = std::move(kept->second);
      live_.back().slow_read = true;
    }
  }
  forget_vanished(now_ns);
}

void CgroupReader::forget_vanished(std::uint64_t now_ns) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> vanished;  // time, id
  for (const auto& [id, known] : known_)
    if (known.vanished_ns != 0) vanished.emplace_back(known.vanished_ns, id);
  std::ranges::sort(vanished);
  const std::size_t surplus = vanished.size() > kMaxVanished ? vanished.size() - kMaxVanished : 0;
  for (std::size_t i = 0; i < vanished.size(); ++i)
    if (i < surplus || now_ns - vanished[i].first > kKeepVanishedNs)
      known_.erase(vanished[i].second);
}

std::vector<CgroupReading> CgroupReader::read() {
  return read(clock_ns(CLOCK_MONOTONIC));
}

std::vector<CgroupReading> CgroupReader::read(std::uint64_t now_ns) {
  std::vector<CgroupReading> readings;
  if (hierarchy_.empty()) return readings;
  if (!walked_ns_ || now_ns - *walked_ns_ >= kWalkPeriodNs) walk(now_ns);
  ++readings_;
  readings.reserve(live_.size());
  std::size_t with_refaults = 0;
  for (std::size_t i = 0; i < live_.size(); ++i) {
    Live& cgroup = live_[i];
    if (!cgroup.slow_read || (readings_ + i) % kSlowTurns == 0) fill_slow(cgroup);
    CgroupReading reading = cgroup.slow;
    fill_fast(reading, cgroup.path);
    if (refaults_watched_) fill_refaults(reading, cgroup.path, with_refaults);
    const bool empty = !reading.cpu_usage_ns && !reading.memory_bytes && !reading.pids;
    if (empty && !cgroup_id_of(below(directory_, cgroup.path))) continue;  // it went away
    reading.path = printable(cgroup.path, kPathLimit);
    readings.push_back(std::move(reading));
  }
  return readings;
}

void CgroupReader::fill_fast(CgroupReading& reading, const std::string& path) {
  if (usage_.version == 2) {
    if (const auto text = text_of(usage_, path, "cpu.stat")) {
      const CgroupCpuStat stat = parse_cgroup_cpu_stat(*text);
      reading.cpu_usage_ns = stat.usage_ns;
      if (cpu_.version == 2) {
        reading.periods = stat.periods;
        reading.throttled_periods = stat.throttled_periods;
        reading.throttled_ns = stat.throttled_ns;
      }
    }
  } else if (const auto text = text_of(usage_, path, "cpuacct.usage")) {
    reading.cpu_usage_ns = parse_count(*text);
  }
  // Without a quota nothing is throttled: then the turn of the limits is soon enough.
  if (cpu_.version == 1 && reading.cpu_quota_cores) fill_throttling(reading, path);
  const char* const memory = memory_.version == 2 ? "memory.current" : "memory.usage_in_bytes";
  if (const auto text = text_of(memory_, path, memory)) reading.memory_bytes = parse_count(*text);
  if (const auto text = text_of(pids_, path, "pids.current")) reading.pids = parse_count(*text);
}

void CgroupReader::fill_refaults(CgroupReading& reading, const std::string& path,
                                 std::size_t& read) {
  if (reading.memory_bytes.value_or(0) < kLeastForRefaults || read >= kMostRefaults) return;
  ++read;
  if (const auto text = text_of(memory_, path, "memory.stat"))
    reading.file_refaults = parse_file_refaults(*text);
}

void CgroupReader::fill_throttling(CgroupReading& reading, const std::string& path) {
  const auto text = text_of(cpu_, path, "cpu.stat");
  if (!text) return;
  const CgroupCpuStat stat = parse_cgroup_cpu_stat(*text);
  reading.periods = stat.periods;
  reading.throttled_periods = stat.throttled_periods;
  reading.throttled_ns = stat.throttled_ns;
}

void CgroupReader::fill_slow(Live& cgroup) {
  CgroupReading& slow = cgroup.slow;
  slow = {};
  cgroup.slow_read = true;
  if (cpu_.version == 2) {
    if (const auto text = text_of(cpu_, cgroup.path, "cpu.max"))
      slow.cpu_quota_cores = parse_cpu_max(*text);
  } else if (cpu_.version == 1) {
    const auto quota = text_of(cpu_, cgroup.path, "cpu.cfs_quota_us");
    const std::string quota_text(quota.value_or(""));  // the next read takes the buffer
    if (const auto period = text_of(cpu_, cgroup.path, "cpu.cfs_period_us"))
      slow.cpu_quota_cores = parse_cfs_quota(quota_text, *period);
    if (!slow.cpu_quota_cores) fill_throttling(slow, cgroup.path);
  }
  const char* const memory = memory_.version == 2 ? "memory.max" : "memory.limit_in_bytes";
  if (const auto text = text_of(memory_, cgroup.path, memory))
    slow.memory_limit_bytes = parse_limit(*text);
  if (const auto text = text_of(pids_, cgroup.path, "pids.max"))
    slow.pids_limit = parse_limit(*text);
}

std::optional<std::string_view> CgroupReader::text_of(const Source& source, const std::string& path,
                                                      const char* file) {
  if (source.version == 0) return std::nullopt;
  name_.assign(path, 1);
  if (!name_.empty()) name_ += '/';
  name_ += file;
  return text_.read_at(source.directory.get(), name_.c_str(), TextReader::End::kShortRead);
}

}  // namespace culprit
