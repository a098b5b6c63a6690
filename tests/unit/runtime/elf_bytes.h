// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// An ELF file that is loaded where its offsets say, with symbols and sections as they are
/// added. Tables come after what is loaded.
class ElfBytes {
 public:
  explicit ElfBytes(std::size_t loaded = 4096) : bytes_(loaded) {
    std::memcpy(header_.e_ident, ELFMAG, SELFMAG);
    header_.e_ident[EI_CLASS] = ELFCLASS64;
    header_.e_ident[EI_DATA] = ELFDATA2LSB;
    header_.e_phentsize = sizeof(Elf64_Phdr);
    header_.e_shentsize = sizeof(Elf64_Shdr);
    sections_.resize(1);
  }

  void add_segment(std::uint64_t begin, std::uint64_t size, std::uint32_t flags) {
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_flags = flags;
    segment.p_offset = segment.p_vaddr = begin;
    segment.p_filesz = segment.p_memsz = size;
    segments_.push_back(segment);
  }
  void add_symbol(std::string_view name, std::uint64_t address) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<std::uint32_t>(names_.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
    symbol.st_shndx = 1;
    symbol.st_value = address;
    symbols_.push_back(symbol);
    names_.append(name).push_back('\0');
  }
  void add_relocation(std::uint64_t address, std::uint64_t value) {
    relocations_.push_back({address, ELF64_R_INFO(0, 8), static_cast<std::int64_t>(value)});
  }
  /// Its content is wherever `offset` of the file says.
  void add_section(std::string_view name, std::uint32_t type, std::uint64_t offset,
                   std::uint64_t size, std::uint32_t link = 0) {
    Elf64_Shdr section{};
    section.sh_name = static_cast<std::uint32_t>(names_.size());
    names_.append(name).push_back('\0');
    section.sh_type = type;
    section.sh_offset = section.sh_addr = offset;
    section.sh_size = size;
    section.sh_link = link;
    sections_.push_back(section);
  }
  void put_text(std::uint64_t offset, std::string_view text) {
    std::memcpy(&bytes_.at(offset), text.data(), text.size());
  }

  std::string file() {
    std::string file(bytes_.begin(), bytes_.end());
    header_.e_phoff = append(file, segments_);
    header_.e_phnum = static_cast<std::uint16_t>(segments_.size());
    add_section(".rela.dyn", SHT_RELA, append(file, relocations_),
                relocations_.size() * sizeof(Elf64_Rela));
    const auto strings = static_cast<std::uint32_t>(sections_.size() + 1);
    add_section(".dynsym", SHT_DYNSYM, append(file, symbols_), symbols_.size() * sizeof(Elf64_Sym),
                strings);
    add_section(".dynstr", SHT_STRTAB, file.size(), names_.size() + 8);
    file += names_;
    header_.e_shstrndx = static_cast<std::uint16_t>(strings);
    header_.e_shoff = append(file, sections_);
    header_.e_shnum = static_cast<std::uint16_t>(sections_.size());
    std::memcpy(file.data(), &header_, sizeof(header_));
    return file;
  }

 private:
  template <typename T>
  static std::size_t append(std::string& file, const std::vector<T>& table) {
    const std::size_t at = file.size();
    file.append(reinterpret_cast<const char*>(table.data()), table.size() * sizeof(T));
    return at;
  }

  std::vector<char> bytes_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Shdr> sections_;
  std::vector<Elf64_Sym> symbols_;
  std::vector<Elf64_Rela> relocations_;
  std::string names_ = std::string(1, '\0');
};

}  // namespace culprit
