// SPDX-License-Identifier: Apache-2.0
#include "view/flame_svg.h"

#include <string>

#include "catch.h"
#include "unit/model/stacks.h"

namespace culprit {
namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    count++;
  return count;
}

}  // namespace

TEST_CASE("a flame graph has a box for each frame, with its share", "[flame]") {
  const std::string svg = flame_svg(test::small_profile());
  CHECK(count_of(svg, "<g><title>") == 6);
  CHECK(svg.find("<g><title>work\n\n0.018 s, 90.00 %</title><rect x=\"0.00\"") !=
        std::string::npos);
  CHECK(svg.find("width=\"1080.00\"") != std::string::npos);
  CHECK(svg.find("process 7 (a&amp;b): 0.020 s of CPU time in 1.0 s, 10 samples; 5 frames") !=
        std::string::npos);
  CHECK(svg.find("idle&lt;int&gt;") != std::string::npos);
  CHECK(svg.find("idle<int>") == std::string::npos);
}

TEST_CASE("a flame graph of nothing says so", "[flame]") {
  const std::string svg = flame_svg({});
  CHECK(svg.find("no stack was found") != std::string::npos);
  CHECK(count_of(svg, "<g><title>") == 0);
}

TEST_CASE("narrow frames are left out, and the title tells", "[flame]") {
  StackProfile profile;
  for (int i = 0; i < 30'000; i++)
    profile.stacks.push_back({test::stack_frames("n:app f" + std::to_string(i)), 1,
                              static_cast<std::uint64_t>(i < 20'000 ? 1 : 1'000'000)});
  const std::string svg = flame_svg(profile);
  CHECK(count_of(svg, "<g><title>") <= 10'000);
  CHECK(svg.find("are left out") != std::string::npos);
}

TEST_CASE("names cannot break out of a flame graph", "[flame]") {
  StackProfile profile;
  profile.subject = "</svg><script>]]>";
  profile.stacks = {{{std::make_shared<StackFrame>(
                         StackFrame{CodeKind::kJit, "a\x01\"</title>\xff\xef\xbf\xbe", "<b>"})},
                     1,
                     1}};
  const std::string svg = flame_svg(profile);
  CHECK(count_of(svg, "</svg>") == 1);
  CHECK(count_of(svg, "<script>") == 1);
  CHECK(svg.find('\x01') == std::string::npos);
  CHECK(svg.find("a?&quot;&lt;/title&gt;\xef\xbf\xbd?") != std::string::npos);
}

}  // namespace culprit
