// burn: threads that each use a fixed share of one CPU, in periods of 10 ms.
//
// A thread spins until its own CPU clock shows what it should have used since it began, then sleeps
// to the period's end: what a busy host withholds in one period is caught up in the next.
// Truth: cpu_seconds against share_ratio_asked x threads x wall_seconds.

#include <semaphore.h>
#include <unistd.h>

#include "truth.h"

enum { PERIOD_NS = 10 * TRUTH_MILLISECOND_NS };

static double share_percent = 100;
static int64_t begin_ns, end_ns;
static sem_t finished;

static void *burn(void *unused) {
  (void)unused;
  for (int64_t period = 1;; period++) {
    // At a full share it never sleeps, even when its clock runs ahead.
    double due_ns = (double)(period * PERIOD_NS) * share_percent / 100;
    truth_spin(share_percent < 100 ? (int64_t)due_ns : INT64_MAX, end_ns);
    int64_t next_ns = begin_ns + period * PERIOD_NS;
    if (!truth_sleep_until(next_ns < end_ns ? next_ns : end_ns)) break;
    if (truth_clock_ns(CLOCK_MONOTONIC) >= end_ns) break;
  }
  sem_post(&finished);
  return NULL;
}

int main(int argc, char **argv) {
  double seconds = 5;
  long threads = 1, cpu = -1;
  const char *name = NULL;
  const struct truth_option options[] = {{"--share", TRUTH_REAL, &share_percent, 0.1},
                                         {"--seconds", TRUTH_REAL, &seconds, 0.01},
                                         {"--threads", TRUTH_COUNT, &threads, 1},
                                         {"--cpu", TRUTH_COUNT, &cpu, 0},
                                         {"--name", TRUTH_TEXT, &name, 0},
                                         {0}};
  truth_arguments(
      argc, argv,
      "burn [--share PERCENT=100] [--seconds S=5] [--threads N=1] [--cpu N] [--name COMM]",
      options);
  if (share_percent > 100) truth_usage_error("--share: a thread has at most 100 percent of a CPU");
  if (cpu >= 0) truth_pin(cpu);
  if (name != NULL) truth_comm(name);
  sem_init(&finished, 0, 0);

  truth_ready();
  begin_ns = truth_clock_ns(CLOCK_MONOTONIC);
  end_ns = truth_after_ns(seconds);
  for (long i = 1; i < threads; i++) truth_thread(burn, NULL);
  burn(NULL);
  for (long ended = 0; ended < threads;)
    if (sem_wait(&finished) == 0) ended++;

  double wall_seconds = (double)(truth_clock_ns(CLOCK_MONOTONIC) - begin_ns) / 1e9;
  double cpu_seconds = (double)truth_clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
  truth_begin();
  truth_count("threads", threads);
  truth_real("share_ratio_asked", share_percent / 100);
  truth_real("share_ratio", cpu_seconds / wall_seconds / (double)threads);
  truth_end();
  return 0;
}
