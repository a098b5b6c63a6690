// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include "catch.h"
#include "util/duration.h"
#include "util/interrupt.h"
#include "util/rfc3339.h"
#include "util/utf8.h"

namespace culprit {

TEST_CASE("ticks do not drift, and none is close behind another") {
  using std::chrono::milliseconds;
  const auto next = [](long passed) {
    return until_next_tick(milliseconds(passed), milliseconds(1000)) / milliseconds(1);
  };
  CHECK(next(0) == 1000);
  CHECK(next(1003) == 997);
  CHECK(next(998) == 1002);
  CHECK(next(1499) == 501);
  CHECK(next(1500) == 1500);
}

TEST_CASE("signals interrupt while the scope lives") {
  struct Target {
    volatile sig_atomic_t interrupts = 0;
    void interrupt() noexcept { interrupts = interrupts + 1; }
  } target;
  struct sigaction before {};
  sigaction(SIGTERM, nullptr, &before);
  {
    const InterruptScope scope(target);
    raise(SIGTERM);
    raise(SIGINT);
    CHECK(target.interrupts == 2);
  }
  struct sigaction after {};
  sigaction(SIGTERM, nullptr, &after);
  CHECK(after.sa_handler == before.sa_handler);
}

TEST_CASE("times are RFC 3339 in UTC to the millisecond") {
  CHECK(rfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(rfc3339(1'709'208'000'042'999'999) == "2024-02-29T12:00:00.042Z");
}

TEST_CASE("only well-formed UTF-8 passes for it") {
  CHECK(is_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xe2\x82",
                          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff"})
    CHECK_FALSE(is_utf8(bad));
  CHECK(to_utf8("a\xe2\x82z") == "a\xef\xbf\xbd\xef\xbf\xbdz");
}

}  // namespace culprit
