// SPDX-License-Identifier: Apache-2.0
#include "collect/elf_functions.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "catch.h"
#include "util/fd.h"

namespace culprit {
namespace {

using Offsets = std::vector<std::optional<std::uint64_t>>;

/// A library of one code segment at 0x1000 in memory and 0x400 in the file.
struct Library {
  Elf64_Ehdr header{};
  Elf64_Phdr code{};
  Elf64_Shdr sections[3]{};
  Elf64_Sym symbols[3]{};
  char names[32] = "\0SSL_read\0SSL_read_ex\0SSL_write";

  Library() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_phoff = offsetof(Library, code);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    header.e_shoff = offsetof(Library, sections);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 3;
    code.p_type = PT_LOAD;
    code.p_flags = PF_R | PF_X;
    code.p_offset = 0x400;
    code.p_vaddr = 0x1000;
    code.p_filesz = code.p_memsz = 0x200;
    sections[1].sh_type = SHT_DYNSYM;
    sections[1].sh_link = 2;
    sections[1].sh_offset = offsetof(Library, symbols);
    sections[1].sh_size = sizeof(symbols);
    sections[2].sh_type = SHT_STRTAB;
    sections[2].sh_offset = offsetof(Library, names);
    sections[2].sh_size = sizeof(names);
    define(0, 1, 0x1010);   // SSL_read
    define(1, 10, 0x1020);  // SSL_read_ex
    define(2, 22, 0x1030);  // SSL_write
  }

  void define(int index, Elf64_Word name, Elf64_Addr address) {
    symbols[index].st_name = name;
    symbols[index].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbols[index].st_shndx = 1;
    symbols[index].st_value = address;
  }
};

Offsets find(const void* bytes, std::size_t size) {
  std::string path = "/tmp/culprit-elf-XXXXXX";
  const Fd file(mkstemp(path.data()));
  unlink(path.c_str());
  REQUIRE(write(file.get(), bytes, size) == static_cast<ssize_t>(size));
  return find_functions(file.get(), {"SSL_write", "SSL_read", "SSL_free"});
}

Offsets find(const Library& library) {
  return find(&library, sizeof(library));
}

}  // namespace

TEST_CASE("functions of an ELF file are found by their whole names", "[elf]") {
  const Library library;
  CHECK(find(library) == Offsets{0x430, 0x410, std::nullopt});
}

TEST_CASE("what a file only uses, or has outside of its code, is no function of it", "[elf]") {
  Library library;
  library.symbols[0].st_shndx = SHN_UNDEF;
  library.symbols[2].st_value = 0x1200;
  CHECK(find(library) == Offsets{std::nullopt, std::nullopt, std::nullopt});
  library.symbols[2].st_value = 0x11ff;
  library.code.p_flags = PF_R;
  CHECK(find(library)[0] == std::nullopt);
}

TEST_CASE("a file that is no ELF file, or a broken one, has no functions", "[elf]") {
  const Offsets none(3);
  CHECK(find("", 0) == none);
  CHECK(find("#!/bin/sh\n", 10) == none);
  Library library;
  CHECK(find(&library, sizeof(library) - 16) == none);
  library.sections[1].sh_link = 3;
  CHECK(find(library) == none);
  library = Library();
  library.sections[2].sh_size = ~0ull;
  CHECK(find(library) == none);
  library = Library();
  library.sections[1].sh_offset = ~0ull - 8;
  CHECK(find(library) == none);
  library = Library();
  library.symbols[0].st_name = library.symbols[2].st_name = sizeof(library.names);
  CHECK(find(library) == none);
}

TEST_CASE("whatever an ELF file has in it, reading it ends", "[elf]") {
  std::mt19937 random(1);
  for (int round = 0; round < 500; round++) {
    Library library;
    auto* bytes = reinterpret_cast<unsigned char*>(&library);
    for (int i = 0; i < 8; i++) bytes[random() % sizeof(library)] = random() & 255;
    CHECK(find(library).size() == 3);
  }
}

}  // namespace culprit
