// SPDX-License-Identifier: Apache-2.0
#include "collect/elf_functions.h"

#include <algorithm>

#include "collect/elf_file.h"

namespace culprit {
namespace {

std::optional<std::uint64_t> offset_of(const ElfFile& elf, std::uint64_t address) {
  for (const Elf64_Phdr& segment : elf.segments())
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz)
      return address - segment.p_vaddr + segment.p_offset;
  return std::nullopt;
}

}  // namespace

std::vector<std::optional<std::uint64_t>> find_functions(
    int file, const std::vector<std::string_view>& names) {
  std::vector<std::optional<std::uint64_t>> found(names.size());
  const auto elf = ElfFile::read(file);
  if (!elf) return found;
  const auto all_found = [&] {
    return std::all_of(found.begin(), found.end(), [](const auto& each) { return each; });
  };
  const auto take = [&](const Elf64_Sym& symbol, std::string_view text) {
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) return true;
    for (std::size_t i = 0; i < names.size(); i++)
      if (!found[i] && is_elf_name(text, symbol.st_name, names[i]))
        found[i] = offset_of(*elf, symbol.st_value);
    return !all_found();
  };
  for (const std::uint32_t type : {SHT_DYNSYM, SHT_SYMTAB})
    if (!all_found()) elf->visit_symbols(type, take);
  return found;
}

}  // namespace culprit
