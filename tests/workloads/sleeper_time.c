// Ways to sleep, and to wait for a signal or a child.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sleeper.h"

static void setup_nothing(const char *directory) { (void)directory; }

static void block_nanosleep(int64_t period_ns) {
  struct timespec time = {period_ns / TRUTH_SECOND_NS, period_ns % TRUTH_SECOND_NS};
  nanosleep(&time, NULL);
}

static void ignore_signal(int number) { (void)number; }
static void setup_pause(const char *directory) {
  (void)directory;
  sigaction(SIGUSR1, &(struct sigaction){.sa_handler = ignore_signal}, NULL);
}
static void answer_pause(int64_t period_ns) {
  truth_sleep_ns(period_ns);
  kill(getppid(), SIGUSR1);
}
static void block_pause(int64_t period_ns) {
  (void)period_ns;
  pause();
}

static void block_wait(int64_t period_ns) {
  pid_t child = truth_peer("sleeper-peer");
  if (child == 0) {
    truth_sleep_ns(period_ns);
    _exit(0);
  }
  if (waitpid(child, NULL, 0) < 0) truth_end_peer(child);  // told to stop
}

const struct way sleeper_time_ways[] = {
    {"nanosleep", 50, setup_nothing, NULL, NULL, block_nanosleep},
    {"pause", 50, setup_pause, NULL, answer_pause, block_pause},
    {"wait", 50, setup_nothing, NULL, NULL, block_wait},
    {NULL, 0, NULL, NULL, NULL, NULL}};
