// SPDX-License-Identifier: Apache-2.0
#include "collect/host_reader.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "collect/host_parsers.h"
#include "collect/mount_table.h"
#include "collect/text_scan.h"
#include "util/clock.h"

namespace culprit {

namespace {

constexpr std::uint64_t kSlowPeriodNs = 10'000'000'000;
constexpr std::size_t kMaxDisksKnown = 4096;
constexpr std::size_t kMountinfoLimit = 8 << 20;  // hosts of many containers
constexpr std::size_t kPathLimit = 4096;
// What the kernel writes in one piece, so that a short read is the end.
constexpr auto kOnePiece = TextReader::End::kShortRead;

std::uint64_t tick_length_ns() {
  const long per_second = ::sysconf(_SC_CLK_TCK);
  return 1'000'000'000u / static_cast<std::uint64_t>(per_second > 0 ? per_second : 100);
}

std::optional<FilesystemReading> read_filesystem(const std::filesystem::path& root,
                                                 const Mount& mount) {
  struct statvfs info {};
  if (::statvfs(below(root, mount.point).c_str(), &info) != 0) return std::nullopt;
  const auto size = scaled(info.f_blocks, info.f_frsize);
  const auto free = scaled(info.f_bfree, info.f_frsize);
  const auto available = scaled(info.f_bavail, info.f_frsize);
  if (!size || !free || !available || *size == 0 || *free > *size) return std::nullopt;
  return FilesystemReading{printable(mount.point, kPathLimit), mount.type, *size, *size - *free,
                           *available};
}

/// Interfaces with hardware, or a hypervisor's, behind them: what passes a bridge, a bond
/// or a container's pair passes one of these as well, and is to be counted once.
std::set<std::string, std::less<>> physical_interfaces(const std::filesystem::path& root) {
  std::set<std::string, std::less<>> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(root / "sys/class/net", error), end;
  for (; !error && entry != end; entry.increment(error))
    if (std::error_code gone; std::filesystem::exists(entry->path() / "device", gone))
      names.insert(entry->path().filename());
  return names;
}

}  // namespace

HostReader::HostReader(std::filesystem::path root)
    : root_(std::move(root)),
      tick_ns_(tick_length_ns()),
      page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))),
      stat_(below(root_, "proc/stat")),
      loadavg_(below(root_, "proc/loadavg")),
      meminfo_(below(root_, "proc/meminfo")),
      vmstat_(below(root_, "proc/vmstat")),
      cpu_pressure_(below(root_, "proc/pressure/cpu")),
      memory_pressure_(below(root_, "proc/pressure/memory")),
      io_pressure_(below(root_, "proc/pressure/io")),
      diskstats_(below(root_, "proc/diskstats")),
      net_dev_(below(root_, "proc/net/dev")),
      net_snmp_(below(root_, "proc/net/snmp")),
      net_netstat_(below(root_, "proc/net/netstat")) {}

HostReading HostReader::read() {
  return read(clock_ns(CLOCK_MONOTONIC));
}

HostReading HostReader::read(std::uint64_t now_ns) {
  HostReading reading;
  read_cpu(reading);
  if (const auto text = meminfo_.read(text_, kOnePiece)) reading.memory = parse_meminfo(*text);
  if (const auto text = vmstat_.read(text_)) reading.paging = parse_vmstat(*text, page_bytes_);
  const auto read_pressure = [this](OpenFile& file) -> std::optional<PressureReading> {
    const auto text = file.read(text_, kOnePiece);
    return text ? parse_pressure(*text) : std::nullopt;
  };
  reading.cpu_pressure = read_pressure(cpu_pressure_);
  // A whole host has always something to run while CPU is short: the kernel writes 0.
  if (reading.cpu_pressure) reading.cpu_pressure->full_ns.reset();
  reading.memory_pressure = read_pressure(memory_pressure_);
  reading.io_pressure = read_pressure(io_pressure_);
  reading.disks = read_disks();
  if (!slowly_read_ns_ || now_ns - *slowly_read_ns_ >= kSlowPeriodNs) {
    filesystems_ = read_filesystems();
    settings_ = read_settings();
    interfaces_ = physical_interfaces(root_);
    slowly_read_ns_ = now_ns;
  }
  reading.filesystems = filesystems_;
  reading.settings = settings_;
  reading.network = read_network();
  return reading;
}

