// netload: TCP connections over loopback, one after the other, evenly spread over --seconds.
//
// The client (comm "netload") opens one, sends --bytes, gets as many back from the server process
// (comm "netload-server"), and ends it first.
// Truth: what each of the two opened, moved and closed.

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

struct side {
  long opened;  // connected by the client, accepted by the server
  long closed;
  long sent_bytes;
  long received_bytes;
};

static char buffer[65536];

static bool move(int fd, long bytes, long *moved, bool sending) {
  for (long left = bytes; left > 0;) {
    size_t part = left < (long)sizeof buffer ? (size_t)left : sizeof buffer;
    size_t done = sending ? truth_send(fd, buffer, part) : truth_receive(fd, buffer, part);
    *moved += (long)done;
    if (done < part) return false;
    left -= (long)done;
  }
  return true;
}

static void serve(int listener, long bytes, struct side *side) {
  for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
    side->opened++;
    if (move(fd, bytes, &side->received_bytes, false) && move(fd, bytes, &side->sent_bytes, true))
      truth_receive(fd, buffer, 1);  // the client's close
    close(fd);
    side->closed++;
  }
}

static bool call(uint16_t port, long bytes, struct side *side) {
  int fd = truth_connect(port);
  side->opened++;
  bool whole =
      move(fd, bytes, &side->sent_bytes, true) && move(fd, bytes, &side->received_bytes, false);
  // Ends its half, then waits for the server's end: nothing is left in the accept queue.
  shutdown(fd, SHUT_WR);
  truth_receive(fd, buffer, 1);
  close(fd);
  side->closed++;
  return whole;
}

static void print_side(const char *name, pid_t pid, const char *opened, const struct side *side) {
  truth_object(name);
  truth_count("pid", pid);
  truth_count(opened, side->opened);
  truth_count("closed", side->closed);
  truth_count("sent_bytes", side->sent_bytes);
  truth_count("received_bytes", side->received_bytes);
  truth_end_object();
}

int main(int argc, char **argv) {
  long connections = 100, bytes = 1000;
  double seconds = 1;
  const struct truth_option options[] = {{"--connections", TRUTH_COUNT, &connections, 1},
                                         {"--bytes", TRUTH_COUNT, &bytes, 0},
                                         {"--seconds", TRUTH_REAL, &seconds, 0},
                                         {0}};
  truth_arguments(argc, argv, "netload [--connections N=100] [--bytes B=1000] [--seconds S=1]",
                  options);
  memset(buffer, 'n', sizeof buffer);
  struct side *server_side = truth_shared(sizeof *server_side), client_side = {0};
  uint16_t port;
  int listener = truth_listen(&port);
  pid_t server = truth_peer("netload-server");
  if (server == 0) {
    serve(listener, bytes, server_side);
    _exit(0);
  }

  truth_ready();
  int64_t begin_ns = truth_clock_ns(CLOCK_MONOTONIC);
  for (long i = 0; i < connections; i++) {
    double due_ns = seconds * 1e9 * (double)i / (double)connections;
    if (!truth_sleep_until(begin_ns + (int64_t)due_ns)) break;
    if (!call(port, bytes, &client_side)) break;
  }
  shutdown(listener, SHUT_RD);  // makes the server's accept fail
  while (waitpid(server, NULL, 0) < 0) continue;

  truth_begin();
  truth_count("port", port);
  print_side("client", getpid(), "connected", &client_side);
  print_side("server", server, "accepted", server_side);
  truth_end();
  return 0;
}
