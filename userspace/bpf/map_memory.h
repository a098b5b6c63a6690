// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <vector>

namespace culprit {

/// Memory that the kernel holds for the maps of these objects, in bytes, a shared map
/// counted once; from `memlock` of /proc/self/fdinfo. What a map grows by later, such as
/// local storage of new threads, is not in it.
std::uint64_t map_memory_bytes(const std::vector<const bpf_object*>& objects);

}  // namespace culprit
