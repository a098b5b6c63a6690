// threads: a process with many threads, of which a few wake on their own clock and work.
//
// The sleepers (comm "idle") wait in a futex that nobody wakes. The active ones (comm "active")
// wake every --period-us, spread evenly over the period, and each use --work-us of CPU. Truth:
// wakeups, and cpu_seconds of about wakeups x work.

#include <semaphore.h>

#include "truth.h"

static long period_us = 10000, work_us = 100, active = 1;
static int64_t begin_ns, end_ns;
static atomic_long wakeups;
static sem_t never;

static void *be_idle(void *unused) {
  (void)unused;
  truth_comm("idle");
  for (;;) sem_wait(&never);
  return NULL;
}

static void *be_active(void *argument) {
  truth_comm("active");
  int64_t next_ns = begin_ns + period_us * TRUTH_MICROSECOND_NS * (intptr_t)argument / active;
  while (next_ns < end_ns && truth_sleep_until(next_ns)) {
    int64_t used_ns = truth_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    truth_spin(used_ns + work_us * TRUTH_MICROSECOND_NS, end_ns);
    atomic_fetch_add(&wakeups, 1);
    // A period that was missed is skipped: a late thread wakes less often, it does not run in
    // bursts.
    int64_t now_ns = truth_clock_ns(CLOCK_MONOTONIC);
    while (next_ns <= now_ns) next_ns += period_us * TRUTH_MICROSECOND_NS;
  }
  return be_idle(NULL);
}

int main(int argc, char **argv) {
  long count = 100;
  double seconds = 5;
  const struct truth_option options[] = {
      {"--count", TRUTH_COUNT, &count, 1},          {"--active", TRUTH_COUNT, &active, 0},
      {"--period-us", TRUTH_COUNT, &period_us, 10}, {"--work-us", TRUTH_COUNT, &work_us, 0},
      {"--seconds", TRUTH_REAL, &seconds, 0.01},    {0}};
  truth_arguments(argc, argv,
                  "threads [--count N=100] [--active M=1] [--period-us P=10000] [--work-us W=100] "
                  "[--seconds S=5]",
                  options);
  if (active > count) truth_usage_error("--active: expected at most --count (%ld)", count);
  sem_init(&never, 0, 0);
  // The clock of the pattern starts after the last thread exists: creating thousands takes a while.
  begin_ns = truth_after_ns(0.01 + (double)count * 50e-6);
  end_ns = begin_ns + (int64_t)(seconds * 1e9);
  for (long i = 0; i < count; i++)
    truth_thread(i < active ? be_active : be_idle, (void *)(intptr_t)i);

  truth_ready();
  truth_sleep_until(end_ns);
  truth_begin();
  truth_count("threads", count);
  truth_count("active", active);
  truth_count("wakeups", atomic_load(&wakeups));
  truth_end();
  return 0;
}
