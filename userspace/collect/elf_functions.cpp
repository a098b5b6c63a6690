// SPDX-License-Identifier: Apache-2.0
#include "collect/elf_functions.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace culprit {
namespace {

constexpr std::size_t kMostSegments = 256;
constexpr std::size_t kMostSections = 4096;
constexpr std::size_t kMostNameBytes = 64 << 20;
constexpr std::size_t kMostSymbols = 4 << 20;
constexpr std::size_t kSymbolsAtOnce = 8192;

bool read_at(int file, std::uint64_t offset, void* to, std::size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = pread(file, at, size, static_cast<off_t>(offset));
    if (got <= 0) return false;
    at += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

template <typename T>
std::vector<T> read_table(int file, std::uint64_t offset, std::size_t count) {
  std::vector<T> table(count);
  if (!read_at(file, offset, table.data(), count * sizeof(T))) table.clear();
  return table;
}

/// One ELF file and what is looked for in it.
class Search {
 public:
  Search(int file, const std::vector<std::string_view>& names)
      : file_(file), names_(names), found_(names.size()) {}

  std::vector<std::optional<std::uint64_t>> run() {
    Elf64_Ehdr header{};
    if (!read_at(file_, 0, &header, sizeof(header)) ||
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_phentsize != sizeof(Elf64_Phdr) || header.e_shentsize != sizeof(Elf64_Shdr) ||
        header.e_phnum > kMostSegments || header.e_shnum > kMostSections)
      return found_;
    segments_ = read_table<Elf64_Phdr>(file_, header.e_phoff, header.e_phnum);
    const auto sections = read_table<Elf64_Shdr>(file_, header.e_shoff, header.e_shnum);
    for (const std::uint32_t type : {SHT_DYNSYM, SHT_SYMTAB})
      for (const Elf64_Shdr& section : sections)
        if (section.sh_type == type && section.sh_link < sections.size())
          search(section, sections[section.sh_link]);
    return found_;
  }

 private:
  bool done() const {
    return std::all_of(found_.begin(), found_.end(), [](const auto& each) { return each; });
  }

  void search(const Elf64_Shdr& symbols, const Elf64_Shdr& names) {
    if (done() || names.sh_size > kMostNameBytes) return;
    const auto text = read_table<char>(file_, names.sh_offset, names.sh_size);
    const std::size_t count =
        std::min<std::size_t>(symbols.sh_size / sizeof(Elf64_Sym), kMostSymbols);
    for (std::size_t at = 0; at < count && !done(); at += kSymbolsAtOnce) {
      const auto some = read_table<Elf64_Sym>(file_, symbols.sh_offset + at * sizeof(Elf64_Sym),
                                              std::min(kSymbolsAtOnce, count - at));
      if (some.empty()) return;
      for (const Elf64_Sym& symbol : some) take(symbol, {text.data(), text.size()});
    }
  }

  void take(const Elf64_Sym& symbol, std::string_view names) {
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF ||
        symbol.st_name >= names.size())
      return;
    std::string_view name = names.substr(symbol.st_name);
    for (std::size_t i = 0; i < names_.size(); i++)
      if (!found_[i] && name.size() > names_[i].size() && name[names_[i].size()] == '\0' &&
          name.substr(0, names_[i].size()) == names_[i])
        found_[i] = offset_of(symbol.st_value);
  }

  std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr& segment : segments_)
      if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz)
        return address - segment.p_vaddr + segment.p_offset;
    return std::nullopt;
  }

  int file_;
  const std::vector<std::string_view>& names_;
  std::vector<std::optional<std::uint64_t>> found_;
  std::vector<Elf64_Phdr> segments_;
};

}  // namespace

std::vector<std::optional<std::uint64_t>> find_functions(
    int file, const std::vector<std::string_view>& names) {
  return Search(file, names).run();
}

}  // namespace culprit
