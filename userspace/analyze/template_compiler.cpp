// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "analyze/rule_compiler.h"

namespace culprit {
namespace {

Result<Template::Piece> compile_piece(const JsonPlace& place, const std::string& name,
                                      const Table& table) {
  if (name == "target") return Template::Piece{Template::Word::kTarget, "", {}};
  if (name == "victims") return Template::Piece{Template::Word::kVictims, "", {}};
  const nlohmann::json json = name;
  // The pointer is that of the text as a whole: the name is within it.
  const auto field = compile_field(JsonPlace(json, ""), table);
  if (!field) {
    const std::string& message = field.error().message;
    return place.wrong("{" + name + "}" + message.substr(std::min(message.size(), 3ul)));
  }
  return Template::Piece{Template::Word::kField, "", *field};
}

}  // namespace

Result<Template> compile_template(const JsonPlace& place, const Table& table) {
  const auto text = place.text();
  if (!text) return tl::unexpected<Error>(text.error());
  Template made;
  std::string literal;
  const auto flush = [&] {
    if (literal.empty()) return;
    made.pieces.push_back({Template::Word::kText, std::exchange(literal, {}), {}});
  };
  for (std::size_t at = 0; at < text->size(); ++at) {
    const char byte = (*text)[at];
    const bool doubled = at + 1 < text->size() && (*text)[at + 1] == byte;
    if ((byte == '{' || byte == '}') && doubled) {
      literal += byte;
      ++at;
    } else if (byte == '}') {
      return place.wrong("a } without a {; write }} for a brace");
    } else if (byte == '{') {
      const std::size_t end = text->find('}', at);
      if (end == std::string::npos) return place.wrong("a { without a }; write {{ for a brace");
      auto piece = compile_piece(place, text->substr(at + 1, end - at - 1), table);
      if (!piece) return tl::unexpected<Error>(piece.error());
      flush();
      made.pieces.push_back(std::move(*piece));
      at = end;
    } else {
      literal += byte;
    }
  }
  flush();
  return made;
}

}  // namespace culprit
