// SPDX-License-Identifier: Apache-2.0
// Tables of functions as other processes' files tell them; the first byte chooses a reader.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/demangle.h"
#include "runtime/elf_symbols.h"
#include "runtime/memory_file.h"
#include "runtime/symbol_text.h"

namespace {

using namespace culprit;

void require(bool holds) {
  if (!holds) std::abort();
}

void look_up(const SymbolTable& table) {
  for (int shift = 0; shift < 64; shift++) {
    table.find(std::uint64_t{1} << shift);
    table.find(~(std::uint64_t{1} << shift));
  }
}

void fuzz_elf(std::string_view bytes) {
  const Fd file = file_of(bytes);
  SymbolTable table;
  const auto image = read_elf_symbols(file.get(), table);
  table.seal();
  look_up(table);
  if (!image) return;
  for (const ElfSegment& segment : image->code) image->address_of(segment.offset);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      look_up(parse_perf_map(text));
      break;
    case 1:
      look_up(parse_kallsyms(text));
      break;
    case 2:
      fuzz_elf(text);
      break;
    case 3:
      require(demangle(text).text.size() <= (8u << 20));
      break;
  }
  return 0;
}
