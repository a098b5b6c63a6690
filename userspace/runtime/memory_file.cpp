// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

namespace culprit {

Fd file_of(std::string_view bytes) {
  Fd file(memfd_create("culprit", MFD_CLOEXEC));
  while (file && !bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written <= 0) return {};
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

}  // namespace culprit
