// SPDX-License-Identifier: Apache-2.0
#include "model/task_text.h"

#include "catch.h"

using namespace culprit;

namespace {

TaskName named(std::optional<CodeName> root, std::optional<CodeName> application = {}) {
  TaskName name;
  name.kind = TaskKind::kCoroutine;
  name.root = std::move(root);
  name.application = std::move(application);
  return name;
}

}  // namespace

TEST_CASE("a pool of threads is named without what counts them", "[task_text]") {
  CHECK(thread_pool_name("Worker-3") == "Worker-*");
  CHECK(thread_pool_name("GC Thread#1") == "GC Thread#*");
  CHECK(thread_pool_name("C2 CompilerThre0") == "C2 CompilerThre*");
  CHECK(thread_pool_name("C1 CompilerThre10") == "C1 CompilerThre*");
  CHECK(thread_pool_name("tokio-runtime-w") == "tokio-runtime-w");
  CHECK(thread_pool_name("libuv-worker") == "libuv-worker");
  CHECK(thread_pool_name("v8:ProfEvntProc") == "v8:ProfEvntProc");
  CHECK(thread_pool_name("V8 DefaultWorke") == "V8 DefaultWorke");
  CHECK(thread_pool_name("pool-1-thread-1") == "pool-*-thread-*");
  CHECK(thread_pool_name("pool-12-thread-") == "pool-*-thread-*");
  CHECK(thread_pool_name("http-nio-8080-e") == "http-nio-*-e");
  CHECK(thread_pool_name("node") == "node");
  CHECK(thread_pool_name("w12") == "w*");
  CHECK(thread_pool_name("") == "");
  CHECK(thread_pool_name("a\x1b[J") == "a?[J");
  CHECK(kernel_pool_name("kworker/0:1H-events") == "kworker/*");
  CHECK(kernel_pool_name("ksoftirqd/12") == "ksoftirqd/*");
  CHECK(kernel_pool_name("kcompactd0") == "kcompactd*");
}

TEST_CASE("commands of two runs of one job are the same", "[task_text]") {
  const auto same = [](std::string_view a, std::string_view b) {
    return command_pattern(a) == command_pattern(b);
  };
  CHECK(same("/usr/bin/convert /tmp/upload-a1/x.png", "convert /tmp/upload-b7/y.png"));
  CHECK(same("backup --date 2026-11-25", "backup --date 2026-11-26"));
  CHECK(same("import 12", "import 345"));
  CHECK(
      same("job 550e8400-e29b-41d4-a716-446655440000", "job 6ba7b810-9dad-11d1-80b4-00c04fd430c8"));
  CHECK_FALSE(same("redis-server *:6379", "redis-server *:6380"));
  CHECK_FALSE(same("uvicorn app:app --port 8001", "uvicorn app:app --port 8002"));
  CHECK_FALSE(same("rsync -a /data", "rsync -a /home"));
  CHECK(command_pattern("") == "");
  CHECK(command_pattern("postgres: checkpointer ") == "postgres: checkpointer");
  CHECK(command_pattern(std::string(100'000, '7')).size() < 520);
}

TEST_CASE("a title is what the shell or the interpreter was started for", "[task_text]") {
  CHECK(command_title("/bin/sh -c /usr/local/bin/backup.sh") == "backup.sh");
  CHECK(command_title("/bin/bash /opt/run.sh --all") == "run.sh --all");
  CHECK(command_title("/usr/bin/python3 -m http.server 8000") == "http.server *");
  CHECK(command_title("python3.11 /srv/app/worker.py") == "worker.py");
  CHECK(command_title("node server.js") == "server.js");
  CHECK(command_title("-bash") == "-bash");
  CHECK(command_title("/usr/sbin/cron -f") == "cron -f");
  CHECK(command_title("x" + std::string(300, 'y')).size() <= 70);
}

TEST_CASE("a task is named as a developer would name it", "[task_text]") {
  CHECK(task_title(named(CodeName{"Worker.poll", "/srv/app/worker.py", 31})) ==
        "Worker.poll (worker.py:31)");
  CHECK(task_title(named(CodeName{"RequestResponseCycle.run_asgi", "/x/h11_impl.py", 400},
                         CodeName{"get_user", "/srv/app/api.py", 34})) ==
        "RequestResponseCycle.run_asgi › get_user (api.py:34)");
  CHECK(task_title(named(CodeName{"main.<locals>.tick", "app.py", 5})) == "tick (app.py:5)");
  CHECK(task_title(named(CodeName{"<module>", "/srv/app.py", 1})) == "main (app.py:1)");
  CHECK(task_title(named(CodeName{"run", "/srv/jobs/__init__.py", 0})) == "run (jobs/__init__.py)");
  CHECK(task_title(named(CodeName{"f", "", 0})) == "f");
  CHECK(task_title(named({})) == "unnamed");
  CHECK(task_title(named(CodeName{"a\nb\x7f\xff", "x.py", 1})) == "a?b?\xef\xbf\xbd (x.py:1)");
}

TEST_CASE("an id is of owner, kind and name", "[task_text]") {
  const std::string id = task_id_text("a", TaskRowKind::kJob, "b");
  CHECK(id.size() == 16);
  CHECK(id == task_id_text("a", TaskRowKind::kJob, "b"));
  CHECK(id != task_id_text("a", TaskRowKind::kUnit, "b"));
  CHECK(id != task_id_text("ab", TaskRowKind::kJob, ""));
  CHECK(id != task_id_text("a", TaskRowKind::kJob, "c"));
}
