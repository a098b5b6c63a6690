// SPDX-License-Identifier: Apache-2.0
#include "collect/python_pids.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace culprit {

Result<PythonPids> PythonPids::map(int map_fd) {
  void* memory = mmap(nullptr, sizeof(Words), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (memory == MAP_FAILED)
    return unsupported(std::string("pids of Python processes: ") + std::strerror(errno));
  PythonPids pids;
  pids.words_ = static_cast<std::uint64_t*>(memory);
  return pids;
}

PythonPids::PythonPids(PythonPids&& other) noexcept
    : words_(std::exchange(other.words_, nullptr)) {}

PythonPids& PythonPids::operator=(PythonPids&& other) noexcept {
  std::swap(words_, other.words_);
  return *this;
}

PythonPids::~PythonPids() {
  if (words_) munmap(words_, sizeof(Words));
}

void PythonPids::add(Words& words, std::uint32_t pid) {
  words[pid / 64 % words.size()] |= std::uint64_t{1} << (pid % 64);
}

void PythonPids::set(const Words& words) {
  for (std::size_t i = 0; i < words.size(); ++i)
    if (__atomic_load_n(&words_[i], __ATOMIC_RELAXED) != words[i])
      __atomic_store_n(&words_[i], words[i], __ATOMIC_RELAXED);
}

}  // namespace culprit
