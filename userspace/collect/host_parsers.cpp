// SPDX-License-Identifier: Apache-2.0
#include "collect/host_parsers.h"

#include <algorithm>
#include <string>

#include "collect/text_scan.h"

namespace culprit {

namespace {

constexpr std::size_t kMaxCpus = 8192;  // the most that any kernel is built for
constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kNsPerUs = 1'000;

std::optional<CpuTimes> parse_cpu_times(std::string_view words, std::uint64_t tick_ns) {
  CpuTimes times;
  for (std::uint64_t CpuTimes::*field :
       {&CpuTimes::user_ns, &CpuTimes::nice_ns, &CpuTimes::system_ns, &CpuTimes::idle_ns,
        &CpuTimes::iowait_ns, &CpuTimes::irq_ns, &CpuTimes::softirq_ns, &CpuTimes::steal_ns}) {
    const auto value = scaled(next_number<std::uint64_t>(words), tick_ns);
    if (!value) return std::nullopt;
    times.*field = *value;
  }
  return times;
}

void add_cpu(StatFile& stat, std::string_view number, std::string_view words,
             std::uint64_t tick_ns) {
  const auto times = parse_cpu_times(words, tick_ns);
  if (!times) return;
  if (number.empty()) {
    stat.cpu = times;
    return;
  }
  const auto cpu = to_number<std::uint32_t>(number);
  if (!cpu || *cpu >= kMaxCpus) return;
  if (stat.cpus.size() <= *cpu) stat.cpus.resize(*cpu + 1);
  stat.cpus[*cpu] = *times;
}

bool is_never_a_disk(std::string_view name) {
  return name.starts_with("loop") || name.starts_with("ram");
}

bool is_often_idle(std::string_view name) {
  return name.starts_with("zram") || name.starts_with("nbd") || name.starts_with("sr") ||
         name.starts_with("fd");
}

std::optional<DiskReading> parse_disk(std::string_view line) {
  const auto major = next_number<std::uint32_t>(line);
  const auto minor = next_number<std::uint32_t>(line);
  const std::string_view name = next_word(line);
  if (!major || !minor || name.empty() || is_never_a_disk(name)) return std::nullopt;
  // reads, merged, sectors, ms; writes, merged, sectors, ms; in flight, busy ms
  std::array<std::uint64_t, 10> values{};
  for (auto& value : values) {
    const auto number = next_number<std::uint64_t>(line);
    if (!number) return std::nullopt;
    value = *number;
  }
  if (values[0] == 0 && values[4] == 0 && is_often_idle(name)) return std::nullopt;
  const auto read_bytes = scaled(values[2], kSectorBytes);
  const auto write_bytes = scaled(values[6], kSectorBytes);
  const auto busy_ns = scaled(values[9], kNsPerMs);
  const auto read_wait = scaled(values[3], kNsPerMs), write_wait = scaled(values[7], kNsPerMs);
  std::uint64_t wait_ns = 0;
  if (!read_bytes || !write_bytes || !busy_ns || !read_wait || !write_wait ||
      __builtin_add_overflow(*read_wait, *write_wait, &wait_ns))
    return std::nullopt;
  return DiskReading{std::string(name), *major,       *minor,   values[0], values[4],
                     *read_bytes,       *write_bytes, *busy_ns, wait_ns};
}

}  // namespace

StatFile parse_stat(std::string_view text, std::uint64_t tick_ns) {
  StatFile stat;
  std::string_view line;
  while (next_line(text, line)) {
    if (line.starts_with("intr")) continue;  // the long one: do not even look for words
    const std::string_view key = next_word(line);
    if (key.starts_with("cpu"))
      add_cpu(stat, key.substr(3), line, tick_ns);
    else if (key == "processes")
      stat.forks = next_number<std::uint64_t>(line);
  }
  return stat;
}

LoadFile parse_loadavg(std::string_view text) {
  LoadFile load;
  std::array<double, 3> averages{};
  bool complete = true;
  for (double& average : averages) {
    const auto value = to_fraction(next_word(text));
    complete = complete && value && *value >= 0;
    average = value.value_or(0);
  }
  if (complete) load.averages = averages;
  const std::string_view threads = next_word(text);  // "runnable/all"
  const std::size_t slash = threads.find('/');
  if (slash != std::string_view::npos)
    load.runnable = to_number<std::uint64_t>(threads.substr(0, slash));
  return load;
}

std::optional<MemoryReading> parse_meminfo(std::string_view text) {
  struct Row {
    std::string_view key;
    std::uint64_t MemoryReading::*field;
    bool found = false;
  };
  std::array<Row, 7> rows{{{"MemTotal:", &MemoryReading::total_bytes},
                           {"MemFree:", &MemoryReading::free_bytes},
                           {"MemAvailable:", &MemoryReading::available_bytes},
                           {"Cached:", &MemoryReading::cached_bytes},
                           {"Dirty:", &MemoryReading::dirty_bytes},
                           {"SwapTotal:", &MemoryReading::swap_total_bytes},
                           {"SwapFree:", &MemoryReading::swap_free_bytes}}};
  MemoryReading memory;
  std::size_t found = 0;
  std::string_view line;
  while (found < rows.size() && next_line(text, line)) {
    const std::string_view key = next_word(line);
    const auto row = std::ranges::find(rows, key, &Row::key);
    if (row == rows.end() || row->found) continue;
    const auto bytes = scaled(next_number<std::uint64_t>(line), 1024);
    if (!bytes) return std::nullopt;
    memory.*(row->field) = *bytes;
    row->found = true;
    ++found;
  }
  if (found < rows.size()) return std::nullopt;
  return memory;
}

std::optional<PressureReading> parse_pressure(std::string_view text) {
  std::optional<std::uint64_t> some, full;
  std::string_view line;
  while (next_line(text, line)) {
    const std::string_view kind = next_word(line);
    if (kind != "some" && kind != "full") continue;
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
      if (!word.starts_with("total=")) continue;
      (kind == "some" ? some : full) = scaled(to_number<std::uint64_t>(word.substr(6)), kNsPerUs);
    }
  }
  if (!some) return std::nullopt;
  return PressureReading{*some, full};
}

