// Ways to wait on memory that is shared with the peer: all of them end in the futex system call.

#include <linux/futex.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sleeper.h"

static struct {
  sem_t sem;
  pthread_mutex_t mutex[2];
  pthread_cond_t condition;
  long generation;
  _Atomic uint32_t word;
} * shared;
static int turn;

static void setup_shared(const char *directory) {
  (void)directory;
  shared = truth_shared(sizeof *shared);
  sem_init(&shared->sem, 1, 0);
  pthread_mutexattr_t mutex;
  pthread_mutexattr_init(&mutex);
  pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
  for (int i = 0; i < 2; i++) pthread_mutex_init(&shared->mutex[i], &mutex);
  pthread_condattr_t condition;
  pthread_condattr_init(&condition);
  pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
  pthread_cond_init(&shared->condition, &condition);
}

static void answer_futex(int64_t period_ns) {
  truth_sleep_ns(period_ns);
  atomic_fetch_add(&shared->word, 1);
  syscall(SYS_futex, &shared->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}
static void block_futex(int64_t period_ns) {
  (void)period_ns;
  static uint32_t seen;
  syscall(SYS_futex, &shared->word, FUTEX_WAIT, seen, NULL, NULL, 0);
  seen = atomic_load(&shared->word);
}

static void answer_sem(int64_t period_ns) {
  truth_sleep_ns(period_ns);
  sem_post(&shared->sem);
}
static void block_sem(int64_t period_ns) {
  (void)period_ns;
  sem_wait(&shared->sem);
}

// Two locks, hand over hand: the peer takes the next one before it lets go of the one the sleeper
// waits for, so the sleeper never finds a lock free.
static void hold_mutex(void) { pthread_mutex_lock(&shared->mutex[0]); }
static void answer_mutex(int64_t period_ns) {
  truth_sleep_ns(period_ns);
  pthread_mutex_lock(&shared->mutex[!turn]);
  pthread_mutex_unlock(&shared->mutex[turn]);
  turn = !turn;
}
static void block_mutex(int64_t period_ns) {
  (void)period_ns;
  pthread_mutex_lock(&shared->mutex[turn]);
  pthread_mutex_unlock(&shared->mutex[turn]);
  turn = !turn;
}

static void answer_condvar(int64_t period_ns) {
  truth_sleep_ns(period_ns);
  pthread_mutex_lock(&shared->mutex[0]);
  shared->generation++;
  pthread_cond_signal(&shared->condition);
  pthread_mutex_unlock(&shared->mutex[0]);
}
static void block_condvar(int64_t period_ns) {
  (void)period_ns;
  static long seen;
  pthread_mutex_lock(&shared->mutex[0]);
  while (shared->generation == seen) pthread_cond_wait(&shared->condition, &shared->mutex[0]);
  seen = shared->generation;
  pthread_mutex_unlock(&shared->mutex[0]);
}

const struct way sleeper_memory_ways[] = {
    {"futex", 50, setup_shared, NULL, answer_futex, block_futex},
    {"sem", 50, setup_shared, NULL, answer_sem, block_sem},
    {"mutex", 50, setup_shared, hold_mutex, answer_mutex, block_mutex},
    {"condvar", 50, setup_shared, NULL, answer_condvar, block_condvar},
    {NULL, 0, NULL, NULL, NULL, NULL}};
