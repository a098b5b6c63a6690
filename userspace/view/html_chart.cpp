// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <numeric>

#include "util/utf8.h"
#include "view/html_parts.h"
#include "view/xml_text.h"

namespace culprit::html_parts {
namespace {

constexpr double kCircumference = 2 * 3.14159265 * 50;  // of the gauge's circle
constexpr double kLength = 1000;                        // of a bar that is full
constexpr std::size_t kSeries = 3;                      // that kPageStyle has colours for

__attribute__((format(printf, 1, 2))) std::string print(const char* format, ...) {
  std::array<char, 256> text{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  return text.data();
}

double length_of(const document::Bar& bar) {
  return std::accumulate(bar.parts.begin(), bar.parts.end(), 0.0);
}

/// As high and wide as its place, whatever that is: only lengths along it tell something.
std::string bar_head() {
  return print("<svg viewBox=\"0 0 %.0f 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
               kLength);
}

void draw_bar(std::string& out, const document::Bar& bar, double longest) {
  out += "<div class=\"bar\"><span class=\"label\" title=\"" + text(bar.label) + "\">" +
         text(bar.label) + "</span><span class=\"value\">" + text(bar.shown) + "</span>" +
         bar_head();
  double x = 0;
  for (std::size_t part = 0; part < bar.parts.size(); ++part) {
    const double width = longest > 0 ? bar.parts[part] / longest * kLength : 0;
    out += print("<rect class=\"s%zu\" x=\"%.1f\" width=\"%.1f\" height=\"10\"/>",
                 std::min(part, kSeries - 1), x, width);
    x += width;
  }
  out += "</svg></div>\n";
}

}  // namespace

std::string text(std::string_view bytes) {
  return xml_text(one_line(bytes));
}

std::string_view tone_class(document::Tone tone) {
  switch (tone) {
    case document::Tone::kPlain:
      return "plain";
    case document::Tone::kGood:
      return "good";
    case document::Tone::kInfo:
      return "info";
    case document::Tone::kWarning:
      return "warning";
    case document::Tone::kCritical:
      return "critical";
  }
  return "plain";
}

void gauge(std::string& out, const document::Gauge& gauge) {
  const double filled = std::clamp(gauge.value / 100, 0.0, 1.0) * kCircumference;
  out += "<div class=\"gauge " + std::string(tone_class(gauge.tone)) + "\">";
  out +=
      print("<svg viewBox=\"0 0 120 120\" role=\"img\" aria-label=\"%.0f of 100\">", gauge.value);
  out += "<circle cx=\"60\" cy=\"60\" r=\"50\"/>";
  if (filled > 0)
    out += print(
        "<circle class=\"value\" cx=\"60\" cy=\"60\" r=\"50\" stroke-dasharray=\"%.1f %.1f\" "
        "transform=\"rotate(-90 60 60)\"/>",
        filled, kCircumference);
  out += print("<text x=\"60\" y=\"70\">%.0f</text>", gauge.value);
  out += "<text class=\"of\" x=\"60\" y=\"88\">of 100</text></svg>";
  out += "<div><b>" + text(gauge.title) + "</b><span>" + text(gauge.text) + "</span></div></div>\n";
}

void tiles(std::string& out, const document::Tiles& tiles) {
  out += "<div class=\"tiles\">\n";
  for (const document::Tile& tile : tiles) {
    out += "<div class=\"tile " + std::string(tone_class(tile.tone)) + "\"><b>" + text(tile.title) +
           "</b><strong>" + text(tile.value) + "</strong>";
    if (tile.ratio)
      out += bar_head() + print(
                              "<rect class=\"track\" width=\"%.0f\" height=\"10\"/>"
                              "<rect class=\"value\" width=\"%.1f\" height=\"10\"/></svg>",
                              kLength, std::clamp(*tile.ratio, 0.0, 1.0) * kLength);
    out += "<small>" + text(tile.note) + "</small></div>\n";
  }
  out += "</div>\n";
}

void chart(std::string& out, const document::BarChart& chart) {
  out += "<figure class=\"chart\"><figcaption>" + text(chart.title) + "<span class=\"legend\">";
  for (std::size_t part = 0; part < chart.legend.size(); ++part)
    out += print("<i class=\"s%zu\"></i>", std::min(part, kSeries - 1)) + text(chart.legend[part]);
  out += "</span></figcaption>\n";
  double longest = 0;
  for (const document::Bar& bar : chart.bars) longest = std::max(longest, length_of(bar));
  for (const document::Bar& bar : chart.bars) draw_bar(out, bar, longest);
  out += "</figure>\n";
}

}  // namespace culprit::html_parts
