// SPDX-License-Identifier: Apache-2.0
#include "collect/allowance_reader.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/nvme_ioctl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "collect/allowance_parsers.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"
#include "util/fd.h"

namespace culprit {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFindPeriodNs = 60'000'000'000;
constexpr std::size_t kMostDevices = 64;
constexpr std::uint32_t kMostStatistics = 16'384;
constexpr std::uint8_t kGetLogPage = 0x02;
constexpr std::uint32_t kEveryNamespace = 1;

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    names.push_back(entry->path().filename());
  std::sort(names.begin(), names.end());
  if (names.size() > kMostDevices) names.resize(kMostDevices);
  return names;
}

/// A request of ethtool; `command` is the struct that it reads and fills in.
bool ask_driver(int socket, const std::string& interface, void* command) {
  ifreq request{};
  if (interface.size() >= sizeof(request.ifr_name)) return false;
  std::memcpy(request.ifr_name, interface.data(), interface.size());
  request.ifr_data = static_cast<char*>(command);
  return ::ioctl(socket, SIOCETHTOOL, &request) == 0;
}

std::vector<AllowanceReading> read_interface(int socket, const std::string& interface) {
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  if (!ask_driver(socket, interface, &driver) || driver.n_stats > kMostStatistics) return {};
  const std::size_t count = driver.n_stats;
  std::vector<char> names(sizeof(ethtool_gstrings) + count * ETH_GSTRING_LEN);
  std::vector<std::uint64_t> values(sizeof(ethtool_stats) / sizeof(std::uint64_t) + count);
  ethtool_gstrings strings{};
  strings.cmd = ETHTOOL_GSTRINGS;
  strings.string_set = ETH_SS_STATS;
  strings.len = driver.n_stats;
  std::memcpy(names.data(), &strings, sizeof(strings));
  ethtool_stats statistics{};
  statistics.cmd = ETHTOOL_GSTATS;
  statistics.n_stats = driver.n_stats;
  std::memcpy(values.data(), &statistics, sizeof(statistics));
  if (!ask_driver(socket, interface, names.data()) || !ask_driver(socket, interface, values.data()))
    return {};
  return interface_allowances(
      interface, {names.data() + sizeof(strings), count * ETH_GSTRING_LEN},
      std::span(values).subspan(sizeof(statistics) / sizeof(std::uint64_t)));
}

std::vector<AllowanceReading> read_volume(const fs::path& device, const std::string& disk) {
  const Fd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return {};
  std::string page(kEbsLogBytes, '\0');
  nvme_admin_cmd command{};
  command.opcode = kGetLogPage;
  command.nsid = kEveryNamespace;
  command.addr = reinterpret_cast<std::uintptr_t>(page.data());
  command.data_len = static_cast<std::uint32_t>(page.size());
  command.cdw10 = kEbsLogPage | (static_cast<std::uint32_t>(page.size() / 4 - 1) << 16);
  command.timeout_ms = 100;
  if (::ioctl(fd.get(), NVME_IOCTL_ADMIN_CMD, &command) != 0) return {};
  return volume_allowances(disk, page);
}

}  // namespace

AllowanceDevices find_allowance_devices(const fs::path& root) {
  AllowanceDevices devices;
  std::error_code error;
  for (const std::string& name : names_in(root / "sys/class/net"))
    if (fs::read_symlink(root / "sys/class/net" / name / "device/driver", error).filename() ==
        "ena")
      devices.interfaces.push_back(name);
  TextReader text;
  for (const std::string& name : names_in(root / "sys/block")) {
    if (!name.starts_with("nvme")) continue;
    const auto model = text.read(root / "sys/block" / name / "device/model");
    if (model && trimmed(*model) == "Amazon Elastic Block Store") devices.volumes.push_back(name);
  }
  return devices;
}

std::vector<AllowanceReading> AllowanceReader::read(std::uint64_t now_ns) {
  if (!found_ns_ || now_ns - *found_ns_ >= kFindPeriodNs) {
    devices_ = find_allowance_devices(root_);
    found_ns_ = now_ns;
  }
  std::vector<AllowanceReading> readings;
  const auto add = [&](const std::vector<AllowanceReading>& more) {
    readings.insert(readings.end(), more.begin(), more.end());
  };
  if (!devices_.interfaces.empty())
    if (const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); socket)
      for (const std::string& name : devices_.interfaces) add(read_interface(socket.get(), name));
  for (const std::string& name : devices_.volumes) add(read_volume(root_ / "dev" / name, name));
  return readings;
}

}  // namespace culprit
