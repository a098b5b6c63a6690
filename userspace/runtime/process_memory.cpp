// SPDX-License-Identifier: Apache-2.0
#include "runtime/process_memory.h"

#include <sys/uio.h>

#include <bit>

namespace culprit {

bool ProcessMemory::read(std::uint64_t address, void* to, std::size_t size) const {
  const iovec local{to, size};
  const iovec remote{std::bit_cast<void*>(address), size};
  return process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

}  // namespace culprit