std::vector<DiskReading> parse_diskstats(std::string_view text) {
  std::vector<DiskReading> disks;
  std::string_view line;
  while (next_line(text, line))
    if (auto disk = parse_disk(line)) disks.push_back(std::move(*disk));
  return disks;
}

std::optional<NetworkReading> parse_net_dev(std::string_view text,
                                            const std::set<std::string, std::less<>>& counted) {
  NetworkReading network;
  bool any = false;
  std::string_view line;
  while (next_line(text, line)) {
    const std::size_t colon = line.rfind(':');  // an alias has one in its name
    if (colon == std::string_view::npos) continue;
    const std::string_view name = trimmed(line.substr(0, colon));
    std::string_view words = line.substr(colon + 1);
    const auto received = next_number<std::uint64_t>(words);
    skip_words(words, 7);
    const auto transmitted = next_number<std::uint64_t>(words);
    if (!received || !transmitted) continue;
    any = true;
    if (counted.empty() ? name == "lo" : !counted.contains(name)) continue;
    if (__builtin_add_overflow(network.receive_bytes, *received, &network.receive_bytes) ||
        __builtin_add_overflow(network.transmit_bytes, *transmitted, &network.transmit_bytes))
      return std::nullopt;
  }
  if (!any) return std::nullopt;
  return network;
}

PagingReading parse_vmstat(std::string_view text, std::uint64_t page_bytes) {
  PagingReading paging;
  std::string_view line;
  while (next_line(text, line)) {
    const std::string_view key = next_word(line);
    if (key == "nr_dirty")
      paging.dirty_bytes = scaled(next_number<std::uint64_t>(line), page_bytes);
    else if (key == "nr_dirty_threshold")
      paging.dirty_limit_bytes = scaled(next_number<std::uint64_t>(line), page_bytes);
    else if (key == "nr_dirty_background_threshold")
      paging.dirty_background_bytes = scaled(next_number<std::uint64_t>(line), page_bytes);
    else if (key == "workingset_refault_file" || key == "workingset_refault")
      paging.file_refaults = next_number<std::uint64_t>(line);  // not by kind before 5.9
    else if (key == "pswpin")
      paging.swapped_in = next_number<std::uint64_t>(line);
    else if (key == "pswpout")
      paging.swapped_out = next_number<std::uint64_t>(line);
  }
  return paging;
}

std::uint64_t parse_sockstat(std::string_view text) {
  std::uint64_t sockets = 0;
  std::string_view line;
  while (next_line(text, line)) {
    const std::string_view protocol = next_word(line);
    if (protocol != "TCP:" && protocol != "TCP6:") continue;
    for (std::string_view key = next_word(line); !key.empty(); key = next_word(line)) {
      const auto count = next_number<std::uint32_t>(line);
      if (count && (key == "inuse" || key == "tw")) sockets += *count;
    }
  }
  return sockets;
}

std::optional<std::uint64_t> parse_protocol_counter(std::string_view text,
                                                    std::string_view protocol,
                                                    std::string_view counter) {
  std::string_view names, values;
  while (next_line(text, names)) {
    if (next_word(names) != protocol) continue;
    if (!next_line(text, values) || next_word(values) != protocol) return std::nullopt;
    for (std::string_view name = next_word(names); !name.empty(); name = next_word(names)) {
      const std::string_view value = next_word(values);
      if (name == counter) return to_number<std::uint64_t>(value);
    }
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace culprit
