// SPDX-License-Identifier: Apache-2.0
#include "model/start_groups.h"

#include "catch.h"

using namespace culprit;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// A host on which one who answers waits 20 % of the time while jobs begin, else 1 %.
class Jobs {
 public:
  /// Passes so many seconds; `starts` tells which jobs begin in a second.
  template <typename Starts>
  void pass(std::uint64_t seconds, Starts&& starts) {
    for (; seconds > 0; seconds--, now_++) {
      std::vector<TaskStart> begun;
      for (const char* name : starts(now_))
        begun.push_back({now_ * kSecond + 1, {name, name, {{1, 1}, name}}});
      if (begun.size() > 2) busy_until_ = now_ + 3;
      groups.advance(std::move(begun), now_ < busy_until_ ? 0.2 : 0.01, now_ * kSecond,
                     (now_ + 1) * kSecond);
    }
  }
  std::vector<StartGroupRow> rows() const { return groups.rows(now_ * kSecond); }

  StartGroups groups;

 private:
  std::uint64_t now_ = 1000, busy_until_ = 0;
};

using Names = std::vector<const char*>;

}  // namespace

TEST_CASE("jobs that start together three times are a group", "[start_groups]") {
  Jobs jobs;
  const auto each_minute = [](std::uint64_t second) {
    if (second % 60 == 0) return Names{"a", "b", "c"};
    return second % 60 == 30 ? Names{"lonely"} : Names{};
  };
  jobs.pass(110, each_minute);
  CHECK(jobs.rows().empty());
  jobs.pass(160, each_minute);
  const auto rows = jobs.rows();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].members.size() == 3);
  CHECK(rows[0].members[0].name == "a");
  CHECK(rows[0].times >= 3);
  CHECK(rows[0].wait_ratio_then == Approx(0.2));
  CHECK(rows[0].wait_ratio_else == Approx(0.01));
  // They are spread: some periods later the group is history.
  jobs.pass(400, [](std::uint64_t second) {
    return second % 60 == 0 ? Names{"a"} : second % 60 == 20 ? Names{"b"} : Names{};
  });
  CHECK(jobs.rows().empty());
}

TEST_CASE("two jobs, or others each time, are none", "[start_groups]") {
  Jobs two;
  two.pass(400, [](std::uint64_t second) { return second % 60 == 0 ? Names{"a", "b"} : Names{}; });
  CHECK(two.rows().empty());
  Jobs others;
  others.pass(400, [](std::uint64_t second) {
    static const std::vector<Names> kSets = {{"a", "b", "c"}, {"d", "e", "f"}, {"g", "h", "i"},
                                             {"a", "d", "g"}, {"b", "e", "h"}, {"c", "f", "i"}};
    return second % 60 == 0 ? kSets[second / 60 % 6] : Names{};
  });
  CHECK(others.rows().empty());
}

TEST_CASE("what starts every few seconds is with others by chance", "[start_groups]") {
  Jobs jobs;
  jobs.pass(400, [](std::uint64_t second) {
    Names names;
    if (second % 2 == 0) names = {"a", "b"};
    if (second % 60 == 0) names.push_back("c");
    return names;
  });
  CHECK(jobs.rows().empty());
}
