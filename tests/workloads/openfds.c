// openfds: a process that holds many file descriptors (of /dev/null) and waits.
//
// --limit sets the soft limit, to stand close under it; without it the limit is raised if need be.
// Truth: opened (by the workload), open (all, with stdin and the rest, while it waited),
// soft_limit.

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "truth.h"

static long count_open(void) {
  DIR *directory = opendir("/proc/self/fd");
  if (directory == NULL) truth_die("/proc/self/fd");
  long entries = 0;
  while (readdir(directory) != NULL) entries++;
  closedir(directory);
  return entries - 3;  // ".", "..", and the directory itself
}

int main(int argc, char **argv) {
  long count = 100, soft_limit = 0;
  double seconds = 60;
  const struct truth_option options[] = {{"--count", TRUTH_COUNT, &count, 1},
                                         {"--limit", TRUTH_COUNT, &soft_limit, 1},
                                         {"--seconds", TRUTH_REAL, &seconds, 0.01},
                                         {0}};
  truth_arguments(argc, argv, "openfds [--count N=100] [--limit SOFT] [--seconds S=60]", options);
  struct rlimit limit;
  truth_try(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  rlim_t needed = (rlim_t)(count_open() + count + 1);  // one for reading /proc/self/fd
  if (soft_limit > 0)
    limit.rlim_cur = (rlim_t)soft_limit;
  else if (limit.rlim_cur < needed)
    limit.rlim_cur = needed;
  if (limit.rlim_max < limit.rlim_cur) limit.rlim_max = limit.rlim_cur;
  truth_try(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  for (long i = 0; i < count; i++)
    truth_try(open("/dev/null", O_RDONLY | O_CLOEXEC), "open /dev/null");
  long open_count = count_open();

  truth_ready();
  truth_sleep_until(truth_after_ns(seconds));
  truth_begin();
  truth_count("opened", count);
  truth_count("open", open_count);
  truth_count("soft_limit", (long)limit.rlim_cur);
  truth_end();
  return 0;
}
