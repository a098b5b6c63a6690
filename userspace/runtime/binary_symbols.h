// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/elf_symbols.h"
#include "runtime/symbol_table.h"

namespace culprit {

/// Functions of binaries and libraries, each file read once for as long as it is in use.
class BinarySymbols {
 public:
  /// `root` is "/" but in tests; separate debug files are looked for below it.
  explicit BinarySymbols(std::filesystem::path root = "/") : root_(std::move(root)) {}

  struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t modified_ns = 0;
    auto operator<=>(const FileId&) const = default;
  };

  /// Reads the file that `path` leads to, unless it is known. Absent when that cannot be.
  std::optional<FileId> open(const std::string& path);
  /// The functions that the kernel puts into processes: ours are everybody's.
  std::optional<FileId> open_vdso();
  bool knows(const FileId& file) const { return binaries_.count(file) > 0; }

  /// The function at `offset` of the file, absent when there is none. The view holds until
  /// the next open().
  std::optional<std::string_view> find(const FileId& file, std::uint64_t offset);

  /// Memory of all tables; kept below kMostBytes by forgetting those that were not asked for
  /// longest.
  std::size_t bytes() const { return bytes_; }

  static constexpr std::size_t kMostBytes = 192 << 20;

 private:
  struct Binary {
    ElfImage image;
    SymbolTable symbols;
    std::uint64_t used = 0;  ///< when, in calls of open() and find()
  };

  Binary read(int file) const;
  void keep(const FileId& id, Binary binary);
  void read_debug_file(Binary& binary) const;
  void make_room();

  std::filesystem::path root_;
  std::map<FileId, Binary> binaries_;
  std::size_t bytes_ = 0;
  std::uint64_t now_ = 0;
};

}  // namespace culprit