void HostReader::read_cpu(HostReading& reading) {
  if (const auto text = stat_.read(text_, kOnePiece)) {
    StatFile stat = parse_stat(*text, tick_ns_);
    reading.cpu = stat.cpu;
    reading.cpus = std::move(stat.cpus);
    reading.forks = stat.forks;
  }
  if (const auto text = loadavg_.read(text_, kOnePiece)) {
    const LoadFile load = parse_loadavg(*text);
    reading.load_average = load.averages;
    reading.runnable = load.runnable;
  }
}

std::vector<DiskReading> HostReader::read_disks() {
  const auto text = diskstats_.read(text_);
  if (!text) return {};
  std::vector<DiskReading> disks = parse_diskstats(*text);
  std::erase_if(disks, [this](const DiskReading& disk) { return !is_whole_disk(disk.name); });
  for (DiskReading& disk : disks) disk.name = printable(disk.name, kPathLimit);
  return disks;
}

bool HostReader::is_whole_disk(const std::string& name) {
  if (const auto known = whole_disks_.find(name); known != whole_disks_.end()) return known->second;
  if (whole_disks_.size() >= kMaxDisksKnown) whole_disks_.clear();
  std::string entry = name;
  std::ranges::replace(entry, '/', '!');  // as sysfs does, e.g. cciss!c0d0
  const bool whole =
      entry != "." && entry != ".." && ::access((root_ / "sys/block" / entry).c_str(), F_OK) == 0;
  whole_disks_.emplace(name, whole);
  return whole;
}

std::optional<NetworkReading> HostReader::read_network() {
  const auto devices = net_dev_.read(text_);
  std::optional<NetworkReading> network =
      devices ? parse_net_dev(*devices, interfaces_) : std::nullopt;
  if (!network) return std::nullopt;
  if (const auto text = net_snmp_.read(text_, kOnePiece)) {
    network->segments_sent = parse_protocol_counter(*text, "Tcp:", "OutSegs");
    network->retransmits = parse_protocol_counter(*text, "Tcp:", "RetransSegs");
  }
  if (const auto text = net_netstat_.read(text_, kOnePiece))
    network->listen_overflows = parse_protocol_counter(*text, "TcpExt:", "ListenOverflows");
  return network;
}

std::vector<FilesystemReading> HostReader::read_filesystems() {
  TextReader text(kMountinfoLimit);
  const auto mounts = text.read(below(root_, "proc/self/mountinfo"));
  std::vector<FilesystemReading> filesystems;
  if (!mounts) return filesystems;
  for (const Mount& mount : watched_filesystems(parse_mountinfo(*mounts)))
    if (auto filesystem = read_filesystem(root_, mount))
      filesystems.push_back(std::move(*filesystem));
  return filesystems;
}

SettingsReading HostReader::read_settings() {
  const std::filesystem::path directory = root_ / "proc/sys";
  const auto numbers = [&](const char* name, auto&... values) {
    const auto text = text_.read(directory / name);
    if (!text) return;
    std::string_view words = trimmed(*text);
    ((values = next_number<std::uint64_t>(words)), ...);
  };
  SettingsReading settings;
  numbers("kernel/threads-max", settings.threads_max);
  numbers("kernel/pid_max", settings.pid_max);
  std::optional<std::uint64_t> free;  // always 0
  numbers("fs/file-nr", settings.files_open, free, settings.files_max);
  numbers("vm/swappiness", settings.swappiness);
  numbers("vm/dirty_ratio", settings.dirty_ratio);
  numbers("vm/dirty_bytes", settings.dirty_bytes);
  numbers("net/core/somaxconn", settings.somaxconn);
  numbers("net/ipv4/ip_local_port_range", settings.port_first, settings.port_last);
  return settings;
}

}  // namespace culprit
