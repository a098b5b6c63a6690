// SPDX-License-Identifier: Apache-2.0
#include "serve/json_writer.h"

#include <limits>

#include "catch.h"

namespace culprit {
namespace {

std::string written(JsonStyle style, auto&& write) {
  JsonWriter out(style);
  write(out);
  return out.take();
}

std::string value(const auto& held) {
  return written(JsonStyle::kLine, [&](JsonWriter& out) { out.value(held); });
}

}  // namespace

TEST_CASE("JSON values are written exactly") {
  CHECK(value(0.1) == "0.1");
  CHECK(value(1.0) == "1");
  CHECK(value(-2.5e-300) == "-2.5e-300");
  CHECK(value(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(value(std::numeric_limits<double>::infinity()) == "null");
  CHECK(value(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(value(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(value(true) == "true");
  CHECK(value(nullptr) == "null");
  CHECK(value(std::optional<int>()) == "null");
  CHECK(value(std::optional<int>(-3)) == "-3");
}

TEST_CASE("any bytes become a JSON string") {
  CHECK(value("plain \xc3\xa9") == "\"plain \xc3\xa9\"");
  CHECK(value("a\"b\\c\n\x01") == R"("a\"b\\c\u000a\u0001")");
  CHECK(value("\xff"
              "a\xc3") ==
        "\"\xef\xbf\xbd"
        "a\xef\xbf\xbd\"");
}

TEST_CASE("objects and arrays nest, on one line or indented") {
  const auto write = [](JsonWriter& out) {
    out.begin_object();
    out.member("a", 1);
    out.key("b");
    out.begin_array();
    out.value("x");
    out.begin_object();
    out.end_object();
    out.begin_array();
    out.end_array();
    out.end_array();
    out.member("c", nullptr);
    out.end_object();
  };
  CHECK(written(JsonStyle::kLine, write) == R"({"a":1,"b":["x",{},[]],"c":null})");
  CHECK(written(JsonStyle::kIndented, write) ==
        "{\n  \"a\": 1,\n  \"b\": [\n    \"x\",\n    {},\n    []\n  ],\n  \"c\": null\n}");
}

}  // namespace culprit
