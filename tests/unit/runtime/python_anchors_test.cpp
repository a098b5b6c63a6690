// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_anchors.h"

#include "catch.h"

namespace culprit {

TEST_CASE("functions that call pieces of work", "[runtime]") {
  const auto* callback = find_anchor("/usr/lib/python3.11/asyncio/events.py", "Handle._run", true);
  REQUIRE(callback);
  CHECK(callback->kind == TaskKind::kCallback);
  const auto* job = find_anchor("/v/lib/python3.9/site-packages/celery/app/trace.py",
                                "build_tracer.<locals>.trace_task", true);
  REQUIRE(job);
  CHECK(job->kind == TaskKind::kJob);
  CHECK(job->framework == "celery");
  const auto* thread = find_anchor("/usr/lib/python3.11/threading.py", "Thread.run", true);
  REQUIRE(thread);
  CHECK(thread->kind == TaskKind::kThread);
  CHECK(find_anchor("threading.py", "Thread.run", true) == thread);
}

TEST_CASE("until 3.10 only the last part of a function's name is known", "[runtime]") {
  CHECK(find_anchor("/usr/lib/python3.9/asyncio/events.py", "_run", false));
  CHECK(find_anchor("/s/celery/app/trace.py", "trace_task", false));
  CHECK_FALSE(find_anchor("/usr/lib/python3.11/asyncio/events.py", "_run", true));
}

TEST_CASE("other functions, and files that end alike, are no anchors", "[runtime]") {
  CHECK_FALSE(find_anchor("/usr/lib/python3.11/asyncio/events.py", "Handle.cancel", true));
  CHECK_FALSE(find_anchor("/srv/app/mythreading.py", "Thread.run", true));
  CHECK_FALSE(find_anchor("", "Thread.run", true));
  CHECK_FALSE(find_anchor("/usr/lib/python3.11/threading.py", "", false));
}

}  // namespace culprit
