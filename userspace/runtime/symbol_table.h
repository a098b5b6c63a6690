// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// Functions by address. Filled by add(), then sealed, then asked.
class SymbolTable {
 public:
  /// What a table takes at most; what is more is left out.
  static constexpr std::size_t kMostSymbols = 2 << 20;
  static constexpr std::size_t kMostNameBytes = 128 << 20;

  /// `size` 0: not known, the function goes on to the next one.
  void add(std::uint64_t address, std::uint64_t size, std::string_view name);

  /// Sorts; of several functions at one address the one with the widest range stays, and of
  /// those the one that was added first.
  void seal();

  /// Name of the function that covers `address`. The view holds as long as the table.
  std::optional<std::string_view> find(std::uint64_t address) const;

  std::size_t count() const { return symbols_.size(); }
  /// Memory that it takes.
  std::size_t bytes() const;

 private:
  struct Symbol {
    std::uint64_t address;
    std::uint32_t size, name;  ///< name: where in names_ it begins
    std::uint32_t name_size;
  };

  std::vector<Symbol> symbols_;
  std::string names_;
};

}  // namespace culprit
