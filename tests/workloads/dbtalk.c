// dbtalk: a client (comm "dbtalk") and a database server (comm "dbtalk-server") that say what
// PostgreSQL or Redis say, over TCP or a Unix socket, in any way in which bytes can be moved.
//
// Truth: calls answered and given up, rows, the statement, the server's address, who made them,
// how long they took.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbtalk.h"
#include "truth.h"

enum { CONNECTIONS_MOST = 1000 };

static struct talk talk;
static struct way way = {.send = "write", .receive = "read", .pieces = 1};
static struct place place = {.family = "tcp"};
static const char *mode = "simple", *hold = "none";
static long calls = 10, connections = 1, pipeline = 1, rows = 1, text_bytes = 30;
static double late_ms, server_ms, idle_first_ms, period_ms;
static bool reuse_fd, fork_share, two_threads;

// In memory that all processes share.
struct shared {
  atomic_bool go;  // SIGUSR1 came
  atomic_long child_calls;
};
static struct shared *shared;

static struct moved moved;
static struct bytes batch;  // requests of one pipeline
static long answered, aborted;
static double call_seconds;

static void on_go(int signal_number) {
  (void)signal_number;
  atomic_store(&shared->go, true);
}

static void await_go(void) {
  while (!atomic_load(&shared->go) && !atomic_load(&truth_stop))
    truth_sleep_ns(TRUTH_MILLISECOND_NS);
}

static void sleep_ms(double ms) {
  if (ms > 0) truth_sleep_ns((int64_t)(ms * TRUTH_MILLISECOND_NS));
}

// ---- the server

struct session {
  int fd;
  size_t received;  // of the present request
  bool started;
};

// False: the connection is over.
static bool answer(struct session *session, size_t size) {
  session->received += size;
  for (;;) {
    const struct bytes *due = session->started ? &talk.request : &talk.start_up;
    const struct bytes *reply = session->started ? &talk.reply : &talk.start_up_reply;
    if (session->received < due->size || (session->started && due->size == 0)) return true;
    session->received -= due->size;
    if (session->started) {
      sleep_ms(server_ms);
      if (strcmp(hold, "call") == 0) await_go();
    }
    session->started = true;
    if (truth_send(session->fd, reply->data, reply->size) < reply->size) return false;
  }
}

