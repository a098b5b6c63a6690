// SPDX-License-Identifier: Apache-2.0
#include "view/xml_text.h"

#include "util/utf8.h"

namespace culprit {
namespace {

/// Begins there U+FFFE or U+FFFF, which XML does not know?
bool is_none(std::string_view text, std::size_t at) {
  const std::string_view three = text.substr(at, 3);
  return three == "\xef\xbf\xbe" || three == "\xef\xbf\xbf";
}

}  // namespace

std::string xml_text(std::string_view bytes) {
  const std::string held = to_utf8(bytes);
  std::string text;
  for (std::size_t at = 0; at < held.size(); ++at) {
    const char letter = held[at];
    switch (letter) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      case '"':
        text += "&quot;";
        break;
      default:
        if (is_none(held, at)) {
          text += '?';
          at += 2;
        } else {
          text += static_cast<unsigned char>(letter) < ' ' ? '?' : letter;
        }
    }
  }
  return text;
}

}  // namespace culprit
