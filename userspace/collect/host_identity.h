// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "collect/host_reading.h"

namespace culprit {

/// Who this host is. Hostname, kernel release and boot id from /proc/sys/kernel,
/// architecture from uname(2), CPUs from /sys/devices/system/cpu/online, memory from
/// /proc/meminfo; what cannot be read is empty or 0. The cloud comes from what the
/// hypervisor left in /sys/class/dmi/id or /sys/hypervisor, never from the network.
HostIdentity read_host_identity(const std::filesystem::path& root = "/");

}  // namespace culprit
