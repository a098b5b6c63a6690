// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/symbol_table.h"

namespace culprit {

/// Code of an ELF file as it is mapped.
struct ElfSegment {
  std::uint64_t offset = 0, size = 0;  ///< in the file
  std::uint64_t address = 0;           ///< where the file wants it
};

/// What an ELF file tells of its functions.
struct ElfImage {
  std::vector<ElfSegment> code;
  std::string build_id;   ///< hexadecimal; "" none
  bool complete = false;  ///< it has its full table of symbols, or the short one of distributions

  /// The address that symbols use for what lies at `offset` in the file.
  std::optional<std::uint64_t> address_of(std::uint64_t offset) const;
};

/// Adds the functions of an ELF file to `table`: from .symtab, .dynsym and .gnu_debugdata
/// (xz). Absent when it is none that ElfFile reads. The file is hostile: nothing in it is
/// trusted, and what is read is bounded.
std::optional<ElfImage> read_elf_symbols(int file, SymbolTable& table);

}  // namespace culprit
