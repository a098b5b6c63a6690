// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "view/top_state.h"

namespace culprit {

enum class KeyName {
  kCharacter,
  kUp,
  kDown,
  kLeft,
  kRight,
  kPageUp,
  kPageDown,
  kHome,
  kEnd,
  kEnter,
  kEscape,
  kTab,
  kBackspace,
};

/// A key as it was pressed; knows no terminal.
struct Key {
  KeyName name = KeyName::kCharacter;
  char32_t character = 0;
  bool operator==(const Key&) const = default;
};

/// What a key does in a table. Help is made of the same rows.
struct Binding {
  Key key, other;         ///< `other` does the same; character 0: there is none
  std::string_view keys;  ///< as help writes them; "" hides the row
  std::string_view help;
  void (*act)(TopState&);
};
std::span<const Binding> bindings();

/// Does what the key asks for and settles the state.
void handle_key(TopState& state, Key key);

}  // namespace culprit
