// SPDX-License-Identifier: Apache-2.0
#include "runtime/symbol_text.h"

#include "catch.h"

namespace culprit {

TEST_CASE("a function is found from its first byte to its last", "[symbols]") {
  SymbolTable table;
  table.add(0x1000, 0x10, "first");
  table.add(0x1020, 0, "without_size");
  table.add(0x1020, 8, "with_size");
  table.add(0x1020, 8, "alias");
  table.add(0x2000, 0, "last");
  table.add(0x3000, 1, "");
  table.seal();
  CHECK(table.count() == 3);
  CHECK_FALSE(table.find(0xfff));
  CHECK(table.find(0x1000) == "first");
  CHECK(table.find(0x100f) == "first");
  CHECK_FALSE(table.find(0x1010));
  CHECK(table.find(0x1027) == "with_size");
  CHECK_FALSE(table.find(0x1028));
  CHECK(table.find(0x9999) == "last");
  CHECK_FALSE(SymbolTable().find(0x1000));
}

TEST_CASE("perf maps are read, names with blanks and all", "[symbols]") {
  const SymbolTable table = parse_perf_map(
      "7f00 10 JS:*main /srv/app.js:3:9\n"
      "0x7f10 0x20 Lfoo;::bar\n"
      "7f40 8 before\n"
      "7f40 8 after\n");
  CHECK(table.find(0x7f0f) == "JS:*main /srv/app.js:3:9");
  CHECK(table.find(0x7f2f) == "Lfoo;::bar");
  CHECK_FALSE(table.find(0x7f30));
  CHECK(table.find(0x7f47) == "after");
}

TEST_CASE("what is no line of a perf map is passed over", "[symbols]") {
  for (const char* text :
       {"", "\n\n", "7f00", "7f00 10", "7f00 10 \n", "x 10 name\n", "7f00 y name\n",
        "7f00 0 name\n", "-1 10 name\n", "11112222333344445 10 name\n"}) {
    INFO(text);
    CHECK(parse_perf_map(text).count() == 0);
  }
  // A function at the end of memory has no address behind it.
  const SymbolTable table = parse_perf_map("ffffffffffffffff ffffffffffffffff end\n");
  CHECK(table.find(0xffffffffffffffff) == "end");
}

TEST_CASE("of kallsyms functions are kept, with their module", "[symbols]") {
  const SymbolTable table = parse_kallsyms(
      "ffffffff81000000 T _text\n"
      "ffffffff81000100 t vfs_read\n"
      "ffffffff81000200 D some_data\n"
      "ffffffffc0000000 t nf_hook\t[nf_tables]\n"
      "0000000000000000 T hidden\n"
      "nonsense\n");
  CHECK(table.count() == 3);
  CHECK(table.find(0xffffffff81000250) == "vfs_read");
  CHECK(table.find(0xffffffffc0000010) == "nf_hook [nf_tables]");
}

}  // namespace culprit
