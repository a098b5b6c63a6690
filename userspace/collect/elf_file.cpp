// SPDX-License-Identifier: Apache-2.0
#include "collect/elf_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace culprit {
namespace {

constexpr std::size_t kMostSegments = 256;
constexpr std::size_t kMostSections = 4096;
constexpr std::size_t kMostSectionNameBytes = 1 << 20;
constexpr std::size_t kMostNameBytes = 64 << 20;
constexpr std::size_t kMostSymbols = 4 << 20;
constexpr int kMostSymbolTables = 4;
constexpr std::size_t kSymbolsAtOnce = 8192;
constexpr std::uint64_t kPageMask = 0xfff;

bool is_supported(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
         header.e_phentsize == sizeof(Elf64_Phdr) && header.e_shentsize == sizeof(Elf64_Shdr) &&
         header.e_phnum <= kMostSegments && header.e_shnum <= kMostSections;
}

}  // namespace

std::optional<ElfFile> ElfFile::read(int file) {
  ElfFile elf;
  struct stat status {};
  if (fstat(file, &status) != 0) return std::nullopt;
  elf.file_ = file;
  elf.size_ = static_cast<std::uint64_t>(status.st_size);
  Elf64_Ehdr header{};
  if (!elf.read_bytes(0, &header, sizeof(header)) || !is_supported(header)) return std::nullopt;
  elf.segments_ = elf.table<Elf64_Phdr>(header.e_phoff, header.e_phnum);
  elf.sections_ = elf.table<Elf64_Shdr>(header.e_shoff, header.e_shnum);
  if (header.e_shstrndx < elf.sections_.size()) {
    const Elf64_Shdr& names = elf.sections_[header.e_shstrndx];
    if (names.sh_size <= kMostSectionNameBytes)
      elf.section_names_ = elf.table<char>(names.sh_offset, names.sh_size);
  }
  return elf;
}

const Elf64_Shdr* ElfFile::section(std::string_view name) const {
  const std::string_view names(section_names_.data(), section_names_.size());
  for (const Elf64_Shdr& section : sections_)
    if (is_elf_name(names, section.sh_name, name)) return &section;
  return nullptr;
}

std::optional<std::uint64_t> ElfFile::first_address() const {
  std::optional<std::uint64_t> first;
  for (const Elf64_Phdr& segment : segments_)
    if (segment.p_type == PT_LOAD)
      first = std::min(first.value_or(UINT64_MAX), segment.p_vaddr & ~kPageMask);
  return first;
}

std::vector<std::optional<std::uint64_t>> ElfFile::addresses(
    const std::vector<std::string_view>& names) const {
  std::vector<std::optional<std::uint64_t>> found(names.size());
  visit_symbols(SHT_DYNSYM, [&](const Elf64_Sym& symbol, std::string_view text) {
    if (symbol.st_shndx == SHN_UNDEF) return true;
    for (std::size_t i = 0; i < names.size(); i++)
      if (!found[i] && is_elf_name(text, symbol.st_name, names[i])) found[i] = symbol.st_value;
    return std::any_of(found.begin(), found.end(), [](const auto& each) { return !each; });
  });
  return found;
}

void ElfFile::visit_symbols(std::uint32_t type, const VisitSymbol& visit) const {
  int tables = 0;
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_type != type || section.sh_link >= sections_.size()) continue;
    if (++tables > kMostSymbolTables || !visit_table(section, visit)) return;
  }
}

bool ElfFile::visit_table(const Elf64_Shdr& symbols, const VisitSymbol& visit) const {
  const Elf64_Shdr& names = sections_[symbols.sh_link];
  if (names.sh_size > kMostNameBytes) return true;
  const auto text = table<char>(names.sh_offset, names.sh_size);
  const std::size_t count =
      std::min<std::size_t>(symbols.sh_size / sizeof(Elf64_Sym), kMostSymbols);
  for (std::size_t at = 0; at < count; at += kSymbolsAtOnce) {
    const auto some = table<Elf64_Sym>(symbols.sh_offset + at * sizeof(Elf64_Sym),
                                       std::min(kSymbolsAtOnce, count - at));
    for (const Elf64_Sym& symbol : some)
      if (!visit(symbol, {text.data(), text.size()})) return false;
    if (some.empty()) return true;
  }
  return true;
}

bool ElfFile::read_bytes(std::uint64_t offset, void* to, std::size_t size) const {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = pread(file_, at, size, static_cast<off_t>(offset));
    if (got <= 0) return false;
    at += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool is_elf_name(std::string_view table, std::uint64_t offset, std::string_view name) {
  return offset < table.size() && table.size() - offset > name.size() &&
         table[offset + name.size()] == '\0' && table.substr(offset, name.size()) == name;
}

}  // namespace culprit
