// SPDX-License-Identifier: Apache-2.0
#include "runtime/binary_symbols.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "collect/text_file.h"
#include "runtime/memory_file.h"
#include "runtime/process_map.h"
#include "util/fd.h"

namespace culprit {
namespace {

constexpr std::size_t kMostBinaries = 1024;
constexpr std::size_t kShortestBuildId = 4;  // digits

}  // namespace

std::optional<BinarySymbols::FileId> BinarySymbols::open(const std::string& path) {
  const Fd file = open_regular(path);
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) return std::nullopt;
  const FileId id{status.st_dev, status.st_ino,
                  std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
  if (!knows(id)) keep(id, read(file.get()));
  return id;
}

std::optional<BinarySymbols::FileId> BinarySymbols::open_vdso() {
  const FileId id{};  // of no file
  if (knows(id)) return id;
  const auto map = ProcessView{"/", getpid()}.read_map();
  if (!map) return std::nullopt;
  for (const Mapping& mapping : map->mappings()) {
    if (mapping.path != kVdso) continue;
    const Fd file = file_of(std::string_view(reinterpret_cast<const char*>(mapping.begin),
                                             mapping.end - mapping.begin));
    if (!file) return std::nullopt;
    keep(id, read(file.get()));
    return id;
  }
  return std::nullopt;
}

void BinarySymbols::keep(const FileId& id, Binary binary) {
  binary.used = ++now_;
  bytes_ += binary.symbols.bytes();
  binaries_.insert_or_assign(id, std::move(binary));
  make_room();
}

std::optional<std::string_view> BinarySymbols::find(const FileId& file, std::uint64_t offset) {
  const auto place = binaries_.find(file);
  if (place == binaries_.end()) return std::nullopt;
  place->second.used = ++now_;
  const auto address = place->second.image.address_of(offset);
  return address ? place->second.symbols.find(*address) : std::nullopt;
}

BinarySymbols::Binary BinarySymbols::read(int file) const {
  Binary binary;
  if (auto image = read_elf_symbols(file, binary.symbols)) {
    binary.image = std::move(*image);
    if (!binary.image.complete) read_debug_file(binary);
  }
  binary.symbols.seal();
  return binary;
}

/// Distributions put what they strip into a file that is found by the build id.
void BinarySymbols::read_debug_file(Binary& binary) const {
  const std::string& id = binary.image.build_id;
  if (id.size() < kShortestBuildId) return;
  const std::string path =
      below(root_, "/usr/lib/debug/.build-id/" + id.substr(0, 2) + '/' + id.substr(2) + ".debug");
  const Fd file = open_regular(path);
  if (!file) return;
  SymbolTable symbols;
  const auto image = read_elf_symbols(file.get(), symbols);
  if (image && image->build_id == id) binary.symbols = std::move(symbols);
}

/// The one that was just read is the newest, and stays.
void BinarySymbols::make_room() {
  while (binaries_.size() > 1 && (bytes_ > kMostBytes || binaries_.size() > kMostBinaries)) {
    const auto oldest = std::min_element(
        binaries_.begin(), binaries_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    bytes_ -= oldest->second.symbols.bytes();
    binaries_.erase(oldest);
  }
}

}  // namespace culprit
