// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "util/fd.h"
#include "util/result.h"

namespace culprit {

/// Runs an iterator to its end and gives the fixed-size records that it wrote.
template <typename Record>
Result<std::vector<Record>> read_iterator(bpf_link* link) {
  constexpr std::size_t kBufferBytes = 64 * 1024;  // the kernel gives at most 32 KiB at once
  const Fd iterator(bpf_iter_create(bpf_link__fd(link)));
  if (!iterator) return fail(std::string("iterator: ") + std::strerror(errno));
  std::vector<char> buffer(kBufferBytes);
  std::vector<Record> records;
  std::size_t kept = 0;  // bytes of a record that a read has cut
  for (;;) {
    const ssize_t got = read(iterator.get(), buffer.data() + kept, buffer.size() - kept);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail(std::string("iterator: ") + std::strerror(errno));
    if (got == 0) return records;
    const std::size_t size = kept + static_cast<std::size_t>(got);
    const std::size_t count = size / sizeof(Record);
    const std::size_t before = records.size();
    records.resize(before + count);
    std::memcpy(records.data() + before, buffer.data(), count * sizeof(Record));
    kept = size - count * sizeof(Record);
    std::memmove(buffer.data(), buffer.data() + count * sizeof(Record), kept);
  }
}

}  // namespace culprit
