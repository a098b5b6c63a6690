// SPDX-License-Identifier: Apache-2.0
#include "view/html.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include "view/html_parts.h"
#include "view/html_style.h"

namespace culprit {
namespace {

using html_parts::text;

/// Blocks that follow each other and share this stand side by side.
std::string_view group_of(const document::Block& block) {
  if (std::holds_alternative<document::Gauge>(block) ||
      std::holds_alternative<document::Tiles>(block))
    return "hero";
  return std::holds_alternative<document::BarChart>(block) ? "charts" : "";
}

class Page {
 public:
  explicit Page(const document::Document& document) : document_(document) {}

  std::string write() {
    head();
    contents();
    std::string_view group;
    for (const document::Block& block : document_.blocks) {
      enter(group, group_of(block));
      std::visit([&](const auto& held) { write(held); }, block);
    }
    enter(group, "");
    out_ += "<footer>culprit " CULPRIT_VERSION "</footer>\n</main>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void head() {
    // The policy holds what escaping holds: nothing runs and nothing is asked for.
    out_ +=
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
        text(document_.title) + "</title>\n<style>" + std::string(kPageStyle) +
        "</style>\n</head>\n<body>\n<main>\n<h1>" + text(document_.title) +
        "</h1>\n<p class=\"subtitle\">" + text(document_.subtitle) + "</p>\n";
  }

  /// Links to the sections.
  void contents() {
    std::string links;
    std::size_t number = 0;
    for (const document::Block& block : document_.blocks)
      if (const auto* heading = std::get_if<document::Heading>(&block))
        links +=
            "<a href=\"#part-" + std::to_string(++number) + "\">" + text(heading->text) + "</a>\n";
    if (number > 1) out_ += "<nav>\n" + links + "</nav>\n";
  }

  void enter(std::string_view& group, std::string_view next) {
    if (group == next) return;
    if (!group.empty()) out_ += "</div>\n";
    if (!next.empty()) out_ += "<div class=\"" + std::string(next) + "\">\n";
    group = next;
  }

  void write(const document::Heading& heading) {
    out_ += "<h2 id=\"part-" + std::to_string(++headings_) + "\">" + text(heading.text) + "</h2>\n";
  }

  void write(const document::Subheading& heading) {
    out_ += "<h3>" + text(heading.text);
    if (!heading.note.empty()) out_ += " <small>" + text(heading.note) + "</small>";
    out_ += "</h3>\n";
  }

  void write(const document::Paragraph& paragraph) {
    out_ += "<p>" + text(paragraph.text) + "</p>\n";
  }

  void write(const document::Gauge& gauge) { html_parts::gauge(out_, gauge); }
  void write(const document::Tiles& tiles) { html_parts::tiles(out_, tiles); }
  void write(const document::BarChart& chart) { html_parts::chart(out_, chart); }

  void write(const document::Table& table) {
    out_ += "<div class=\"scroll\"><table>\n<thead><tr>";
    for (const document::Column& column : table.columns)
      out_ +=
          std::string(column.number ? "<th class=\"n\">" : "<th>") + text(column.title) + "</th>";
    out_ += "</tr></thead>\n<tbody>\n";
    for (const std::vector<std::string>& row : table.rows) {
      out_ += "<tr>";
      for (std::size_t index = 0; index < std::min(row.size(), table.columns.size()); ++index)
        cell(table.columns[index], row[index]);
      out_ += "</tr>\n";
    }
    out_ += "</tbody>\n</table></div>\n";
    if (!table.note.empty()) out_ += "<p class=\"more\">" + text(table.note) + "</p>\n";
  }

  void cell(const document::Column& column, const std::string& held) {
    constexpr std::size_t kLong = 20, kWide = 40;
    out_ += column.number         ? "<td class=\"n\">"
            : held.size() > kWide ? "<td class=\"long wide\">"
            : held.size() > kLong ? "<td class=\"long\">"
                                  : "<td>";
    out_ += column.code ? "<code>" + text(held) + "</code></td>" : text(held) + "</td>";
  }

  void write(const document::Card& card) {
    out_ += "<article class=\"card " + std::string(html_parts::tone_class(card.tone)) +
            "\"><h4><span class=\"badge\">" + text(card.badge) + "</span>" + text(card.title) +
            "</h4>\n";
    for (const std::string& note : card.notes) out_ += "<p class=\"note\">" + text(note) + "</p>\n";
    if (!card.steps.empty()) {
      out_ += "<ol>\n";
      for (const std::string& step : card.steps) out_ += "<li>" + text(step) + "</li>\n";
      out_ += "</ol>\n";
    }
    if (!card.outcome.empty()) out_ += "<p class=\"outcome\">" + text(card.outcome) + "</p>\n";
    if (!card.facts.empty()) write(card.facts);
    out_ += "</article>\n";
  }

  void write(const std::vector<document::Fact>& facts) {
    out_ += "<dl>\n";
    for (const document::Fact& fact : facts) {
      out_ += "<div><dt><code>" + text(fact.name) + "</code></dt><dd>" + text(fact.value);
      if (!fact.threshold.empty()) out_ += " <small>threshold " + text(fact.threshold) + "</small>";
      out_ += "</dd></div>\n";
    }
    out_ += "</dl>\n";
  }

  const document::Document& document_;
  std::string out_;
  std::size_t headings_ = 0;
};

}  // namespace

std::string html_page(const document::Document& document) {
  return Page(document).write();
}

}  // namespace culprit
