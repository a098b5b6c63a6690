// What every workload shares: strict arguments, a clean end on SIGTERM, clocks, a peer process, the
// JSON line. stdout carries "ready PID" once the pattern begins, then one JSON object at the end.
// Exit: 0 = printed its truth, 1 = the system refused something, 2 = wrong usage.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum {
  TRUTH_MICROSECOND_NS = 1000,
  TRUTH_MILLISECOND_NS = 1000000,
  TRUTH_SECOND_NS = 1000000000,
};

// Arguments. COUNT fills a long, REAL a double, TEXT a const char*, FLAG a bool; a number below
// `minimum` or above 1e9 is a usage error, so products with nanoseconds stay inside 64 bits.
enum truth_kind { TRUTH_FLAG, TRUTH_COUNT, TRUTH_REAL, TRUTH_TEXT };
struct truth_option {
  const char *name;
  enum truth_kind kind;
  void *value;
  double minimum;
};
// Fills the values (the table ends with {0}) and installs the stop handler; call it first.
void truth_arguments(int argc, char **argv, const char *usage, const struct truth_option *options);
_Noreturn void truth_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void truth_die(const char *what);     // errno names the reason
long truth_try(long result, const char *what);  // dies when result is negative

// Set by SIGTERM or SIGINT. The signal interrupts blocking calls, and again each second, so one
// that arrives just before such a call is not lost.
extern atomic_bool truth_stop;

// Clocks, in nanoseconds.
int64_t truth_clock_ns(clockid_t clock);
int64_t truth_after_ns(double seconds);        // that long from now, by CLOCK_MONOTONIC
bool truth_sleep_until(int64_t monotonic_ns);  // false when told to stop
void truth_sleep_ns(int64_t ns);               // whole, stop or not: for peers
// Burns CPU until this thread's CPU clock shows `cpu_ns`, or `deadline_ns`, or a stop.
void truth_spin(int64_t cpu_ns, int64_t deadline_ns);

// Threads and processes. A thread leaves the signals to main; a peer is a forked helper with its
// own comm that outlives neither truth_end_peer() nor its parent. truth_peer() returns 0 in the
// peer.
void truth_thread(void *(*run)(void *), void *argument);
void truth_comm(const char *name);  // at most 15 bytes, else a usage error
void truth_pin(long cpu);
void truth_cpu_pair(const char *text, long cpus[2]);  // "A,B"; NULL gives -1,-1, not pinned
pid_t truth_peer(const char *comm);
void truth_end_peer(pid_t peer);
void *truth_shared(size_t size);  // zeroed memory that forks share

// Bytes moved: less than `size` only at end of file, an error, or a stop.
size_t truth_receive(int fd, void *buffer, size_t size);
size_t truth_send(int fd, const void *buffer, size_t size);
int truth_listen(uint16_t *port);  // on loopback, any free port
int truth_connect(uint16_t port);  // with TCP_NODELAY
void truth_tcp_pair(int fds[2]);

// Output. truth_begin() reads the process's clocks and counters and prints them first: workload,
// pid, stopped, wall_seconds, cpu_seconds (CLOCK_PROCESS_CPUTIME_ID), rusage_cpu_seconds,
// user_seconds, system_seconds, voluntary_switches, involuntary_switches, minor_faults,
// major_faults.
void truth_ready(void);
void truth_begin(void);
void truth_count(const char *key, long value);
void truth_real(const char *key, double value);  // null when not finite
void truth_text(const char *key, const char *value);
void truth_object(const char *key);
void truth_end_object(void);
void truth_end(void);
