// Ways to wait for files and disks. A file has lost its name again before the pattern begins.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "sleeper.h"

enum { FILE_BYTES = 64 << 20, CHUNK_BYTES = 1 << 20 };

long sleeper_block_kb = 1024;
static int file_fd;
static int lock_fds[2][2];  // [file][0 sleeper, 1 peer]
static int turn;
static char *chunk;

// Opens it `count` times; a lock belongs to one opening.
static void make_file(const char *directory, int flags, int count, int opened[]) {
  char path[4096];
  snprintf(path, sizeof path, "%s/sleeper-XXXXXX", directory);
  opened[0] = (int)truth_try(mkostemp(path, flags | O_CLOEXEC), path);
  for (int i = 1; i < count; i++) opened[i] = (int)truth_try(open(path, O_RDWR | O_CLOEXEC), path);
  unlink(path);
}

static void make_chunk(void) {
  chunk = aligned_alloc(4096, CHUNK_BYTES);
  if (chunk == NULL) truth_die("aligned_alloc");
  for (int i = 0; i < CHUNK_BYTES; i++) chunk[i] = (char)random();
}

static void setup_odirect(const char *directory) {
  make_chunk();
  make_file(directory, O_DIRECT, 1, &file_fd);
  for (off_t at = 0; at < FILE_BYTES; at += CHUNK_BYTES)
    truth_try(pwrite(file_fd, chunk, CHUNK_BYTES, at), "write for odirect");
  truth_try(fsync(file_fd), "fsync");
}
static void block_odirect(int64_t period_ns) {
  (void)period_ns;
  long size = sleeper_block_kb * 1024;
  truth_try(pread(file_fd, chunk, (size_t)size, random() % (FILE_BYTES / size) * size), "pread");
}

static void setup_fsync(const char *directory) {
  make_chunk();
  make_file(directory, 0, 1, &file_fd);
}
// Appends, as a log does: the file's size changes, so that each fsync waits for the journal too.
static void block_fsync(int64_t period_ns) {
  (void)period_ns;
  static off_t end;
  if (end == FILE_BYTES) truth_try(ftruncate(file_fd, end = 0), "ftruncate");
  truth_try(pwrite(file_fd, chunk, 4096, end), "pwrite");
  end += 4096;
  if (fsync(file_fd) != 0 && errno != EINTR) truth_die("fsync");
}

static void setup_flock(const char *directory) {
  for (int i = 0; i < 2; i++) make_file(directory, 0, 2, lock_fds[i]);
}
static void hold_flock(void) { flock(lock_fds[0][1], LOCK_EX); }
static void answer_flock(int64_t period_ns) {
  truth_sleep_ns(period_ns);
  flock(lock_fds[!turn][1], LOCK_EX);
  flock(lock_fds[turn][1], LOCK_UN);
  turn = !turn;
}
static void block_flock(int64_t period_ns) {
  (void)period_ns;
  if (flock(lock_fds[turn][0], LOCK_EX) != 0) return;  // told to stop
  flock(lock_fds[turn][0], LOCK_UN);
  turn = !turn;
}

const struct way sleeper_file_ways[] = {
    {"odirect", 0, setup_odirect, NULL, NULL, block_odirect},
    {"fsync", 0, setup_fsync, NULL, NULL, block_fsync},
    {"flock", 50, setup_flock, hold_flock, answer_flock, block_flock},
    {NULL, 0, NULL, NULL, NULL, NULL}};
