// The ways in which dbtalk's client moves bytes, and the sockets over which.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "dbtalk.h"
#include "truth.h"

enum { PIECES_MOST = 64, READ_SIZE = 16384, HEAD_SIZE = 64 };

static bool is(const char *name, const char *other) { return strcmp(name, other) == 0; }

static void check_name(const char *option, const char *name, const char *const *known) {
  for (; *known != NULL; known++)
    if (is(name, *known)) return;
  truth_usage_error("%s: no such way '%s'", option, name);
}

void way_check(const struct way *way) {
  check_name("--io", way->send,
             (const char *const[]){"write", "writev", "send", "sendmsg", "sendmmsg", NULL});
  check_name(
      "--read", way->receive,
      (const char *const[]){"read", "recv", "recvmsg", "readv", "recvmmsg", "byte", "peek", NULL});
  if (way->pieces > PIECES_MOST) truth_usage_error("--pieces: at most %d", PIECES_MOST);
}

// Would it block? Then waits until it would not. False: it is over.
static bool wait_for(int fd, short events, struct moved *moved) {
  if (errno == EINTR) return !atomic_load(&truth_stop);
  if (errno != EAGAIN) return false;
  moved->would_block++;
  struct pollfd polled = {.fd = fd, .events = events};
  return poll(&polled, 1, -1) > 0;
}

static int cut(const struct bytes *what, size_t from, long pieces, struct iovec *vector) {
  size_t left = what->size - from;
  if ((size_t)pieces > left) pieces = (long)left;
  for (long i = 0; i < pieces; i++) {
    size_t part = i + 1 < pieces ? (what->size - from) / (size_t)pieces : left;
    vector[i] = (struct iovec){what->data + what->size - left, part};
    left -= part;
  }
  return (int)pieces;
}

static ssize_t send_messages(int fd, struct iovec *vector, int count) {
  struct mmsghdr messages[PIECES_MOST] = {0};
  for (int i = 0; i < count; i++)
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vector[i], .msg_iovlen = 1};
  int sent = sendmmsg(fd, messages, (unsigned)count, 0);
  ssize_t size = sent < 0 ? -1 : 0;
  for (int i = 0; i < sent; i++) size += messages[i].msg_len;
  return size;
}

static ssize_t send_some(const struct way *way, int fd, const struct bytes *what, size_t from) {
  struct iovec vector[PIECES_MOST];
  int count = cut(what, from, way->pieces, vector);
  struct msghdr message = {.msg_iov = vector, .msg_iovlen = (size_t)count};
  if (is(way->send, "writev")) return writev(fd, vector, count);
  if (is(way->send, "sendmsg")) return sendmsg(fd, &message, 0);
  if (is(way->send, "sendmmsg")) return send_messages(fd, vector, count);
  if (is(way->send, "send")) return send(fd, what->data + from, what->size - from, 0);
  return write(fd, what->data + from, what->size - from);
}

static bool send_file(int fd, const struct bytes *what, size_t from) {
  int file = (int)truth_try(memfd_create("dbtalk", MFD_CLOEXEC), "memfd_create");
  if (truth_send(file, what->data + from, what->size - from) < what->size - from)
    truth_die("memfd");
  off_t at = 0;
  while ((size_t)at < what->size - from)
    if (sendfile(fd, file, &at, what->size - from - (size_t)at) <= 0) break;
  close(file);
  return (size_t)at == what->size - from;
}

bool way_send(const struct way *way, int fd, const struct bytes *what, struct moved *moved) {
  struct bytes head = *what;
  if (way->sendfile && what->size > HEAD_SIZE) head.size = HEAD_SIZE;
  int used = way->dup ? (int)truth_try(dup(fd), "dup") : fd;
  size_t done = 0;
  while (done < head.size) {
    ssize_t put = send_some(way, used, &head, done);
    if (put > 0) done += (size_t)put;
    if (put < 0 && !wait_for(used, POLLOUT, moved)) break;
  }
  bool whole = done == head.size && (head.size == what->size || send_file(used, what, head.size));
  if (used != fd) close(used);
  return whole;
}

static ssize_t receive_messages(int fd, struct iovec *vector) {
  static struct mmsghdr messages[4];  // the same ones each time, as programs have them
  static char more[3][READ_SIZE];
  struct iovec vectors[4] = {
      vector[0], {more[0], READ_SIZE}, {more[1], READ_SIZE}, {more[2], READ_SIZE}};
  for (int i = 0; i < 4; i++)
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  int got = recvmmsg(fd, messages, 4, MSG_WAITFORONE, NULL);
  ssize_t size = got < 0 ? -1 : 0;
  for (int i = 0; i < got; i++) size += messages[i].msg_len;
  return size;
}

