// switchloop: two processes hand one byte to and fro over two pipes: nothing but context switches.
//
// On one CPU (--cpus 0,0) each half round is a switch between the two; on two CPUs, from and to
// idle. Truth: ns_per_round_trip, as timed by the first process. The peer's comm is
// "switchloop-peer".

#include <unistd.h>

#include "truth.h"

int main(int argc, char **argv) {
  long loops = 100000, cpus[2], done = 0;
  const char *cpus_text = "0,0";
  const struct truth_option options[] = {
      {"--cpus", TRUTH_TEXT, &cpus_text, 0}, {"--loops", TRUTH_COUNT, &loops, 1}, {0}};
  truth_arguments(argc, argv, "switchloop [--cpus A,B=0,0] [--loops N=100000]", options);
  truth_cpu_pair(cpus_text, cpus);
  truth_pin(cpus[1]);  // the peer inherits it, and both numbers are checked here
  int there[2], back[2];
  truth_try(pipe(there), "pipe");
  truth_try(pipe(back), "pipe");
  char byte = 0;

  pid_t peer = truth_peer("switchloop-peer");
  if (peer == 0)
    for (;;)
      if (truth_receive(there[0], &byte, 1) != 1 || truth_send(back[1], &byte, 1) != 1) _exit(0);
  truth_pin(cpus[0]);

  truth_ready();
  int64_t begin_ns = truth_clock_ns(CLOCK_MONOTONIC);
  while (done < loops && !atomic_load(&truth_stop) && truth_send(there[1], &byte, 1) == 1 &&
         truth_receive(back[0], &byte, 1) == 1)
    done++;
  int64_t took_ns = truth_clock_ns(CLOCK_MONOTONIC) - begin_ns;
  truth_end_peer(peer);

  truth_begin();
  truth_count("peer_pid", peer);
  truth_count("round_trips", done);
  truth_real("ns_per_round_trip", (double)took_ns / (double)done);
  truth_end();
  return 0;
}
