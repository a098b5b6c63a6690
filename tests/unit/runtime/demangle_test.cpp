// SPDX-License-Identifier: Apache-2.0
#include "runtime/demangle.h"

#include "catch.h"

namespace culprit {

TEST_CASE("names read as they were written, without parameters", "[demangle]") {
  const auto [symbol, text, language] = GENERATE(table<std::string, std::string, Language>(
      {{"main", "main", Language::kOther},
       {"_start", "_start", Language::kOther},
       {"_ZN3foo3barEi", "foo::bar", Language::kCplusplus},
       {"_ZNK3foo3barEv", "foo::bar", Language::kCplusplus},
       {"_ZN3foo3barEi.cold", "foo::bar", Language::kCplusplus},
       {"_ZN3foo3barEi.isra.0", "foo::bar", Language::kCplusplus},
       {"_ZN3foo3barEPFivE", "foo::bar", Language::kCplusplus},
       {"_ZN3foo3barERKN12_GLOBAL__N_11aE", "foo::bar", Language::kCplusplus},
       {"_ZN12_GLOBAL__N_11fEv", "(anonymous namespace)::f", Language::kCplusplus},
       {"_ZN3fooclEv", "foo::operator()", Language::kCplusplus},
       {"_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()", Language::kCplusplus},
       {"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back",
        Language::kCplusplus},
       {"_ZTV3foo", "vtable for foo", Language::kCplusplus},
       {"_ZN4core3ptr13drop_in_place17h0123456789abcdefE", "core::ptr::drop_in_place",
        Language::kRust},
       {"_ZN61_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..fmt..Debug$GT$"
        "3fmt17h0123456789abcdefE",
        "<alloc::vec::Vec<T> as core::fmt::Debug>::fmt", Language::kRust},
       {"_RNvC6_123foo3bar", "123foo::bar", Language::kRust},
       {"_RNvNtCsalM65ksrrJu_3std2rt19lang_start_internal", "std::rt::lang_start_internal",
        Language::kRust},
       {"_RNCINvNtCsalM65ksrrJu_3std2rt10lang_startuE0Cs6ygKICNz7jq_4tool.llvm.414905",
        "std::rt::lang_start::{closure}", Language::kRust},
       {"_RNvMs_NtC5alloc3vecINtB4_3VeclE4push", "<alloc::vec::Vec>::push", Language::kRust},
       {"_RNvXs_C3fooNtB4_3BarNtC4core5Debug3fmt", "<foo::Bar as core::Debug>::fmt",
        Language::kRust},
       {"_RNvYRShNtC4core4Read4read", "<&[u8] as core::Read>::read", Language::kRust},
       {"_RNvXC3fooTlDNtC4core3AnyEL_EB2_3run", "<(i32, dyn core::Any) as foo>::run",
        Language::kRust},
       {"_RNvB_3foo", "_RNvB_3foo", Language::kOther},
       {"_R", "_R", Language::kOther},
       {"_RNvC999999999999999999999999foo", "_RNvC999999999999999999999999foo", Language::kOther},
       {"_Znonsense", "_Znonsense", Language::kOther},
       {"_Z", "_Z", Language::kOther},
       {"", "", Language::kOther}}));
  INFO(symbol);
  const FunctionName name = demangle(symbol);
  CHECK(name.text == text);
  CHECK(name.language == language);
}

TEST_CASE("a name that would grow without end stays as it is", "[demangle]") {
  std::string symbol = "_Z1fSt4pairIiiE";
  for (char digit = '0'; digit < '9'; digit++)
    for (char second = 'A'; second < 'G'; second++) symbol += "St4pairIS_S_E";
  CHECK(demangle(symbol).text == symbol);
  const std::string deep = "_R" + std::string(100'000, 'I');
  CHECK(demangle(deep).text == deep);
  const std::string longer = "_Z" + std::string(100'000, 'P');
  CHECK(demangle(longer).text == longer);
}

}  // namespace culprit
