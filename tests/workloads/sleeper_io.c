// Ways to wait for bytes: a pipe, read at once or waited for first, and a TCP connection.

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "sleeper.h"

static int fds[2];  // the sleeper's end first; of a pipe, the read end
static int epoll_fd;

static void setup_pipe(const char *directory) {
  (void)directory;
  truth_try(pipe(fds), "pipe");
}
static void answer_pipe(int64_t period_ns) {
  truth_sleep_ns(period_ns);
  truth_send(fds[1], "", 1);
}
static void block_pipe(int64_t period_ns) {
  (void)period_ns;
  char byte;
  truth_receive(fds[0], &byte, 1);
}

static void setup_socket(const char *directory) {
  (void)directory;
  truth_tcp_pair(fds);
}
static void answer_socket(int64_t period_ns) {
  char byte;
  if (truth_receive(fds[1], &byte, 1) != 1) _exit(0);
  truth_sleep_ns(period_ns);
  truth_send(fds[1], &byte, 1);
}
static void block_socket(int64_t period_ns) {
  (void)period_ns;
  char byte = 0;
  truth_send(fds[0], &byte, 1);
  truth_receive(fds[0], &byte, 1);
}

static void block_poll(int64_t period_ns) {
  struct pollfd wanted = {.fd = fds[0], .events = POLLIN};
  if (poll(&wanted, 1, -1) == 1) block_pipe(period_ns);
}

static void block_select(int64_t period_ns) {
  fd_set wanted;
  FD_ZERO(&wanted);
  FD_SET(fds[0], &wanted);
  if (select(fds[0] + 1, &wanted, NULL, NULL, NULL) == 1) block_pipe(period_ns);
}

static void setup_epoll(const char *directory) {
  setup_pipe(directory);
  epoll_fd = (int)truth_try(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  struct epoll_event wanted = {.events = EPOLLIN};
  truth_try(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fds[0], &wanted), "epoll_ctl");
}
static void block_epoll(int64_t period_ns) {
  struct epoll_event event;
  if (epoll_wait(epoll_fd, &event, 1, -1) == 1) block_pipe(period_ns);
}

const struct way sleeper_io_ways[] = {
    {"pipe", 50, setup_pipe, NULL, answer_pipe, block_pipe},
    {"socket", 20, setup_socket, NULL, answer_socket, block_socket},
    {"poll", 50, setup_pipe, NULL, answer_pipe, block_poll},
    {"select", 50, setup_pipe, NULL, answer_pipe, block_select},
    {"epoll", 50, setup_epoll, NULL, answer_pipe, block_epoll},
    {NULL, 0, NULL, NULL, NULL, NULL}};
