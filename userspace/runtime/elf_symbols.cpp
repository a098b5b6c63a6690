// SPDX-License-Identifier: Apache-2.0
#include "runtime/elf_symbols.h"

#include <array>
#include <cstring>
#include <string_view>

#include "collect/elf_file.h"
#include "runtime/memory_file.h"
#include "runtime/xz.h"
#include "util/fd.h"

namespace culprit {
namespace {

constexpr std::size_t kMostPackedBytes = 32 << 20;
constexpr std::size_t kMostUnpackedBytes = 64 << 20;
constexpr std::size_t kMostNoteBytes = 4096;
constexpr std::size_t kMostBuildIdBytes = 64;

std::string_view name_at(std::string_view names, std::uint64_t offset) {
  if (offset >= names.size()) return {};
  names.remove_prefix(offset);
  const std::size_t end = names.find('\0');
  return end == std::string_view::npos ? std::string_view{} : names.substr(0, end);
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

/// The description of a note "GNU" of type NT_GNU_BUILD_ID.
std::string build_id_in(std::string_view notes) {
  constexpr std::array<char, 4> kOwner = {'G', 'N', 'U', '\0'};
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note{};
    std::memcpy(&note, notes.data(), sizeof(note));
    notes.remove_prefix(sizeof(note));
    const std::uint64_t name_size = (std::uint64_t{note.n_namesz} + 3) & ~std::uint64_t{3};
    const std::uint64_t size = (std::uint64_t{note.n_descsz} + 3) & ~std::uint64_t{3};
    if (name_size + size > notes.size()) return {};
    if (note.n_type == NT_GNU_BUILD_ID && note.n_descsz <= kMostBuildIdBytes &&
        notes.substr(0, note.n_namesz) == std::string_view(kOwner.data(), kOwner.size()))
      return hexadecimal(notes.substr(name_size, note.n_descsz));
    notes.remove_prefix(name_size + size);
  }
  return {};
}

void read_segments(const ElfFile& elf, ElfImage& image) {
  for (const Elf64_Phdr& segment : elf.segments()) {
    if (segment.p_type == PT_LOAD && segment.p_flags & PF_X)
      image.code.push_back({segment.p_offset, segment.p_filesz, segment.p_vaddr});
    if (segment.p_type != PT_NOTE || !image.build_id.empty() || segment.p_filesz > kMostNoteBytes)
      continue;
    const auto notes = elf.table<char>(segment.p_offset, segment.p_filesz);
    image.build_id = build_id_in({notes.data(), notes.size()});
  }
}

/// True when there is a full table, of which strip(1) leaves nothing.
bool read_tables(const ElfFile& elf, SymbolTable& table) {
  bool complete = false;
  for (const std::uint32_t type : {SHT_SYMTAB, SHT_DYNSYM})
    elf.visit_symbols(type, [&](const Elf64_Sym& symbol, std::string_view names) {
      const unsigned kind = ELF64_ST_TYPE(symbol.st_info);
      if ((kind == STT_FUNC || kind == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF)
        table.add(symbol.st_value, symbol.st_size, name_at(names, symbol.st_name));
      complete |= type == SHT_SYMTAB;
      return true;
    });
  return complete;
}

/// .gnu_debugdata: an ELF file within, of which only the table of symbols is of use.
bool read_packed(const ElfFile& elf, SymbolTable& table) {
  const Elf64_Shdr* section = elf.section(".gnu_debugdata");
  if (!section || section->sh_size > kMostPackedBytes) return false;
  const auto packed = elf.table<char>(section->sh_offset, section->sh_size);
  const auto unpacked = unpack_xz({packed.data(), packed.size()}, kMostUnpackedBytes);
  const Fd file = unpacked ? file_of(*unpacked) : Fd();
  const auto inner = file ? ElfFile::read(file.get()) : std::nullopt;
  return inner && read_tables(*inner, table);
}

}  // namespace

std::optional<std::uint64_t> ElfImage::address_of(std::uint64_t offset) const {
  for (const ElfSegment& segment : code)
    if (offset >= segment.offset && offset - segment.offset < segment.size)
      return offset - segment.offset + segment.address;
  return std::nullopt;
}

std::optional<ElfImage> read_elf_symbols(int file, SymbolTable& table) {
  const auto elf = ElfFile::read(file);
  if (!elf) return std::nullopt;
  ElfImage image;
  read_segments(*elf, image);
  image.complete = read_tables(*elf, table) || read_packed(*elf, table);
  return image;
}

}  // namespace culprit
