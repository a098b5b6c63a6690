// SPDX-License-Identifier: Apache-2.0
#include "view/flame_svg.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string_view>
#include <vector>

#include "model/stack_tree.h"
#include "util/utf8.h"
#include "view/flame_script.h"
#include "view/xml_text.h"

namespace culprit {
namespace {

constexpr double kWidth = 1200, kRow = 17, kHead = 76, kFoot = 12;
constexpr double kLetterWidth = 7.3;
constexpr std::size_t kMostFrames = 10'000;
constexpr double kLeastRatio = 0.00005;
constexpr double kNanosecondsPerSecond = 1e9;

__attribute__((format(printf, 1, 2))) std::string text_of(const char* format, ...) {
  std::array<char, 512> text{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  return text.data();
}

struct Colour {
  CodeKind kind;
  std::string_view name;
  int hue, saturation, lightness;
};
constexpr std::array<Colour, 6> kColours = {{{CodeKind::kProcess, "process", 220, 8, 78},
                                             {CodeKind::kKernel, "kernel", 16, 85, 66},
                                             {CodeKind::kNative, "native", 46, 88, 64},
                                             {CodeKind::kCplusplus, "C++", 205, 70, 68},
                                             {CodeKind::kPython, "Python", 135, 45, 62},
                                             {CodeKind::kJit, "JIT", 285, 50, 74}}};

const Colour& colour_of(CodeKind kind) {
  return *std::find_if(kColours.begin(), kColours.end() - 1,
                       [&](const Colour& colour) { return colour.kind == kind; });
}

/// Neighbours of one kind differ a little, and a function looks the same in every graph.
std::string fill_of(const StackFrame& frame) {
  const Colour& colour = colour_of(frame.kind);
  std::uint32_t hash = 2166136261u;
  for (const char letter : frame.function)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619u;
  return text_of("hsl(%d,%d%%,%d%%)", colour.hue + static_cast<int>(hash % 15) - 7,
                 colour.saturation, colour.lightness + static_cast<int>((hash >> 8) % 11) - 5);
}

/// Time below which frames are not drawn.
std::uint64_t least_ns(const StackTree& tree) {
  const auto least =
      static_cast<std::uint64_t>(static_cast<double>(tree.nodes.front().ns) * kLeastRatio);
  if (tree.nodes.size() <= kMostFrames) return least;
  std::vector<std::uint64_t> times;
  for (const StackNode& node : tree.nodes) times.push_back(node.ns);
  std::nth_element(times.begin(), times.begin() + kMostFrames, times.end(), std::greater<>());
  return std::max(least, times[kMostFrames] + 1);
}

class Drawing {
 public:
  explicit Drawing(const StackProfile& profile)
      : profile_(profile), tree_(make_stack_tree(profile.stacks)), least_ns_(least_ns(tree_)) {}

  std::string draw() {
    place();
    const double height = kHead + static_cast<double>(rows_) * kRow + kFoot;
    std::string svg = text_of(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
        "viewBox=\"0 0 %.0f %.0f\" font-family=\"monospace\" font-size=\"12\">\n",
        kWidth, height, kWidth, height);
    svg += "<style>" + std::string(kFlameStyle) + "</style>\n";
    svg += "<script><![CDATA[" + std::string(kFlameScript) + "]]></script>\n";
    draw_head(svg);
    svg += "<g id=\"frames\">\n";
    for (const Place& place : places_) draw_frame(svg, place);
    svg += "</g>\n</svg>\n";
    return svg;
  }

 private:
  struct Place {
    std::size_t node, depth;
    double x, width;
  };

  double ratio(std::uint64_t ns) const {
    const std::uint64_t all = tree_.nodes.front().ns;
    return all > 0 ? static_cast<double>(ns) / static_cast<double>(all) : 0;
  }

  /// The root, then every node to be drawn, parents before their children.
  void place() {
    if (tree_.nodes.front().ns > 0) places_.push_back({0, 0, 0, kWidth});
    for (std::size_t i = 0; i < places_.size(); i++) {
      const Place parent = places_[i];
      rows_ = std::max(rows_, parent.depth + 1);
      double x = parent.x;
      for (const std::size_t child : tree_.nodes[parent.node].children) {
        const double width = ratio(tree_.nodes[child].ns) * kWidth;
        if (tree_.nodes[child].ns > 0 && tree_.nodes[child].ns >= least_ns_)
          places_.push_back({child, parent.depth + 1, x, width});
        x += width;
      }
    }
  }

  std::string note() const {
    if (places_.empty()) return "no stack was found";
    const std::size_t left_out = tree_.nodes.size() - places_.size();
    if (left_out == 0) return text_of("%zu frames", places_.size() - 1);
    return text_of("%zu frames; %zu more, each below %.2g %%, are left out", places_.size() - 1,
                   left_out, 100 * ratio(std::max<std::uint64_t>(least_ns_, 1)));
  }

  std::string heading() const {
    std::uint64_t samples = 0;
    for (const WeightedStack& stack : profile_.stacks) samples += stack.samples;
    const double seconds = static_cast<double>(tree_.nodes.front().ns) / kNanosecondsPerSecond;
    return text_of(
        "%.3f s %s in %.1f s, %llu %s", seconds, profile_.blocked ? "blocked" : "of CPU time",
        static_cast<double>(profile_.duration_ns) / kNanosecondsPerSecond,
        static_cast<unsigned long long>(samples), profile_.blocked ? "waits" : "samples");
  }

  void draw_head(std::string& svg) const {
    svg += "<title>" + xml_text(profile_.subject + ": " + heading() + "; " + note()) +
           "</title>\n<text x=\"6\" y=\"18\" font-size=\"14\">" +
           xml_text(profile_.subject + ": " + heading()) + "</text>\n";
    svg += "<text x=\"6\" y=\"36\">" + xml_text(note()) + "</text>\n";
    double x = 6;
    for (const Colour& colour : kColours) {
      svg += text_of(
          "<rect x=\"%.0f\" y=\"44\" width=\"10\" height=\"10\" "
          "fill=\"hsl(%d,%d%%,%d%%)\"/>",
          x, colour.hue, colour.saturation, colour.lightness);
      svg += text_of("<text x=\"%.0f\" y=\"53\">", x + 14) + std::string(colour.name) + "</text>\n";
      x += 26 + kLetterWidth * static_cast<double>(colour.name.size());
    }
    svg +=
        "<text id=\"detail\" x=\"6\" y=\"70\"></text>\n"
        "<text id=\"reset\" x=\"850\" y=\"53\">whole graph</text>\n"
        "<foreignObject x=\"950\" y=\"26\" width=\"244\" height=\"26\">"
        "<input xmlns=\"http://www.w3.org/1999/xhtml\" id=\"search\" type=\"search\" "
        "placeholder=\"search ( / )\"/></foreignObject>\n"
        "<text id=\"found\" x=\"950\" y=\"68\"></text>\n";
  }

  void draw_frame(std::string& svg, const Place& place) const {
    static const StackFrame whole{CodeKind::kProcess, "all", ""};
    const StackNode& node = tree_.nodes[place.node];
    const StackFrame& frame = node.frame ? *node.frame : whole;
    const double y = kHead + static_cast<double>(place.depth) * kRow;
    svg += "<g><title>" + xml_text(frame.function) + '\n' + xml_text(frame.module) + '\n' +
           text_of("%.3f s, %.2f %%", static_cast<double>(node.ns) / kNanosecondsPerSecond,
                   100 * ratio(node.ns)) +
           "</title>";
    svg += text_of("<rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%.0f\" fill=\"%s\"/>",
                   place.x, y, place.width, kRow - 1, fill_of(frame).c_str());
    const auto letters = static_cast<int>((place.width - 6) / kLetterWidth);
    if (letters >= 3)
      svg += text_of("<text x=\"%.2f\" y=\"%.0f\">", place.x + 3, y + 12) +
             xml_text(shortened(to_utf8(frame.function), static_cast<std::size_t>(letters))) +
             "</text>";
    svg += "</g>\n";
  }

  const StackProfile& profile_;
  StackTree tree_;
  std::uint64_t least_ns_;
  std::vector<Place> places_;
  std::size_t rows_ = 1;
};

}  // namespace

std::string flame_svg(const StackProfile& profile) {
  return Drawing(profile).draw();
}

}  // namespace culprit
