// forker: many short processes, each of which burns a little CPU and exits with a code (tag % 4).
//
// With --exec each child becomes `forker --child MICROSECONDS TAG`, a command line of its own.
// Truth: what wait4 says each child used; children_cpu_seconds is its sum, --list FILE has a line
// "pid tag cpu_seconds" for each child. Tags count from 1.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

enum { LIVE_MAXIMUM = 1024, CODES = 4 };

static struct child {
  pid_t pid;
  long tag;
} live[LIVE_MAXIMUM];
static int live_count;
static long reaped, killed, other_codes, codes[CODES];
static double children_cpu_seconds;
static FILE *list;

_Noreturn static void be_child(double cpu_us, long tag) {
  int64_t used_ns = truth_clock_ns(CLOCK_THREAD_CPUTIME_ID);
  truth_spin(used_ns + (int64_t)(cpu_us * TRUTH_MICROSECOND_NS), INT64_MAX);
  _exit((int)(tag % CODES));
}

static void start_child(const char *self, double cpu_us, long tag) {
  pid_t pid = (pid_t)truth_try(fork(), "fork");
  if (pid > 0) {
    live[live_count++] = (struct child){pid, tag};
    return;
  }
  if (self == NULL) be_child(cpu_us, tag);
  char us_text[32], tag_text[32];
  snprintf(us_text, sizeof us_text, "%.0f", cpu_us);
  snprintf(tag_text, sizeof tag_text, "%ld", tag);
  execl(self, "forker", "--child", us_text, tag_text, (char *)NULL);
  _exit(127);
}

static bool reap(int flags) {
  struct rusage usage;
  int status;
  pid_t pid = wait4(-1, &status, flags, &usage);
  if (pid <= 0) return false;
  int at = 0;
  while (live[at].pid != pid) at++;
  double cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  if (list != NULL) fprintf(list, "%d %ld %.6f\n", pid, live[at].tag, cpu_seconds);
  children_cpu_seconds += cpu_seconds;
  reaped++;
  if (!WIFEXITED(status))
    killed++;
  else if (WEXITSTATUS(status) < CODES)
    codes[WEXITSTATUS(status)]++;
  else
    other_codes++;
  live[at] = live[--live_count];
  return true;
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "--child") == 0) be_child(atof(argv[2]), atol(argv[3]));
  double rate = 100, seconds = 0, cpu_us = 1000;
  long count = 0;
  bool with_exec = false;
  const char *list_path = NULL;
  const struct truth_option options[] = {{"--rate", TRUTH_REAL, &rate, 0.01},
                                         {"--seconds", TRUTH_REAL, &seconds, 0.01},
                                         {"--count", TRUTH_COUNT, &count, 1},
                                         {"--cpu-us", TRUTH_REAL, &cpu_us, 0},
                                         {"--exec", TRUTH_FLAG, &with_exec, 0},
                                         {"--list", TRUTH_TEXT, &list_path, 0},
                                         {0}};
  truth_arguments(
      argc, argv,
      "forker [--rate PER_SECOND=100] (--seconds S | --count N) [--cpu-us U=1000] [--exec] "
      "[--list FILE]",
      options);
  if ((seconds > 0) == (count > 0)) truth_usage_error("give either --seconds or --count");
  char self[4096] = "";  // not /proc/self/exe: that would make the comm "exe"
  if (with_exec) truth_try(readlink("/proc/self/exe", self, sizeof self - 1), "/proc/self/exe");
  if (list_path != NULL && (list = fopen(list_path, "we")) == NULL) truth_die(list_path);

  truth_ready();
  int64_t begin_ns = truth_clock_ns(CLOCK_MONOTONIC);
  int64_t end_ns = seconds > 0 ? truth_after_ns(seconds) : INT64_MAX;
  if (count == 0) count = (long)ceil(rate * seconds);
  for (long tag = 1; tag <= count; tag++) {
    int64_t due_ns = begin_ns + (int64_t)((double)(tag - 1) / rate * 1e9);
    if (!truth_sleep_until(due_ns) || truth_clock_ns(CLOCK_MONOTONIC) >= end_ns) break;
    while (live_count > 0 && reap(WNOHANG)) continue;
    while (live_count == LIVE_MAXIMUM) reap(0);
    start_child(with_exec ? self : NULL, cpu_us, tag);
  }
  while (live_count > 0) reap(0);
  if (list != NULL && fclose(list) != 0) truth_die(list_path);

  truth_begin();
  truth_count("children", reaped);
  truth_real("children_cpu_seconds", children_cpu_seconds);
  truth_object("exit_codes");
  for (int code = 0; code < CODES; code++)
    truth_count((char[]){(char)('0' + code), 0}, codes[code]);
  truth_count("other", other_codes);
  truth_end_object();
  truth_count("killed", killed);
  truth_end();
  return 0;
}
