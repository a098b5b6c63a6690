// SPDX-License-Identifier: Apache-2.0
#include "bpf/map_memory.h"

#include <bpf/bpf.h>

#include <fstream>
#include <set>
#include <string>

namespace culprit {
namespace {

std::uint64_t memlock_of(int fd) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(fd));
  std::string key;
  std::uint64_t bytes = 0;
  while (info >> key) {
    if (key == "memlock:" && info >> bytes) return bytes;
  }
  return 0;
}

}  // namespace

std::uint64_t map_memory_bytes(const std::vector<const bpf_object*>& objects) {
  std::set<std::uint32_t> counted;
  std::uint64_t sum = 0;
  for (const bpf_object* object : objects) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
      bpf_map_info info{};
      std::uint32_t size = sizeof(info);
      if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size)) continue;
      if (counted.insert(info.id).second) sum += memlock_of(bpf_map__fd(map));
    }
  }
  return sum;
}

}  // namespace culprit
