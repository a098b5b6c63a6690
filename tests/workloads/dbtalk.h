// Shared by the parts of dbtalk: the bytes that go over, and the ways to move them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bytes {
  char *data;
  size_t size, room;
};

// What one connection says. Every request is the same, and so is every reply: their sizes tell
// both ends where one ends.
struct talk {
  struct bytes start_up, start_up_reply;  // empty where the protocol has none
  struct bytes request, reply, farewell;
  size_t request_beside, reply_beside;  // bytes of them that are no part of a call
  struct bytes text;                    // as culprit is to show it
  const char *operation;                // likewise
};

// `mode` is simple or extended (PostgreSQL) or redis; a usage error otherwise.
void talk_compose(struct talk *talk, const char *mode, long rows, long text_bytes);

// How the client moves bytes.
struct way {
  const char *send, *receive;
  long pieces;       // of writev and sendmsg; messages of sendmmsg
  bool nonblocking;  // tries first, and polls when it would block
  bool sendfile;     // all but the head of a request
  bool dup;          // sends through another descriptor
};

struct moved {
  long would_block, peeks;
};

void way_check(const struct way *way);  // usage errors
// All of it, in one system call where that takes all; false when the other end has gone.
bool way_send(const struct way *way, int fd, const struct bytes *what, struct moved *moved);
bool way_receive(const struct way *way, int fd, size_t size, struct moved *moved);

// Sockets of a family (tcp, tcp6, unix, abstract), each a usage error when there is none such.
struct place {
  const char *family;
  char address[128];  // as culprit shows it
  struct {
    size_t size;
    char bytes[128];  // a sockaddr
  } socket;
};
int place_listen(struct place *place);
int place_connect(const struct place *place);
void place_no_delay(const struct place *place, int fd);  // TCP_NODELAY where there is TCP
void place_remove(const struct place *place);
