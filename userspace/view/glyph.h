// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace culprit {

/// One character as a terminal shows it.
struct Glyph {
  char32_t character = U' ';
  int width = 1;  ///< cells: 1 or 2
};

/// Takes the first glyph off `text`, which may hold anything: names of processes are
/// hostile. Blank-like controls become a blank; other controls and bytes that are not
/// UTF-8 a '?'; what takes no cell (combining marks, direction overrides) is dropped.
std::optional<Glyph> next_glyph(std::string_view& text);

/// Cells that the text takes on a screen.
int cell_count(std::string_view text);

void append_utf8(std::string& text, char32_t character);

/// What a terminal without UTF-8 is shown instead.
char ascii_stand_in(char32_t character);

}  // namespace culprit
