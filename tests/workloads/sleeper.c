// sleeper: one thread that is blocked nearly all of its time, in one named way.
//
// Whoever ends its waits is another process (comm "sleeper-peer"), so that this one does nothing
// else. Truth: blocked_seconds, the sum over all waits of time by CLOCK_MONOTONIC less the thread's
// CPU time; that includes waiting for a CPU after the wake, which the kernel gives as
// run_queue_seconds.

#include "sleeper.h"

#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct way *find_way(const char *name) {
  const struct way *const tables[] = {sleeper_time_ways, sleeper_memory_ways, sleeper_io_ways,
                                      sleeper_file_ways};
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
    for (const struct way *way = tables[i]; way->name != NULL; way++)
      if (strcmp(way->name, name) == 0) return way;
  truth_usage_error("--how: unknown way '%s'", name);
}

static pid_t start_peer(const struct way *way, int64_t period_ns) {
  if (way->answer == NULL) return -1;
  sem_t *up = truth_shared(sizeof *up);
  sem_init(up, 1, 0);
  pid_t peer = truth_peer("sleeper-peer");
  if (peer == 0) {
    if (way->hold != NULL) way->hold();
    sem_post(up);
    for (;;) way->answer(period_ns);
  }
  while (sem_wait(up) != 0) continue;
  return peer;
}

static double run_queue_seconds(void) {
  FILE *file = fopen("/proc/self/schedstat", "re");
  long long ran_ns, waited_ns = -1;
  if (file == NULL) return -1;
  if (fscanf(file, "%lld %lld", &ran_ns, &waited_ns) != 2) waited_ns = -1;
  fclose(file);
  return (double)waited_ns / 1e9;
}

int main(int argc, char **argv) {
  const char *how = NULL, *directory = ".";
  double seconds = 5, period_ms = 0;
  const struct truth_option options[] = {{"--how", TRUTH_TEXT, &how, 0},
                                         {"--seconds", TRUTH_REAL, &seconds, 0.01},
                                         {"--period-ms", TRUTH_REAL, &period_ms, 0.1},
                                         {"--dir", TRUTH_TEXT, &directory, 0},
                                         {"--block-kb", TRUTH_COUNT, &sleeper_block_kb, 4},
                                         {0}};
  truth_arguments(argc, argv,
                  "sleeper --how nanosleep|futex|pipe|socket|poll|epoll|select|odirect|fsync|wait|"
                  "pause|flock|sem|mutex|condvar [--seconds S=5] [--period-ms P=50 (socket: 20)] "
                  "[--dir DIR=. (odirect, fsync, flock)] [--block-kb 4|1024=1024 (odirect)]",
                  options);
  if (how == NULL) truth_usage_error("--how is needed");
  if (sleeper_block_kb % 4 != 0 || sleeper_block_kb > 1024)
    truth_usage_error("--block-kb: expected a multiple of 4 up to 1024");
  const struct way *way = find_way(how);
  int64_t period_ns = (int64_t)((period_ms > 0 ? period_ms : way->period_ms) * 1e6);
  way->setup(directory);
  pid_t peer = start_peer(way, period_ns);
  double queued_before = run_queue_seconds();

  truth_ready();
  int64_t begin_ns = truth_clock_ns(CLOCK_MONOTONIC), end_ns = truth_after_ns(seconds);
  int64_t now_ns = begin_ns, blocked_ns = 0, longest_ns = 0;
  long waits = 0;
  for (; now_ns < end_ns && !atomic_load(&truth_stop); waits++) {
    int64_t cpu_ns = truth_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    int64_t before_ns = truth_clock_ns(CLOCK_MONOTONIC);
    way->block(period_ns);
    now_ns = truth_clock_ns(CLOCK_MONOTONIC);
    cpu_ns = truth_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
    int64_t wait_ns = now_ns - before_ns - cpu_ns;
    blocked_ns += wait_ns;
    if (wait_ns > longest_ns) longest_ns = wait_ns;
  }
  double queued = run_queue_seconds() - queued_before;
  if (peer > 0) truth_end_peer(peer);

  truth_begin();
  truth_text("how", how);
  truth_count("waits", waits);
  truth_real("seconds", (double)(now_ns - begin_ns) / 1e9);
  truth_real("blocked_seconds", (double)blocked_ns / 1e9);
  truth_real("blocked_ratio", (double)blocked_ns / (double)(now_ns - begin_ns));
  truth_real("longest_wait_seconds", (double)longest_ns / 1e9);
  truth_real("run_queue_seconds", queued);
  truth_end();
  return 0;
}
