// SPDX-License-Identifier: Apache-2.0
#include "runtime/symbol_table.h"

#include <algorithm>
#include <limits>

namespace culprit {

void SymbolTable::add(std::uint64_t address, std::uint64_t size, std::string_view name) {
  if (name.empty() || symbols_.size() >= kMostSymbols ||
      name.size() > kMostNameBytes - names_.size())
    return;
  constexpr std::uint64_t kWidest = std::numeric_limits<std::uint32_t>::max();
  symbols_.push_back({address, static_cast<std::uint32_t>(std::min(size, kWidest)),
                      static_cast<std::uint32_t>(names_.size()),
                      static_cast<std::uint32_t>(name.size())});
  names_ += name;
}

void SymbolTable::seal() {
  std::stable_sort(symbols_.begin(), symbols_.end(), [](const Symbol& a, const Symbol& b) {
    return a.address != b.address ? a.address < b.address : a.size > b.size;
  });
  const auto end =
      std::unique(symbols_.begin(), symbols_.end(),
                  [](const Symbol& a, const Symbol& b) { return a.address == b.address; });
  symbols_.erase(end, symbols_.end());
  symbols_.shrink_to_fit();
  names_.shrink_to_fit();
}

std::optional<std::string_view> SymbolTable::find(std::uint64_t address) const {
  const auto after =
      std::upper_bound(symbols_.begin(), symbols_.end(), address,
                       [](std::uint64_t at, const Symbol& symbol) { return at < symbol.address; });
  if (after == symbols_.begin()) return std::nullopt;
  const Symbol& symbol = *std::prev(after);
  if (symbol.size != 0 && address - symbol.address >= symbol.size) return std::nullopt;
  return std::string_view(names_).substr(symbol.name, symbol.name_size);
}

std::size_t SymbolTable::bytes() const {
  return symbols_.capacity() * sizeof(Symbol) + names_.capacity();
}

}  // namespace culprit
