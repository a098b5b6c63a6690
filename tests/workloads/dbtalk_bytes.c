// What dbtalk says: messages of PostgreSQL 3 as its documentation lays them out, and RESP.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dbtalk.h"
#include "truth.h"

static void add(struct bytes *bytes, const void *data, size_t size) {
  if (bytes->size + size > bytes->room) {
    bytes->room = 2 * (bytes->size + size);
    bytes->data = realloc(bytes->data, bytes->room);
    if (bytes->data == NULL) truth_die("realloc");
  }
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
}

static void add_text(struct bytes *bytes, const char *text) { add(bytes, text, strlen(text) + 1); }

static void add_format(struct bytes *bytes, const char *format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  add(bytes, line, (size_t)size);
}

static void put_u32(char *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (char)(value >> (24 - 8 * i));
}

static void add_u32(struct bytes *bytes, uint32_t value) {
  char word[4];
  put_u32(word, value);
  add(bytes, word, sizeof word);
}

static void add_u16(struct bytes *bytes, uint16_t value) {
  char word[2] = {(char)(value >> 8), (char)value};
  add(bytes, word, sizeof word);
}

// A message begins with its letter (none at start-up) and a length, which end() fills in.
static size_t begin(struct bytes *bytes, char letter) {
  if (letter != '\0') add(bytes, &letter, 1);
  size_t at = bytes->size;
  add_u32(bytes, 0);
  return at;
}

static void end(struct bytes *bytes, size_t at) {
  put_u32(bytes->data + at, (uint32_t)(bytes->size - at));
}

static void empty(struct bytes *bytes, char letter) { end(bytes, begin(bytes, letter)); }

// ---- PostgreSQL

static void compose_statement(struct bytes *text, long text_bytes) {
  const char *head = "SELECT name, ", *more = "another_name, ", *tail = "city FROM accounts";
  add(text, head, strlen(head));
  while ((long)(text->size + strlen(more) + strlen(tail)) <= text_bytes)
    add(text, more, strlen(more));
  add_text(text, tail);
}

static void compose_start_up(struct talk *talk) {
  size_t at = begin(&talk->start_up, '\0');
  add_u32(&talk->start_up, 0x00030000);
  add_text(&talk->start_up, "user");
  add_text(&talk->start_up, "talker");
  add_text(&talk->start_up, "database");
  add_text(&talk->start_up, "shop");
  add(&talk->start_up, "", 1);
  end(&talk->start_up, at);
  at = begin(&talk->start_up_reply, 'R');
  add_u32(&talk->start_up_reply, 0);
  end(&talk->start_up_reply, at);
  at = begin(&talk->start_up_reply, 'Z');
  add(&talk->start_up_reply, "I", 1);
  end(&talk->start_up_reply, at);
  empty(&talk->farewell, 'X');
}

static void compose_extended_request(struct bytes *request, const char *text) {
  size_t at = begin(request, 'P');
  add_text(request, "");
  add_text(request, text);
  add_u16(request, 0);
  end(request, at);
  at = begin(request, 'B');
  add_text(request, "");
  add_text(request, "");
  add_u16(request, 0);
  add_u16(request, 0);
  add_u16(request, 0);
  end(request, at);
  at = begin(request, 'D');
  add(request, "P", 1);
  add_text(request, "");
  end(request, at);
  at = begin(request, 'E');
  add_text(request, "");
  add_u32(request, 0);
  end(request, at);
  empty(request, 'S');
}

static void add_column(struct bytes *reply, const char *name) {
  add_text(reply, name);
  add_u32(reply, 0);
  add_u16(reply, 0);
  add_u32(reply, 25);  // text
  add_u16(reply, 0xffff);
  add_u32(reply, 0xffffffff);
  add_u16(reply, 0);
}

static void add_value(struct bytes *reply, const char *value) {
  add_u32(reply, (uint32_t)strlen(value));
  add(reply, value, strlen(value));
}

static void compose_result(struct bytes *reply, long rows) {
  size_t at = begin(reply, 'T');
  add_u16(reply, 2);
  add_column(reply, "name");
  add_column(reply, "city");
  end(reply, at);
  for (long i = 0; i < rows; i++) {
    at = begin(reply, 'D');
    add_u16(reply, 2);
    add_value(reply, "Grace Hopper");
    add_value(reply, "New York");
    end(reply, at);
  }
  at = begin(reply, 'C');
  add_format(reply, "SELECT %ld", rows);
  add(reply, "", 1);
  end(reply, at);
  at = begin(reply, 'Z');
  add(reply, "I", 1);
  end(reply, at);
}

static void compose_postgresql(struct talk *talk, bool extended, long rows, long text_bytes) {
  compose_start_up(talk);
  talk->operation = "SELECT";
  compose_statement(&talk->text, text_bytes);
  if (extended) {
    compose_extended_request(&talk->request, talk->text.data);
    talk->reply_beside = 6;  // and its ReadyForQuery
    empty(&talk->reply, '1');
    empty(&talk->reply, '2');
  } else {
    size_t at = begin(&talk->request, 'Q');
    add_text(&talk->request, talk->text.data);
    end(&talk->request, at);
  }
  compose_result(&talk->reply, rows);
}

// ---- Redis

static void compose_redis(struct talk *talk, long rows, long text_bytes) {
  talk->operation = "SET";
  add_text(&talk->text, "SET greeting");
  add_format(&talk->request, "*3\r\n$3\r\nSET\r\n$8\r\ngreeting\r\n$%ld\r\n", text_bytes);
  for (long i = 0; i < text_bytes; i++) add(&talk->request, "v", 1);
  add(&talk->request, "\r\n", 2);
  if (rows == 1) {
    add(&talk->reply, "+OK\r\n", 5);
    return;
  }
  // No answer of SET, but of a size that can be chosen.
  add_format(&talk->reply, "$%ld\r\n", rows);
  for (long i = 0; i < rows; i++) add(&talk->reply, "v", 1);
  add(&talk->reply, "\r\n", 2);
}

void talk_compose(struct talk *talk, const char *mode, long rows, long text_bytes) {
  if (strcmp(mode, "redis") == 0)
    compose_redis(talk, rows, text_bytes);
  else if (strcmp(mode, "simple") == 0 || strcmp(mode, "extended") == 0)
    compose_postgresql(talk, mode[0] == 'e', rows, text_bytes);
  else
    truth_usage_error("--mode: expected simple, extended or redis, got '%s'", mode);
}
