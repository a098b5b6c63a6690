// SPDX-License-Identifier: Apache-2.0
#include "runtime/demangle.h"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/rust_name.h"

namespace culprit {
namespace {

constexpr std::size_t kLongestSymbol = 2048;
// Each may repeat what stood before it, so that text grows exponentially with their number.
constexpr int kMostReferences = 32;
constexpr std::size_t kRustHashDigits = 16;

bool is_capital_or_digit(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

int count_references(std::string_view symbol) {
  int count = 0;
  for (std::size_t i = 0; i + 1 < symbol.size(); i++)
    if ((symbol[i] == 'S' || symbol[i] == 'T') && is_capital_or_digit(symbol[i + 1])) count++;
  return count;
}

std::optional<std::string> read_itanium(const std::string& symbol) {
  if (symbol.size() > kLongestSymbol || count_references(symbol) > kMostReferences)
    return std::nullopt;
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  if (status != 0 || !text) return std::nullopt;
  return std::string(text.get());
}

/// "a::b(int, (anonymous namespace)::c) const" → "a::b".
void drop_parameters(std::string& name) {
  constexpr std::string_view kConst = " const";
  std::size_t end = name.size();
  if (end > kConst.size() && name.compare(end - kConst.size(), kConst.size(), kConst) == 0)
    end -= kConst.size();
  if (end == 0 || name[end - 1] != ')') return;
  int depth = 0;
  for (std::size_t at = end; at-- > 0;) {
    if (name[at] == ')') depth++;
    if (name[at] != '(' || --depth > 0) continue;
    const bool is_operator = at >= 8 && name.compare(at - 8, 8, "operator") == 0;
    if (at > 0 && !is_operator) name.resize(at);
    return;
  }
}

/// True when it ends in "::h" and 16 hexadecimal digits, which is taken off.
bool drop_rust_hash(std::string& name) {
  constexpr std::size_t kTail = kRustHashDigits + 3;
  if (name.size() <= kTail || name.compare(name.size() - kTail, 3, "::h") != 0) return false;
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!std::all_of(name.end() - kRustHashDigits, name.end(), is_digit)) return false;
  name.resize(name.size() - kTail);
  return true;
}

/// What Rust's older names write for characters that a symbol may not hold.
std::string read_rust_escapes(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kEscapes = {
      {{"$LT$", "<"},
       {"$GT$", ">"},
       {"$RF$", "&"},
       {"$BP$", "*"},
       {"$LP$", "("},
       {"$RP$", ")"},
       {"$C$", ","},
       {"$SP$", "@"},
       {"$u20$", " "},
       {"$u27$", "'"},
       {"$u5b$", "["},
       {"$u5d$", "]"},
       {"$u7b$", "{"},
       {"$u7d$", "}"},
       {"$u7e$", "~"},
       {"..", "::"}}};
  std::string text;
  while (!name.empty()) {
    const auto escape = std::find_if(kEscapes.begin(), kEscapes.end(), [&](const auto& each) {
      return name.substr(0, each.first.size()) == each.first;
    });
    if (escape == kEscapes.end()) {
      // A name that would begin with an escape has "_" before it.
      if (!(name.size() > 1 && name[0] == '_' && name[1] == '$')) text += name[0];
      name.remove_prefix(1);
    } else {
      text += escape->second;
      name.remove_prefix(escape->first.size());
    }
  }
  return text;
}

}  // namespace

FunctionName demangle(std::string_view symbol) {
  FunctionName name{std::string(symbol), Language::kOther};
  if (auto rust = read_rust_name(symbol)) return {std::move(*rust), Language::kRust};
  if (symbol.substr(0, 2) != "_Z") return name;
  // What the compiler adds at the end is no part of the name.
  const std::size_t dot =
      symbol.rfind("E.") == std::string_view::npos ? symbol.find('.') : symbol.rfind("E.") + 1;
  const bool is_rust_escape = symbol.find('$') != std::string_view::npos;
  const std::string plain(is_rust_escape ? symbol : symbol.substr(0, dot));
  auto text = read_itanium(plain);
  if (!text) return name;
  if (drop_rust_hash(*text)) return {read_rust_escapes(*text), Language::kRust};
  drop_parameters(*text);
  return {std::move(*text), Language::kCplusplus};
}

}  // namespace culprit
