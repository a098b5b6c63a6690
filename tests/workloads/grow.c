// grow: anonymous memory that grows at a steady rate, in a step every 10 ms, like a leak.
//
// Huge pages are declined so that the resident size follows what was touched.
// Truth: bytes touched, the seconds that took, its own VmRSS before and after.
// --to-oom grows until the kernel kills it (first of all processes): run it in a cgroup with a
// memory.max; then there is no truth line.

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "truth.h"

enum { STEP_NS = 10 * TRUTH_MILLISECOND_NS };

static long resident_bytes(void) {
  FILE *file = fopen("/proc/self/status", "re");
  if (file == NULL) truth_die("/proc/self/status");
  long kilobytes = -1;
  char line[256];
  while (fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, "VmRSS: %ld", &kilobytes) == 1) break;
  fclose(file);
  return kilobytes * 1024;
}

static void volunteer_for_oom(void) {
  FILE *file = fopen("/proc/self/oom_score_adj", "we");
  if (file == NULL || fputs("1000", file) < 0 || fclose(file) != 0)
    truth_die("/proc/self/oom_score_adj");
}

static void touch(long bytes) {
  void *memory =
      mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) truth_die("mmap");
  madvise(memory, (size_t)bytes, MADV_NOHUGEPAGE);
  memset(memory, 0x5a, (size_t)bytes);
}

int main(int argc, char **argv) {
  double rate_mb = 10, seconds = 0, hold_seconds = 0;
  bool to_oom = false;
  const struct truth_option options[] = {{"--rate-mb", TRUTH_REAL, &rate_mb, 0.01},
                                         {"--seconds", TRUTH_REAL, &seconds, 0.01},
                                         {"--hold", TRUTH_REAL, &hold_seconds, 0},
                                         {"--to-oom", TRUTH_FLAG, &to_oom, 0},
                                         {0}};
  truth_arguments(
      argc, argv,
      "grow [--rate-mb MB_PER_SECOND=10] (--seconds S | --to-oom) [--hold S=0]; 1 MB is 10^6 bytes",
      options);
  if ((seconds > 0) == to_oom) truth_usage_error("give either --seconds or --to-oom");
  if (to_oom) volunteer_for_oom();
  long page = sysconf(_SC_PAGESIZE);

  truth_ready();
  long rss_start = resident_bytes(), touched = 0;
  int64_t begin_ns = truth_clock_ns(CLOCK_MONOTONIC);
  int64_t end_ns = to_oom ? INT64_MAX : truth_after_ns(seconds);
  for (int64_t next_ns = begin_ns + STEP_NS; next_ns <= end_ns; next_ns += STEP_NS) {
    if (!truth_sleep_until(next_ns)) break;
    double due = rate_mb * 1e6 * (double)(next_ns - begin_ns) / 1e9;
    long step = ((long)due - touched) / page * page;
    if (step > 0) touch(step);
    touched += step;
  }
  double grew_seconds = (double)(truth_clock_ns(CLOCK_MONOTONIC) - begin_ns) / 1e9;
  long rss_end = resident_bytes();
  truth_sleep_until(truth_after_ns(hold_seconds));

  truth_begin();
  truth_count("bytes", touched);
  truth_real("seconds", grew_seconds);
  truth_count("rss_start_bytes", rss_start);
  truth_count("rss_end_bytes", rss_end);
  truth_end();
  return 0;
}