static void serve(int listener) {
  static struct session sessions[CONNECTIONS_MOST + 1];
  static struct pollfd polled[CONNECTIONS_MOST + 1];
  static char buffer[65536];
  int count = 1;
  polled[0] = (struct pollfd){.fd = listener, .events = POLLIN};
  for (;;) {
    if (poll(polled, (nfds_t)count, -1) < 0) continue;
    for (int i = count - 1; i > 0; i--) {
      if (polled[i].revents == 0) continue;
      ssize_t got = read(sessions[i].fd, buffer, sizeof buffer);
      if (got > 0 && answer(&sessions[i], (size_t)got)) continue;
      close(sessions[i].fd);
      count--;
      sessions[i] = sessions[count];
      polled[i] = polled[count];
    }
    if (polled[0].revents != 0 && count <= CONNECTIONS_MOST) {
      int fd = accept(listener, NULL, NULL);
      if (fd < 0) _exit(0);  // the client has shut the listener down
      place_no_delay(&place, fd);
      sessions[count] = (struct session){.fd = fd, .started = talk.start_up.size == 0};
      polled[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
  }
}

// ---- the client

static int open_connection(void) {
  int fd = place_connect(&place);
  char reply[64];
  if (truth_send(fd, talk.start_up.data, talk.start_up.size) < talk.start_up.size ||
      truth_receive(fd, reply, talk.start_up_reply.size) < talk.start_up_reply.size)
    truth_die("start-up");
  if (way.nonblocking) fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

static void close_connection(int fd) {
  fcntl(fd, F_SETFL, 0);
  truth_send(fd, talk.farewell.data, talk.farewell.size);
  close(fd);
}

static struct {
  sem_t due;
  int fd;
} writer;

static void *write_for_others(void *unused) {
  (void)unused;
  struct moved own = {0};
  for (;;) {
    while (sem_wait(&writer.due) != 0) continue;
    way_send(&way, writer.fd, &batch, &own);
  }
  return NULL;
}

static void send_batch(int fd) {
  if (!two_threads) {
    way_send(&way, fd, &batch, &moved);
    return;
  }
  writer.fd = fd;
  sem_post(&writer.due);
}

// As many calls as fit a pipeline. False: no answer.
static bool make_calls(int fd, long count) {
  int64_t begin_ns = truth_clock_ns(CLOCK_MONOTONIC);
  batch.size = (size_t)count * talk.request.size;
  send_batch(fd);
  if (late_ms > 0) {
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    while (poll(&polled, 1, -1) < 0 && errno == EINTR) continue;
    sleep_ms(late_ms);
  }
  if (!way_receive(&way, fd, (size_t)count * talk.reply.size, &moved)) {
    aborted += count;
    return false;
  }
  call_seconds += (double)(truth_clock_ns(CLOCK_MONOTONIC) - begin_ns) / 1e9;
  answered += count;
  return true;
}

// A request whose answer nobody waits for; its descriptor goes to the next connection.
static int abandon(int fd) {
  batch.size = talk.request.size;
  way_send(&way, fd, &batch, &moved);
  close(fd);
  aborted++;
  int next = open_connection();
  if (next != fd) truth_usage_error("the descriptor was not used again");
  return next;
}

static void talk_over(int *fds, long count) {
  for (long done = 0, turn = 0; done < count && !atomic_load(&truth_stop); turn++) {
    long now = count - done < pipeline ? count - done : pipeline;
    int *fd = &fds[turn % connections];
    if (reuse_fd && turn < connections) *fd = abandon(*fd);
    if (!make_calls(*fd, now)) break;
    done += now;
    sleep_ms(period_ms);
  }
}

// The second half of the calls is a child's, over the connections that it inherits.
static pid_t share(int *fds) {
  talk_over(fds, calls / 2);
  pid_t child = (pid_t)truth_try(fork(), "fork");
  if (child == 0) {
    answered = 0;
    talk_over(fds, calls - calls / 2);
    atomic_store(&shared->child_calls, answered);
    _exit(0);
  }
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
  answered += atomic_load(&shared->child_calls);
  return child;
}

static void print_text(void) {
  enum { ENOUGH = 10000 };
  if (talk.text.size > ENOUGH) talk.text.data[ENOUGH] = '\0';
  truth_text("text", talk.text.data);
}

static void print_truth(pid_t server, pid_t child) {
  truth_begin();
  truth_text("address", place.address);
  truth_count("calls", answered);
  truth_count("aborted", aborted);
  truth_count("pipeline", pipeline);
  truth_count("rows", answered * rows);
  truth_count("request_bytes", answered * (long)talk.request.size);
  truth_count("reply_bytes", answered * (long)(talk.reply.size - talk.reply_beside));
  truth_count("reply_bytes_beside", answered * (long)talk.reply_beside);
  truth_real("call_seconds", call_seconds);
  truth_text("operation", talk.operation);
  print_text();
  truth_count("server_pid", server);
  truth_count("child_pid", child);
  truth_count("child_calls", atomic_load(&shared->child_calls));
  truth_count("would_block", moved.would_block);
  truth_count("peeks", moved.peeks);
  truth_end();
}

static void read_options(int argc, char **argv) {
  const struct truth_option options[] = {{"--mode", TRUTH_TEXT, &mode, 0},
                                         {"--family", TRUTH_TEXT, &place.family, 0},
                                         {"--calls", TRUTH_COUNT, &calls, 0},
                                         {"--connections", TRUTH_COUNT, &connections, 1},
                                         {"--pipeline", TRUTH_COUNT, &pipeline, 1},
                                         {"--io", TRUTH_TEXT, &way.send, 0},
                                         {"--pieces", TRUTH_COUNT, &way.pieces, 1},
                                         {"--read", TRUTH_TEXT, &way.receive, 0},
                                         {"--rows", TRUTH_COUNT, &rows, 0},
                                         {"--text-bytes", TRUTH_COUNT, &text_bytes, 0},
                                         {"--late-ms", TRUTH_REAL, &late_ms, 0},
                                         {"--server-ms", TRUTH_REAL, &server_ms, 0},
                                         {"--idle-first-ms", TRUTH_REAL, &idle_first_ms, 0},
                                         {"--period-ms", TRUTH_REAL, &period_ms, 0},
                                         {"--hold", TRUTH_TEXT, &hold, 0},
                                         {"--reuse-fd", TRUTH_FLAG, &reuse_fd, 0},
                                         {"--dup", TRUTH_FLAG, &way.dup, 0},
                                         {"--fork-share", TRUTH_FLAG, &fork_share, 0},
                                         {"--two-threads", TRUTH_FLAG, &two_threads, 0},
                                         {"--nonblocking", TRUTH_FLAG, &way.nonblocking, 0},
                                         {"--sendfile", TRUTH_FLAG, &way.sendfile, 0},
                                         {0}};
  truth_arguments(
      argc, argv,
      "dbtalk [--mode simple|extended|redis] [--family tcp|tcp6|unix|abstract]\n"
      "  [--calls N=10] [--connections N=1] [--pipeline N=1] [--rows N=1] [--text-bytes N]\n"
      "  [--io write|writev|send|sendmsg|sendmmsg] [--pieces N=1] [--sendfile] [--dup]\n"
      "  [--read read|recv|recvmsg|readv|recvmmsg|byte|peek] [--nonblocking] [--two-threads]\n"
      "  [--server-ms M] [--late-ms M] [--period-ms M] [--idle-first-ms M] [--reuse-fd]\n"
      "  [--fork-share] [--hold none|start|call]   (until SIGUSR1: the first call, each answer)",
      options);
  if (connections > CONNECTIONS_MOST)
    truth_usage_error("--connections: at most %d", CONNECTIONS_MOST);
  way_check(&way);
  talk_compose(&talk, mode, rows, text_bytes);
}

int main(int argc, char **argv) {
  static int fds[CONNECTIONS_MOST];
  read_options(argc, argv);
  shared = truth_shared(sizeof *shared);
  signal(SIGUSR1, on_go);
  for (long i = 0; i < pipeline; i++) {
    batch.data = realloc(batch.data, (size_t)(i + 1) * talk.request.size);
    if (batch.data == NULL) truth_die("realloc");
    memcpy(batch.data + (size_t)i * talk.request.size, talk.request.data, talk.request.size);
  }
  int listener = place_listen(&place);
  pid_t server = truth_peer("dbtalk-server");
  if (server == 0) {
    serve(listener);
    _exit(0);
  }
  sem_init(&writer.due, 0, 0);
  if (two_threads) truth_thread(write_for_others, NULL);
  for (long i = 0; i < connections; i++) fds[i] = open_connection();

  truth_ready();
  sleep_ms(idle_first_ms);
  if (strcmp(hold, "start") == 0) await_go();
  pid_t child = 0;
  if (fork_share)
    child = share(fds);
  else
    talk_over(fds, calls);
  for (long i = 0; i < connections; i++) close_connection(fds[i]);
  shutdown(listener, SHUT_RD);  // makes the server's accept fail
  while (waitpid(server, NULL, 0) < 0 && errno == EINTR) continue;
  place_remove(&place);
  print_truth(server, child);
  return 0;
}
