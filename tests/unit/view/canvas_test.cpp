// SPDX-License-Identifier: Apache-2.0
#include "view/canvas.h"

#include "catch.h"
#include "view/glyph.h"
#include "view/plot.h"

namespace culprit {

TEST_CASE("nothing that steers a terminal gets onto a canvas", "[canvas]") {
  Canvas canvas(40, 1);
  canvas.put(0, 0, "a\033[31mb\x01\x7f\xc2\x9b c\td\ne");
  CHECK(canvas.line(0) == "a?[31mb??? c d e");
}

TEST_CASE("text that is not UTF-8 is shown as question marks and ends", "[canvas]") {
  for (const std::string_view bytes :
       {"\xff", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x80", "\xf0\x9f"}) {
    std::string_view rest = bytes;
    while (const auto glyph = next_glyph(rest)) CHECK(glyph->character == U'?');
    CHECK(rest.empty());
  }
}

TEST_CASE("marks without width, direction overrides among them, are dropped", "[canvas]") {
  Canvas canvas(10, 1);
  canvas.put(0, 0,
             "a\xe2\x80\xae"
             "b\xcc\x81"
             "c");
  CHECK(canvas.line(0) == "abc");
}

TEST_CASE("wide characters take two cells and are never cut in half", "[canvas]") {
  CHECK(cell_count("日本") == 4);
  Canvas canvas(5, 1);
  CHECK(canvas.put(0, 0, "日本語") == 4);
  CHECK(canvas.line(0) == "日本");
  CHECK(canvas.at(0, 1).character == 0);
  CHECK(Canvas(3, 1).put_cut(0, 0, "日本", {}, 3) == 3);
}

TEST_CASE("drawing outside is clipped", "[canvas]") {
  Canvas canvas(3, 1);
  canvas.put(-1, 0, "x");
  canvas.put(1, 0, "x");
  canvas.put(0, -2, "abc");
  canvas.put(0, 2, "xyz");
  canvas.fill(0, 2, 100, kReverse);
  CHECK(canvas.line(0) == "c");
  CHECK(Canvas(-1, 0).text().empty());
}

TEST_CASE("long text is cut with a mark, on the left or on the right", "[canvas]") {
  Canvas canvas(10, 2);
  canvas.put_cut(0, 0, "abcdef", {}, 4);
  canvas.put_right(1, 10, "123456", {}, 4);
  CHECK(canvas.line(0) == "abc…");
  CHECK(canvas.line(1) == "      123…");
}

TEST_CASE("a terminal without UTF-8 gets plain ASCII", "[canvas]") {
  Canvas canvas(12, 1);
  canvas.put(0, 0, "ΔRES ├─█▁ 日");
  CHECK(canvas.line(0, false) == "dRES |-#. ?");
}

TEST_CASE("bars show anything above nothing, and never more than all", "[plot]") {
  Canvas canvas(12, 4);
  draw_bar(canvas, 0, 0, 12, 0, {});
  draw_bar(canvas, 1, 0, 12, 0.0001, {});
  draw_bar(canvas, 2, 0, 12, 7, {});
  draw_bar(canvas, 3, 0, 2, 1, {});
  CHECK(canvas.line(0) == "▕          ▏");
  CHECK(canvas.line(1) == "▕▏         ▏");
  CHECK(canvas.line(2) == "▕██████████▏");
  CHECK(canvas.line(3).empty());
}

TEST_CASE("plots have the newest value at the right", "[plot]") {
  Canvas canvas(4, 2);
  const float values[] = {9, 0, 50, 100};
  draw_plot(canvas, {0, 0, 3, 2}, values, {0, 100}, {});
  CHECK(canvas.line(0) == "  █");
  CHECK(canvas.line(1) == "▁██");
}

}  // namespace culprit
