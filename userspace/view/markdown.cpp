// SPDX-License-Identifier: Apache-2.0
#include "view/markdown.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <variant>

#include "util/utf8.h"

namespace culprit {
namespace {

constexpr std::size_t kBlocks = 20;  // of a bar of text

bool is_word(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) ||
         static_cast<unsigned char>(letter) >= 0x80;
}

/// Within a word an underscore is only that, and names are full of them.
bool is_within_word(std::string_view line, std::size_t at) {
  return at > 0 && at + 1 < line.size() && is_word(line[at - 1]) && is_word(line[at + 1]);
}

bool means_something(std::string_view line, std::size_t at) {
  switch (line[at]) {
    case '_':
      return !is_within_word(line, at);
    case ':':  // would make a link of an address
      return line.substr(at).starts_with("://");
    case '.':
      return at >= 3 && line.substr(at - 3, 3) == "www";
    default:
      return std::string_view("\\`*[]<>|~&@$").find(line[at]) != std::string_view::npos;
  }
}

/// A line that begins so would be a heading, a list or a rule.
std::size_t leading_mark(std::string_view line) {
  if (line.empty()) return std::string_view::npos;
  const bool is_signed_number = line.size() > 1 && is_word(line[1]);
  if (line.front() == '#' || line.front() == '=') return 0;
  if ((line.front() == '+' || line.front() == '-') && !is_signed_number) return 0;
  const std::size_t end = line.find_first_not_of("0123456789");
  if (end == 0 || end == std::string_view::npos || (line[end] != '.' && line[end] != ')'))
    return std::string_view::npos;
  return end + 1 == line.size() || line[end + 1] == ' ' ? end : std::string_view::npos;
}

std::string escaped(std::string_view line, std::size_t mark) {
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (at == mark || means_something(line, at)) text += '\\';
    text += line[at];
  }
  return text;
}

/// Of a table, where the first letter means no more than others.
std::string cell_text(std::string_view bytes) {
  return escaped(one_line(bytes), std::string_view::npos);
}

/// A span of code; within a table a bar would end the cell all the same.
std::string code_span(std::string_view bytes) {
  std::string line = one_line(bytes);
  if (line.find_first_not_of(' ') == std::string::npos) return {};
  std::size_t longest = 0, run = 0;
  std::string held;
  for (const char letter : line) {
    run = letter == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    if (letter == '|') held += '\\';
    held += letter;
  }
  const std::string fence(longest + 1, '`');
  const bool apart = held.front() == '`' || held.back() == '`';
  return fence + (apart ? " " : "") + held + (apart ? " " : "") + fence;
}

class Writer {
 public:
  explicit Writer(const document::Document& document) : document_(document) {}

  std::string write() {
    out_ += "# " + markdown_escaped(document_.title) + "\n";
    write(document::Paragraph{document_.subtitle});
    for (const document::Block& block : document_.blocks)
      std::visit([&](const auto& held) { write(held); }, block);
    return std::move(out_);
  }

 private:
  void write(const document::Heading& heading) {
    out_ += "\n## " + markdown_escaped(heading.text) + "\n";
  }

  void write(const document::Subheading& heading) {
    out_ += "\n### " + markdown_escaped(heading.text) + "\n";
    if (!heading.note.empty()) out_ += "\n*" + markdown_escaped(heading.note) + "*\n";
  }

  void write(const document::Paragraph& paragraph) {
    out_ += "\n" + markdown_escaped(paragraph.text) + "\n";
  }

  void write(const document::Gauge& gauge) {
    std::array<char, 32> value;
    std::snprintf(value.data(), value.size(), "%.0f of 100", gauge.value);
    out_ += "\n**" + markdown_escaped(gauge.title) + " " + value.data() +
            "**: " + markdown_escaped(gauge.text) + "\n";
  }

  void write(const document::Tiles& tiles) {
    document::Table table{{{"Key figure"}, {"Value", true}, {"Of which"}}, {}};
    for (const document::Tile& tile : tiles)
      table.rows.push_back({tile.title, tile.value, tile.note});
    write(table);
  }

  void write(const document::Table& table) {
    out_ += "\n|";
    for (const document::Column& column : table.columns)
      out_ += " " + cell_text(column.title) + " |";
    out_ += "\n|";
    for (const document::Column& column : table.columns)
      out_ += column.number ? " ---: |" : " --- |";
    out_ += "\n";
    for (const std::vector<std::string>& row : table.rows) {
      out_ += "|";
      for (std::size_t index = 0; index < std::min(row.size(), table.columns.size()); ++index)
        out_ += " " + (table.columns[index].code ? code_span(row[index]) : cell_text(row[index])) +
                " |";
      out_ += "\n";
    }
    if (!table.note.empty()) out_ += "\n*" + markdown_escaped(table.note) + "*\n";
  }

  void write(const document::BarChart& chart) {
    std::string note;
    for (const std::string& part : chart.legend) note += (note.empty() ? "" : " · ") + part;
    write(document::Subheading{chart.title, note});
    document::Table table{{{"", false, true}, {""}, {"", true}}, {}};
    double longest = 0;
    for (const document::Bar& bar : chart.bars) longest = std::max(longest, length_of(bar));
    for (const document::Bar& bar : chart.bars)
      table.rows.push_back({bar.label, blocks_of(bar, longest), bar.shown});
    write(table);
  }

  static double length_of(const document::Bar& bar) {
    double length = 0;
    for (const double part : bar.parts) length += part;
    return length;
  }

  static std::string blocks_of(const document::Bar& bar, double longest) {
    static constexpr std::array kShades = {"█", "▒", "░"};
    std::string blocks;
    double length = 0;
    std::size_t drawn = 0;
    for (std::size_t part = 0; part < bar.parts.size(); ++part) {
      length += bar.parts[part];
      const double share = longest > 0 ? length / longest : 0;
      for (const auto end = static_cast<std::size_t>(share * kBlocks + 0.5); drawn < end; ++drawn)
        blocks += kShades[std::min(part, kShades.size() - 1)];
    }
    return blocks;
  }

  void write(const document::Card& card) {
    out_ += "\n- **" + markdown_escaped(card.badge) + "** " + markdown_escaped(card.title) + "\n";
    for (const std::string& note : card.notes) out_ += "  - " + markdown_escaped(note) + "\n";
    std::size_t number = 0;
    for (const std::string& step : card.steps)
      out_ += "  " + std::to_string(++number) + ". " + markdown_escaped(step) + "\n";
    if (!card.outcome.empty()) out_ += "\n  **" + markdown_escaped(card.outcome) + "**\n";
    for (const document::Fact& fact : card.facts)
      out_ += "  - " + code_span(fact.name) + " " + markdown_escaped(fact.value) +
              (fact.threshold.empty() ? "" : ", threshold " + markdown_escaped(fact.threshold)) +
              "\n";
  }

  const document::Document& document_;
  std::string out_;
};

}  // namespace

std::string markdown_escaped(std::string_view bytes) {
  std::string line = one_line(bytes);
  line.erase(0, std::min(line.find_first_not_of(' '), line.size()));  // would be code
  return escaped(line, leading_mark(line));
}

std::string markdown_text(const document::Document& document) {
  return Writer(document).write();
}

}  // namespace culprit
