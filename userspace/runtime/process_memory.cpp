// SPDX-License-Identifier: Apache-2.0
#include "runtime/process_memory.h"

#include <sys/uio.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace culprit {

bool ProcessMemory::read(std::uint64_t address, void* to, std::size_t size) const {
  const iovec local{to, size};
  const iovec remote{std::bit_cast<void*>(address), size};
  return process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

bool MomentaryMemory::read(std::uint64_t address, void* to, std::size_t size) const {
  if (size > kPageBytes) return memory_.read(address, to, size);
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const Page* from = page(address);
    // Its other bytes may be what cannot be read.
    if (!from) return memory_.read(address, at, size);
    const std::uint64_t offset = address % kPageBytes;
    const std::size_t part = std::min<std::uint64_t>(size, kPageBytes - offset);
    std::memcpy(at, from->data() + offset, part);
    at += part;
    address += part;
    size -= part;
  }
  return true;
}

/// Null when it cannot be read as a whole.
const MomentaryMemory::Page* MomentaryMemory::page(std::uint64_t address) const {
  const std::uint64_t begin = address - address % kPageBytes;
  if (const auto known = pages_.find(begin); known != pages_.end()) return &known->second;
  if (pages_.size() >= kMostPages) pages_.clear();
  Page& fresh = pages_[begin];
  if (memory_.read(begin, fresh.data(), kPageBytes)) return &fresh;
  pages_.erase(begin);
  return nullptr;
}

}  // namespace culprit
