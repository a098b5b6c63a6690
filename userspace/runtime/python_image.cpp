// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_image.h"

#include <charconv>
#include <set>
#include <string>
#include <vector>

#include "collect/elf_file.h"
#include "collect/text_file.h"
#include "util/fd.h"

namespace culprit {
namespace {

constexpr int kOldest = 8;

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool may_be_interpreter(std::string_view name) {
  return starts_with(name, "python") || starts_with(name, "libpython") ||
         starts_with(name, "uwsgi");
}

/// "python3.11", "libpython3.11.so.1.0": 11.
std::optional<int> minor_in(std::string_view name) {
  constexpr std::string_view kMajor = "python3.";
  const std::size_t at = name.find(kMajor);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = name.substr(at + kMajor.size());
  int minor = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
  if (error != std::errc{} || rest == digits.data()) return std::nullopt;
  return minor;
}

/// Absent when the file has no _PyRuntime.
std::optional<PythonImage> read_image(const ElfFile& elf, const Mapping& mapping,
                                      const Memory& memory) {
  const auto first = elf.first_address();
  if (!first) return std::nullopt;
  const std::uint64_t bias = mapping.begin - *first;
  const auto symbols = elf.addresses({"_PyRuntime", "PyCode_Type", "Py_Version"});
  PythonImage image;
  const Elf64_Shdr* section = symbols[0] ? nullptr : elf.section(".PyRuntime");
  if (!symbols[0] && !section) return std::nullopt;
  image.runtime = bias + (symbols[0] ? *symbols[0] : section->sh_addr);
  if (symbols[1]) image.code_type = bias + *symbols[1];
  image.minor = minor_in(mapping.name());
  if (symbols[2])
    if (const auto version = memory.get<std::uint32_t>(bias + *symbols[2]))
      image.minor = static_cast<int>(*version >> 16 & 0xff);
  return image;
}

}  // namespace

Result<std::optional<PythonImage>> find_python_image(const ProcessView& process,
                                                     const ProcessMap& map, const Memory& memory) {
  std::set<std::string_view> seen;
  std::optional<std::string> without_runtime;
  for (const Mapping& mapping : map.mappings()) {
    if (mapping.offset != 0 || !may_be_interpreter(mapping.name()) ||
        !seen.insert(mapping.path).second)
      continue;
    const Fd file = open_regular(process.file_of(mapping));
    const auto elf = file ? ElfFile::read(file.get()) : std::nullopt;
    if (!elf) continue;
    const auto image = read_image(*elf, mapping, memory);
    if (image && image->minor && *image->minor < kOldest)
      return unsupported("Python 3." + std::to_string(*image->minor) +
                         " is older than 3.8, the first that can be read");
    if (image) return image;
    if (starts_with(mapping.name(), "python")) without_runtime = mapping.name();
  }
  if (!without_runtime) return std::optional<PythonImage>();
  return unsupported(*without_runtime + ": has no _PyRuntime; older than 3.8, or stripped of it");
}

std::optional<AsyncioTable> find_asyncio_table(const ProcessView& process, const ProcessMap& map) {
  std::set<std::string_view> seen;
  for (const Mapping& mapping : map.mappings()) {
    const bool module = starts_with(mapping.name(), "_asyncio.");
    if ((!module && !may_be_interpreter(mapping.name())) || !seen.insert(mapping.path).second)
      continue;
    const Fd file = open_regular(process.file_of(mapping));
    const auto elf = file ? ElfFile::read(file.get()) : std::nullopt;
    const Elf64_Shdr* section = elf ? elf->section(".AsyncioDebug") : nullptr;
    if (!section || section->sh_size < sizeof(AsyncioTable)) continue;
    const auto words = elf->table<AsyncioTable>(section->sh_offset, 1);
    if (!words.empty()) return words[0];
  }
  return std::nullopt;
}

}  // namespace culprit
