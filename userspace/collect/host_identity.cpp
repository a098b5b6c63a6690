// SPDX-License-Identifier: Apache-2.0
#include "collect/host_identity.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "collect/host_parsers.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {

namespace {

constexpr std::size_t kTextLimit = 256;

class Facts {
 public:
  explicit Facts(const std::filesystem::path& root) : root_(root) {}

  /// The file's text on one line; empty when it is not there.
  std::string text(std::string_view path) {
    const auto content = reader_.read(below(root_, path));
    return content ? printable(trimmed(*content), kTextLimit) : std::string();
  }

  std::uint32_t online_cpus() {
    if (const auto list = reader_.read(below(root_, "sys/devices/system/cpu/online"))) {
      if (const auto count = count_ids(trimmed(*list))) return *count;
    }
    const auto stat = reader_.read(below(root_, "proc/stat"));
    return stat ? static_cast<std::uint32_t>(parse_stat(*stat, 1).cpus.size()) : 0;
  }

  std::uint64_t memory_bytes() {
    std::string_view line;
    auto content = reader_.read(below(root_, "proc/meminfo"));
    while (content && next_line(*content, line))
      if (next_word(line) == "MemTotal:")
        return scaled(next_number<std::uint64_t>(line), 1024).value_or(0);
    return 0;
  }

 private:
  const std::filesystem::path& root_;
  TextReader reader_;
};

bool is_instance_id(std::string_view text) {
  return text.starts_with("i-") && text.size() > 2 &&
         std::ranges::all_of(text.substr(2), [](unsigned char c) { return std::isxdigit(c); });
}

/// Nitro instances name themselves in DMI; old Xen ones only have a UUID that begins
/// with "ec2" (EC2 user guide, "Identify EC2 Linux instances").
std::optional<HostIdentity::Cloud> amazon_cloud(Facts& facts) {
  const std::string vendor = facts.text("sys/class/dmi/id/sys_vendor");
  HostIdentity::Cloud cloud{"aws", "", ""};
  if (vendor == "Amazon EC2") {
    cloud.instance_type = facts.text("sys/class/dmi/id/product_name");
  } else {
    std::string uuid = facts.text("sys/hypervisor/uuid");
    if (uuid.empty()) uuid = facts.text("sys/class/dmi/id/product_uuid");
    const bool xen = vendor == "Xen" || vendor.empty();
    const std::string head = uuid.substr(0, 3);
    if (!xen || (head != "ec2" && head != "EC2")) return std::nullopt;
  }
  for (const char* file : {"sys/class/dmi/id/board_asset_tag", "sys/class/dmi/id/product_uuid"}) {
    std::string id = facts.text(file);
    if (!is_instance_id(id)) continue;
    cloud.instance_id = std::move(id);
    break;
  }
  return cloud;
}

}  // namespace

HostIdentity read_host_identity(const std::filesystem::path& root) {
  Facts facts(root);
  HostIdentity host;
  host.hostname = facts.text("proc/sys/kernel/hostname");
  host.boot_id = facts.text("proc/sys/kernel/random/boot_id");
  host.kernel = facts.text("proc/sys/kernel/osrelease");
  utsname system{};
  if (::uname(&system) == 0) host.architecture = system.machine;
  host.cpu_count = facts.online_cpus();
  host.memory_bytes = facts.memory_bytes();
  host.cloud = amazon_cloud(facts);
  return host;
}

}  // namespace culprit