static ssize_t receive_some(const struct way *way, int fd, char *buffer, struct moved *moved) {
  struct iovec vector[2] = {{buffer, READ_SIZE / 4}, {buffer + READ_SIZE / 4, READ_SIZE / 4 * 3}};
  struct msghdr message = {.msg_iov = vector, .msg_iovlen = 2};
  if (is(way->receive, "peek")) {
    moved->peeks++;
    ssize_t seen = recv(fd, buffer, READ_SIZE, MSG_PEEK);
    return seen > 0 ? read(fd, buffer, READ_SIZE) : seen;
  }
  if (is(way->receive, "recv")) return recv(fd, buffer, READ_SIZE, 0);
  if (is(way->receive, "recvmsg")) return recvmsg(fd, &message, 0);
  if (is(way->receive, "readv")) return readv(fd, vector, 2);
  if (is(way->receive, "recvmmsg")) return receive_messages(fd, vector);
  return read(fd, buffer, is(way->receive, "byte") ? 1 : READ_SIZE);
}

bool way_receive(const struct way *way, int fd, size_t size, struct moved *moved) {
  static char buffer[READ_SIZE];
  size_t done = 0;
  while (done < size) {
    ssize_t got = receive_some(way, fd, buffer, moved);
    if (got > 0) done += (size_t)got;
    if (got == 0 || (got < 0 && !wait_for(fd, POLLIN, moved))) break;
  }
  return done == size;
}

// ---- places

static sa_family_t family_of(const struct place *place) {
  if (is(place->family, "tcp")) return AF_INET;
  if (is(place->family, "tcp6")) return AF_INET6;
  if (is(place->family, "unix") || is(place->family, "abstract")) return AF_UNIX;
  truth_usage_error("--family: expected tcp, tcp6, unix or abstract, got '%s'", place->family);
}

static socklen_t compose_address(const struct place *place, struct sockaddr *address) {
  struct sockaddr_un *local = (struct sockaddr_un *)address;
  address->sa_family = family_of(place);
  if (address->sa_family == AF_INET) {
    ((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof(struct sockaddr_in);
  }
  if (address->sa_family == AF_INET6) {
    ((struct sockaddr_in6 *)address)->sin6_addr = in6addr_loopback;
    return sizeof(struct sockaddr_in6);
  }
  bool abstract = is(place->family, "abstract");
  int size = snprintf(local->sun_path + abstract, sizeof local->sun_path - abstract,
                      abstract ? "dbtalk.%d" : "/tmp/dbtalk.%d", getpid());
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size);
}

static void tell_address(struct place *place, const struct sockaddr *address) {
  const struct sockaddr_un *local = (const struct sockaddr_un *)address;
  if (address->sa_family == AF_INET)
    snprintf(place->address, sizeof place->address, "127.0.0.1:%d",
             ntohs(((const struct sockaddr_in *)address)->sin_port));
  else if (address->sa_family == AF_INET6)
    snprintf(place->address, sizeof place->address, "[::1]:%d",
             ntohs(((const struct sockaddr_in6 *)address)->sin6_port));
  else
    snprintf(place->address, sizeof place->address, "%s%s", local->sun_path[0] ? "" : "@",
             local->sun_path + (local->sun_path[0] == '\0'));
}

int place_listen(struct place *place) {
  struct sockaddr *address = (struct sockaddr *)place->socket.bytes;
  socklen_t size = compose_address(place, address);
  int listener = (int)truth_try(socket(address->sa_family, SOCK_STREAM, 0), "socket");
  /* One that was killed left its own, and pids come again. */
  if (is(place->family, "unix")) unlink(((struct sockaddr_un *)address)->sun_path);
  truth_try(bind(listener, address, size), "bind");
  truth_try(listen(listener, 1024), "listen");
  if (address->sa_family != AF_UNIX)
    truth_try(getsockname(listener, address, &size), "getsockname");
  place->socket.size = size;
  tell_address(place, address);
  return listener;
}

void place_no_delay(const struct place *place, int fd) {
  int one = 1;
  if (place->family[0] == 't') setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

int place_connect(const struct place *place) {
  const struct sockaddr *address = (const struct sockaddr *)place->socket.bytes;
  int fd = (int)truth_try(socket(address->sa_family, SOCK_STREAM, 0), "socket");
  truth_try(connect(fd, address, (socklen_t)place->socket.size), "connect");
  place_no_delay(place, fd);
  return fd;
}

void place_remove(const struct place *place) {
  if (is(place->family, "unix")) unlink(place->address);
}
