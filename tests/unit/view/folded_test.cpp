// SPDX-License-Identifier: Apache-2.0
#include "view/folded.h"

#include "catch.h"
#include "unit/model/stacks.h"

namespace culprit {

TEST_CASE("folded stacks: a line each, samples on a CPU or microseconds blocked", "[flame]") {
  StackProfile profile = test::small_profile();
  CHECK(folded_text(profile) ==
        "app;idle<int> 1\n"
        "app;main;work 6\n"
        "app;main;work;vfs_read_[k] 3\n");
  profile.blocked = true;
  profile.stacks.push_back({test::stack_frames("n:app main"), 1, 999});
  CHECK(folded_text(profile) ==
        "app;idle<int> 2000\n"
        "app;main;work 12000\n"
        "app;main;work;vfs_read_[k] 6000\n");
  CHECK(folded_text({}).empty());
}

TEST_CASE("a name cannot part a folded line", "[flame]") {
  StackProfile profile;
  profile.stacks = {
      {{std::make_shared<StackFrame>(StackFrame{CodeKind::kJit, "L;a b\nc", ""})}, 2, 2}};
  CHECK(folded_text(profile) == "L:a b?c 2\n");
}

}  // namespace culprit
