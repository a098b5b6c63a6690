// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// A report before it is Markdown, HTML or text: what it says, in which order, and how grave it
/// is. Texts are as they came; who writes them out takes care of what they may hold.
namespace culprit::document {

enum class Tone { kPlain, kGood, kInfo, kWarning, kCritical };

/// Begins a section.
struct Heading {
  std::string text;
};

/// Begins a part of a section.
struct Subheading {
  std::string text, note;
};

struct Paragraph {
  std::string text;
};

/// A figure of 0 to 100 that sums it up.
struct Gauge {
  double value = 0;
  std::string title, text;
  Tone tone = Tone::kPlain;
};

/// One key figure.
struct Tile {
  std::string title, value, note;
  std::optional<double> ratio;  ///< 0…1 of what there is
  Tone tone = Tone::kPlain;
};
using Tiles = std::vector<Tile>;

struct Column {
  std::string title;
  bool number = false;  ///< aligned to the right
  bool code = false;    ///< a query, a route, a command
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
  std::string note{};  ///< below it: what was left out
};

/// Parts lie one after the other, in the order of the chart's legend.
struct Bar {
  std::string label;
  std::vector<double> parts;
  std::string shown;  ///< the same in words
};

struct BarChart {
  std::string title;
  std::vector<std::string> legend;
  std::vector<Bar> bars;
};

/// A number that something rests on.
struct Fact {
  std::string name, value;
  std::string threshold{};  ///< "" it has none
};

/// Something that is wrong, or something to do.
struct Card {
  Tone tone = Tone::kPlain;
  std::string badge, title;
  std::vector<std::string> notes;  ///< about it
  std::vector<std::string> steps;  ///< what to do, in order
  std::string outcome;             ///< what that brings
  std::vector<Fact> facts;
};

using Block = std::variant<Heading, Subheading, Paragraph, Gauge, Tiles, Table, BarChart, Card>;

struct Document {
  std::string title, subtitle;
  std::vector<Block> blocks;
};

}  // namespace culprit::document
