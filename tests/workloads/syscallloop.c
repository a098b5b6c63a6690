// syscallloop: one system call, or one request and its reply over a socket, again and again.
//
// getppid; read of 1 byte from /dev/zero; write of 1 byte to /dev/null; unix, tcp: a call of
// --bytes there and back between two processes (the peer's comm is "syscall-peer"), with --redis
// the PING and PONG of Redis instead. Truth: ns_per_call. One unix or tcp call is two sends and two
// receives.

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "truth.h"

enum { BYTES_MAXIMUM = 65536 };

static char request[BYTES_MAXIMUM], reply[BYTES_MAXIMUM];
static size_t request_bytes, reply_bytes;
static int fd = -1;

static bool call_getppid(void) { return syscall(SYS_getppid) >= 0; }
static bool call_read(void) { return read(fd, reply, 1) == 1; }
static bool call_write(void) { return write(fd, request, 1) == 1; }
static bool call_peer(void) {
  return truth_send(fd, request, request_bytes) == request_bytes &&
         truth_receive(fd, reply, reply_bytes) == reply_bytes;
}

static void say(const char *ask, const char *answer) {
  request_bytes = strlen(ask);
  reply_bytes = strlen(answer);
  memcpy(request, ask, request_bytes);
  memcpy(reply, answer, reply_bytes);
}

static pid_t start_peer(bool tcp, const long cpus[2]) {
  int fds[2];
  if (tcp)
    truth_tcp_pair(fds);
  else
    truth_try(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
  if (cpus[1] >= 0) truth_pin(cpus[1]);  // before the fork, so that a wrong number is an error
  pid_t peer = truth_peer("syscall-peer");
  if (peer == 0) {
    close(fds[0]);
    while (truth_receive(fds[1], request, request_bytes) == request_bytes)
      if (truth_send(fds[1], reply, reply_bytes) != reply_bytes) break;
    _exit(0);
  }
  close(fds[1]);
  fd = fds[0];
  return peer;
}

int main(int argc, char **argv) {
  const char *kind = "getppid", *cpus_text = NULL;
  long loops = 1000000, size = 300, cpus[2], done = 0;
  bool redis = false;
  const struct truth_option options[] = {
      {"--kind", TRUTH_TEXT, &kind, 0},      {"--loops", TRUTH_COUNT, &loops, 1},
      {"--bytes", TRUTH_COUNT, &size, 1},    {"--redis", TRUTH_FLAG, &redis, 0},
      {"--cpus", TRUTH_TEXT, &cpus_text, 0}, {0}};
  truth_arguments(argc, argv,
                  "syscallloop [--kind getppid|read|write|unix|tcp] [--loops N=1000000] "
                  "[--bytes B=300 | --redis] [--cpus A,B]",
                  options);
  if (size > BYTES_MAXIMUM) truth_usage_error("--bytes: expected at most %d", BYTES_MAXIMUM);
  request_bytes = reply_bytes = (size_t)size;
  if (redis) say("*1\r\n$4\r\nPING\r\n", "+PONG\r\n");
  truth_cpu_pair(cpus_text, cpus);

  bool (*call)(void) = call_peer;
  pid_t peer = -1;
  if (strcmp(kind, "getppid") == 0) {
    call = call_getppid;
  } else if (strcmp(kind, "read") == 0) {
    call = call_read;
    fd = (int)truth_try(open("/dev/zero", O_RDONLY | O_CLOEXEC), "/dev/zero");
  } else if (strcmp(kind, "write") == 0) {
    call = call_write;
    fd = (int)truth_try(open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null");
  } else if (strcmp(kind, "unix") == 0 || strcmp(kind, "tcp") == 0) {
    peer = start_peer(strcmp(kind, "tcp") == 0, cpus);
  } else {
    truth_usage_error("--kind: unknown kind '%s'", kind);
  }
  if (cpus[0] >= 0) truth_pin(cpus[0]);

  truth_ready();
  int64_t begin_ns = truth_clock_ns(CLOCK_MONOTONIC);
  while (done < loops && !atomic_load(&truth_stop) && call()) done++;
  int64_t took_ns = truth_clock_ns(CLOCK_MONOTONIC) - begin_ns;
  if (peer > 0) truth_end_peer(peer);

  truth_begin();
  truth_text("kind", kind);
  if (peer > 0) truth_count("peer_pid", peer);
  truth_count("calls", done);
  truth_real("ns_per_call", (double)took_ns / (double)done);
  truth_end();
  return 0;
}
