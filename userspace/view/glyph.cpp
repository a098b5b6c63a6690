// SPDX-License-Identifier: Apache-2.0
#include "view/glyph.h"

#include <clocale>
#include <cstdint>
#include <cwchar>

namespace culprit {
namespace {

// Widths must not depend on the locale that the user happens to have.
int width_of(char32_t character) {
  if (character < 0x7f) return character < 0x20 ? -1 : 1;
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (!utf8) return -1;
  const locale_t before = uselocale(utf8);
  const int width = wcwidth(static_cast<wchar_t>(character));
  uselocale(before);
  return width;
}

struct Decoded {
  char32_t character = 0;
  std::size_t length = 1;
  bool valid = false;
};

Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t character = lead & (0x7f >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    character = character << 6 | (byte(i) & 0x3f);
  }
  const char32_t smallest = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  if (character < smallest || character > 0x10ffff || surrogate) return {};
  return {character, length, true};
}

}  // namespace

std::optional<Glyph> next_glyph(std::string_view& text) {
  while (!text.empty()) {
    const Decoded found = decode(text);
    text.remove_prefix(found.length);
    if (!found.valid) return Glyph{U'?', 1};
    if (found.character == U'\t' || found.character == U'\n' || found.character == U'\r')
      return Glyph{U' ', 1};
    const int width = width_of(found.character);
    if (width < 0 || found.character == 0) return Glyph{U'?', 1};
    if (width > 0) return Glyph{found.character, width};
  }
  return std::nullopt;
}

int cell_count(std::string_view text) {
  int cells = 0;
  while (const auto glyph = next_glyph(text)) cells += glyph->width;
  return cells;
}

void append_utf8(std::string& text, char32_t character) {
  const auto tail = [&](int shift) {
    text += static_cast<char>(0x80 | ((character >> shift) & 0x3f));
  };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xc0 | (character >> 6));
    tail(0);
  } else if (character < 0x10000) {
    text += static_cast<char>(0xe0 | (character >> 12));
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xf0 | (character >> 18));
    tail(12), tail(6), tail(0);
  }
}

char ascii_stand_in(char32_t character) {
  if (character < 0x7f) return static_cast<char>(character);
  if (character >= U'▁' && character <= U'█') return ".:-=+*%#"[character - U'▁'];
  if (character >= U'▉' && character <= U'▏') return '|';
  switch (character) {
    case U'Δ':
      return 'd';
    case U'µ':
      return 'u';
    case U'·':
    case U'│':
    case U'├':
    case U'▕':
      return '|';
    case U'─':
    case U'–':
      return '-';
    case U'└':
      return '`';
    case U'…':
      return '~';
    case U'▾':
      return 'v';
    case U'▴':
    case U'↑':
      return '^';
    case U'↓':
      return 'v';
    default:
      return '?';
  }
}

}  // namespace culprit
