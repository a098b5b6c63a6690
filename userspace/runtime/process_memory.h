// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <unordered_map>

namespace culprit {

/// The memory of another process, which changes while it is read and may hold anything.
class Memory {
 public:
  virtual ~Memory() = default;

  /// All of it or nothing: false, and `to` undefined, when a byte of it cannot be read.
  virtual bool read(std::uint64_t address, void* to, std::size_t size) const = 0;

  template <typename T>
  std::optional<T> get(std::uint64_t address) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    if (!read(address, &value, sizeof(value))) return std::nullopt;
    return value;
  }

  /// 0 when it cannot be read: for chains of pointers, which end at a null as well.
  std::uint64_t pointer(std::uint64_t address) const {
    return get<std::uint64_t>(address).value_or(0);
  }
};

/// Read by process_vm_readv(2): the process is neither stopped nor told.
class ProcessMemory : public Memory {
 public:
  explicit ProcessMemory(pid_t pid) : pid_(pid) {}
  bool read(std::uint64_t address, void* to, std::size_t size) const override;

 private:
  pid_t pid_;
};

/// Another memory as it is at the moment: a page that was read once is not read again. For
/// many small reads in a row, each of which would cost a system call (3 µs, as 4 KiB do).
class MomentaryMemory : public Memory {
 public:
  explicit MomentaryMemory(const Memory& memory) : memory_(memory) {}
  bool read(std::uint64_t address, void* to, std::size_t size) const override;

 private:
  static constexpr std::uint64_t kPageBytes = 4096;
  static constexpr std::size_t kMostPages = 2048;
  using Page = std::array<char, kPageBytes>;

  const Page* page(std::uint64_t address) const;

  const Memory& memory_;
  mutable std::unordered_map<std::uint64_t, Page> pages_;
};

}  // namespace culprit
