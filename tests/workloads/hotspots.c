// hotspots: one thread that spends 60, 30 and 10 percent of its CPU time in three functions, each
// called by main_loop() through between(), with frame pointers; a part of it within the kernel when
// --kernel is given, by reading /dev/zero in hot_kernel().
//
// A function is chosen whenever its share is furthest behind, and works for a random while: in a
// steady rhythm it could keep step with whoever samples it. Truth: seconds in each by the
// thread's own CPU clock, against cpu_seconds.

#include <fcntl.h>
#include <unistd.h>

#include "truth.h"

enum { FUNCTIONS = 4, MOST_ROUNDS = 300000, MOST_BYTES = 2 << 20 };

static volatile uint64_t sink;
static int zero_fd = -1;

static uint64_t random_below(uint64_t end) {
  static uint64_t state = 88172645463325252;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % end;
}

// Each in its own words, so that none is folded into another. That they keep something on the
// stack makes gcc give them a frame: without, the walk would miss who called them.
__attribute__((noinline)) static void hot_sixty(uint64_t rounds) {
  for (volatile uint64_t i = 0; i < rounds; i++) sink += i * 3;
}
__attribute__((noinline)) static void hot_thirty(uint64_t rounds) {
  for (volatile uint64_t i = 0; i < rounds; i++) sink ^= i * 5;
}
__attribute__((noinline)) static void hot_ten(uint64_t rounds) {
  for (volatile uint64_t i = 0; i < rounds; i++) sink -= i * 7;
}
__attribute__((noinline)) static void hot_kernel(uint64_t rounds) {
  static char buffer[MOST_BYTES];
  size_t bytes = rounds * MOST_BYTES / MOST_ROUNDS;
  sink += (uint64_t)truth_try(read(zero_fd, buffer, bytes), "reading /dev/zero");
}

struct hotspot {
  const char *name;
  void (*run)(uint64_t rounds);
  double share;
  int64_t ns;
};

static struct hotspot hotspots[FUNCTIONS] = {{"hot_sixty", hot_sixty, 0.6, 0},
                                             {"hot_thirty", hot_thirty, 0.3, 0},
                                             {"hot_ten", hot_ten, 0.1, 0},
                                             {"hot_kernel", hot_kernel, 0, 0}};

__attribute__((noinline)) static void between(struct hotspot *hotspot) {
  int64_t before_ns = truth_clock_ns(CLOCK_THREAD_CPUTIME_ID);
  hotspot->run(random_below(MOST_ROUNDS) + 1);
  hotspot->ns += truth_clock_ns(CLOCK_THREAD_CPUTIME_ID) - before_ns;
}

static struct hotspot *furthest_behind(void) {
  struct hotspot *chosen = &hotspots[0];
  int64_t all_ns = 0;
  double most = -1;
  for (int i = 0; i < FUNCTIONS; i++) all_ns += hotspots[i].ns;
  for (int i = 0; i < FUNCTIONS; i++) {
    double behind = hotspots[i].share * (double)all_ns - (double)hotspots[i].ns;
    if (hotspots[i].share > 0 && behind > most) {
      most = behind;
      chosen = &hotspots[i];
    }
  }
  return chosen;
}

__attribute__((noinline)) static void main_loop(int64_t end_ns) {
  while (!truth_stop && truth_clock_ns(CLOCK_MONOTONIC) < end_ns) between(furthest_behind());
}

int main(int argc, char **argv) {
  double seconds = 5;
  bool kernel = false;
  const struct truth_option options[] = {
      {"--seconds", TRUTH_REAL, &seconds, 0.01}, {"--kernel", TRUTH_FLAG, &kernel, 0}, {0}};
  truth_arguments(argc, argv, "hotspots [--seconds S=5] [--kernel]", options);
  if (kernel) {
    zero_fd = (int)truth_try(open("/dev/zero", O_RDONLY), "/dev/zero");
    hotspots[3].share = 0.5;
    for (int i = 0; i < 3; i++) hotspots[i].share /= 2;
  }
  truth_ready();
  main_loop(truth_after_ns(seconds));

  truth_begin();
  for (int i = 0; i < FUNCTIONS; i++) truth_real(hotspots[i].name, (double)hotspots[i].ns / 1e9);
  truth_end();
  return 0;
}
