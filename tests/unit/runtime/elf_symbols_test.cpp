// SPDX-License-Identifier: Apache-2.0
#include "runtime/elf_symbols.h"

#include <elf.h>
#include <lzma.h>

#include <cstring>
#include <limits>
#include <string>

#include "catch.h"
#include "collect/text_file.h"
#include "runtime/binary_symbols.h"
#include "runtime/xz.h"
#include "unit/collect/fixture.h"
#include "util/fd.h"

namespace culprit {
namespace {

template <typename T>
void put(std::string& file, std::size_t offset, const T& value) {
  if (file.size() < offset + sizeof(value)) file.resize(offset + sizeof(value));
  std::memcpy(file.data() + offset, &value, sizeof(value));
}

std::string packed_xz(const std::string& text) {
  std::string packed(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr,
                          reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                          reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size());
  packed.resize(size);
  return packed;
}

constexpr std::uint64_t kCodeOffset = 0x1000, kCodeAddress = 0x401000, kCodeSize = 0x200;

/// An ELF file with code, two symbols in a table of `type`, and `packed` as .gnu_debugdata.
std::string elf_file(std::uint32_t type, const std::string& symbol,
                     const std::string& packed = "") {
  std::string file;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_phoff = 0x40;
  header.e_phnum = 2;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_shoff = 0x100;
  header.e_shnum = 4;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shstrndx = 3;
  put(file, 0, header);
  Elf64_Phdr code{};
  code.p_type = PT_LOAD;
  code.p_flags = PF_X;
  code.p_offset = kCodeOffset;
  code.p_vaddr = kCodeAddress;
  code.p_filesz = kCodeSize;
  put(file, 0x40, code);
  const struct {
    Elf64_Nhdr header;
    char owner[4];
    unsigned char id[4];
  } note = {{4, 4, NT_GNU_BUILD_ID}, {'G', 'N', 'U', 0}, {0xde, 0xad, 0xbe, 0xef}};
  Elf64_Phdr notes{};
  notes.p_type = PT_NOTE;
  notes.p_offset = 0x300;
  notes.p_filesz = sizeof(note);
  put(file, 0x40 + sizeof(Elf64_Phdr), notes);
  put(file, 0x300, note);

  const std::string names = std::string(1, '\0') + symbol + '\0' + ".gnu_debugdata" + '\0';
  Elf64_Shdr table{}, text{}, data{};
  table.sh_type = type;
  table.sh_offset = 0x400;
  table.sh_size = 2 * sizeof(Elf64_Sym);
  table.sh_link = 3;
  text.sh_type = SHT_STRTAB;
  text.sh_offset = 0x500;
  text.sh_size = names.size();
  data.sh_type = SHT_PROGBITS;
  data.sh_name = static_cast<Elf64_Word>(symbol.size() + 2);
  data.sh_offset = 0x1000;
  data.sh_size = packed.size();
  put(file, 0x100 + sizeof(Elf64_Shdr), table);
  put(file, 0x100 + 2 * sizeof(Elf64_Shdr), packed.empty() ? Elf64_Shdr{} : data);
  put(file, 0x100 + 3 * sizeof(Elf64_Shdr), text);
  Elf64_Sym function{};
  function.st_name = 1;
  function.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
  function.st_shndx = 1;
  function.st_value = kCodeAddress + 0x10;
  function.st_size = 0x20;
  put(file, 0x400 + sizeof(Elf64_Sym), function);
  file.resize(0x500);
  file += names;
  file.resize(0x1000 + kCodeSize);
  file.replace(0x1000, packed.size(), packed);
  return file;
}

struct Read {
  std::optional<ElfImage> image;
  SymbolTable table;
};
Read read_file(const std::string& bytes) {
  const Fixture fixture;
  fixture.write("file", bytes);
  const Fd file = open_regular(fixture.root() / "file");
  Read read;
  read.image = read_elf_symbols(file.get(), read.table);
  read.table.seal();
  return read;
}

}  // namespace

TEST_CASE("functions of an ELF file by their place in it", "[elf]") {
  const auto [image, table] = read_file(elf_file(SHT_SYMTAB, "serve"));
  REQUIRE(image);
  CHECK(image->complete);
  CHECK(image->build_id == "deadbeef");
  CHECK_FALSE(image->address_of(kCodeOffset - 1));
  CHECK_FALSE(image->address_of(kCodeOffset + kCodeSize));
  REQUIRE(image->address_of(kCodeOffset + 0x2f) == kCodeAddress + 0x2f);
  CHECK(table.find(kCodeAddress + 0x2f) == "serve");
  CHECK(table.count() == 1);
}

TEST_CASE("the packed table of a stripped file is read, too", "[elf]") {
  const std::string packed = packed_xz(elf_file(SHT_SYMTAB, "hidden"));
  const auto [image, table] = read_file(elf_file(SHT_DYNSYM, "visible", packed));
  REQUIRE(image);
  CHECK(image->complete);
  // At one address the first stays; what is visible comes first.
  CHECK(table.find(kCodeAddress + 0x10) == "visible");
  const auto hidden = read_file(elf_file(SHT_NULL, "none", packed));
  CHECK(hidden.table.find(kCodeAddress + 0x10) == "hidden");

  const auto stripped = read_file(elf_file(SHT_DYNSYM, "visible"));
  REQUIRE(stripped.image);
  CHECK_FALSE(stripped.image->complete);
}

TEST_CASE("a damaged ELF file gives what can be read of it", "[elf][slow]") {
  const std::string whole = elf_file(SHT_DYNSYM, "visible", packed_xz(elf_file(SHT_SYMTAB, "x")));
  for (std::size_t size = 0; size < whole.size(); size += size < 0x600 ? 3 : 97)
    CHECK(read_file(whole.substr(0, size)).table.count() <= 2);
  for (std::size_t at = 0; at < 0x420; at++) {
    std::string file = whole;
    file[at] = static_cast<char>(0xff);
    CHECK(read_file(file).table.count() <= 4);
  }
}

TEST_CASE("xz is unpacked up to a limit", "[elf]") {
  const std::string text(1 << 20, 'x');
  const std::string packed = packed_xz(text);
  CHECK(unpack_xz(packed, text.size()) == text);
  CHECK_FALSE(unpack_xz(packed, text.size() - 1));
  CHECK_FALSE(unpack_xz(packed.substr(0, packed.size() - 1), text.size()));
  CHECK_FALSE(unpack_xz("", text.size()));
  CHECK_FALSE(unpack_xz("nonsense", text.size()));
}

TEST_CASE("our own functions are found in our own file", "[elf]") {
  BinarySymbols binaries;
  const auto file = binaries.open("/proc/self/exe");
  REQUIRE(file);
  CHECK(binaries.knows(*file));
  CHECK(binaries.open("/proc/self/exe") == file);
  CHECK(binaries.bytes() > 0);
  CHECK_FALSE(binaries.open("/dev/zero"));
  CHECK_FALSE(binaries.open("/nowhere"));
  CHECK_FALSE(binaries.find(*file, std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace culprit
