// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace culprit {

/// The tables of an ELF file of 64 bits. The file is hostile: nothing in it is trusted, and
/// what is read of it is bounded.
class ElfFile {
 public:
  /// Absent when it is no such file. `file` stays open as long as this is used.
  static std::optional<ElfFile> read(int file);

  const std::vector<Elf64_Phdr>& segments() const { return segments_; }
  const std::vector<Elf64_Shdr>& sections() const { return sections_; }

  /// The first section of that name.
  const Elf64_Shdr* section(std::string_view name) const;
  /// The address that the start of the file is linked for; absent when nothing is loaded.
  std::optional<std::uint64_t> first_address() const;
  /// Addresses of the dynamic symbols that the file defines, by their place in `names`.
  std::vector<std::optional<std::uint64_t>> addresses(
      const std::vector<std::string_view>& names) const;

  /// `count` elements at `offset` of the file; empty when they are not all there.
  template <typename T>
  std::vector<T> table(std::uint64_t offset, std::size_t count) const {
    std::vector<T> elements;
    if (offset > size_ || count > (size_ - offset) / sizeof(T)) return elements;
    elements.resize(count);
    if (!read_bytes(offset, elements.data(), count * sizeof(T))) elements.clear();
    return elements;
  }

  /// False ends the visit. The symbol's name is at st_name of `names`, or beyond its end.
  using VisitSymbol = std::function<bool(const Elf64_Sym& symbol, std::string_view names)>;
  /// The symbols of the tables of type SHT_DYNSYM or SHT_SYMTAB.
  void visit_symbols(std::uint32_t type, const VisitSymbol& visit) const;

 private:
  bool read_bytes(std::uint64_t offset, void* to, std::size_t size) const;
  bool visit_table(const Elf64_Shdr& symbols, const VisitSymbol& visit) const;

  int file_ = -1;
  std::uint64_t size_ = 0;
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Shdr> sections_;
  std::vector<char> section_names_;
};

/// True when the string that begins at `offset` of a string table is `name`.
bool is_elf_name(std::string_view table, std::uint64_t offset, std::string_view name);

}  // namespace culprit
