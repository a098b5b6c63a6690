// SPDX-License-Identifier: Apache-2.0
#include "runtime/symbol_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collect/text_scan.h"

namespace culprit {
namespace {

std::optional<std::uint64_t> to_hex(std::string_view word) {
  if (word.substr(0, 2) == "0x" || word.substr(0, 2) == "0X") word.remove_prefix(2);
  std::uint64_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, value, 16);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

struct JitFunction {
  std::uint64_t begin, size;
  std::string_view name;
};

/// Of functions that overlap, what was written later is there now.
std::vector<JitFunction> without_replaced(std::vector<JitFunction> functions) {
  std::vector<JitFunction> kept;
  std::stable_sort(functions.begin(), functions.end(),
                   [](const JitFunction& a, const JitFunction& b) { return a.begin < b.begin; });
  for (const JitFunction& function : functions) {
    if (!kept.empty() && kept.back().begin == function.begin)
      kept.back() = function;
    else
      kept.push_back(function);
  }
  return kept;
}

}  // namespace

SymbolTable parse_perf_map(std::string_view text) {
  std::vector<JitFunction> functions;
  for (std::string_view line; next_line(text, line);) {
    const auto begin = to_hex(next_word(line));
    const auto size = to_hex(next_word(line));
    const std::string_view name = trimmed(line);
    if (begin && size && *size > 0 && !name.empty() && functions.size() < SymbolTable::kMostSymbols)
      functions.push_back({*begin, *size, name});
  }
  SymbolTable table;
  for (const JitFunction& function : without_replaced(std::move(functions)))
    table.add(function.begin, function.size, function.name);
  table.seal();
  return table;
}

SymbolTable parse_kallsyms(std::string_view text) {
  SymbolTable table;
  for (std::string_view line; next_line(text, line);) {
    const auto address = to_hex(next_word(line));
    const std::string_view type = next_word(line);
    const std::string_view name = next_word(line);
    const std::string_view module = next_word(line);
    if (!address || *address == 0 || type.size() != 1 || name.empty()) continue;
    if (std::string_view("tTwW").find(type[0]) == std::string_view::npos) continue;
    table.add(*address, 0,
              module.empty() ? std::string(name) : std::string(name) + ' ' + std::string(module));
  }
  table.seal();
  return table;
}

}  // namespace culprit
