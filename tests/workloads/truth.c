#include "truth.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

atomic_bool truth_stop;
static const char *usage_text;
static int64_t started_ns;
static bool first_key;

// ---- arguments

void truth_usage_error(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%s: ", program_invocation_short_name);
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\nusage: %s\n", usage_text);
  va_end(arguments);
  exit(2);
}

void truth_die(const char *what) {
  fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
  exit(1);
}

long truth_try(long result, const char *what) {
  if (result < 0) truth_die(what);
  return result;
}

static void on_stop(int signal_number) {
  (void)signal_number;
  atomic_store(&truth_stop, true);
  alarm(1);
}

static void catch_signals(void) {
  struct sigaction action = {.sa_handler = on_stop};  // no SA_RESTART: blocking calls must return
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGALRM, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

static void set_option(const struct truth_option *option, const char *text) {
  if (option->kind == TRUTH_TEXT) {
    *(const char **)option->value = text;
    return;
  }
  char *end;
  double number = option->kind == TRUTH_COUNT ? (double)strtol(text, &end, 10) : strtod(text, &end);
  if (end == text || *end != '\0')
    truth_usage_error("%s: expected a %s, got '%s'", option->name,
                      option->kind == TRUTH_COUNT ? "whole number" : "number", text);
  if (!(number >= option->minimum && number <= 1e9))
    truth_usage_error("%s: expected %g to 1e9, got '%s'", option->name, option->minimum, text);
  if (option->kind == TRUTH_COUNT)
    *(long *)option->value = (long)number;
  else
    *(double *)option->value = number;
}

void truth_arguments(int argc, char **argv, const char *usage, const struct truth_option *options) {
  started_ns = truth_clock_ns(CLOCK_MONOTONIC);
  usage_text = usage;
  catch_signals();
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      printf("usage: %s\n", usage);
      exit(0);
    }
    const struct truth_option *option = options;
    while (option->name != NULL && strcmp(option->name, argv[i]) != 0) option++;
    if (option->name == NULL) truth_usage_error("unknown argument '%s'", argv[i]);
    if (option->kind == TRUTH_FLAG) {
      *(bool *)option->value = true;
      continue;
    }
    if (i + 1 == argc) truth_usage_error("%s: needs a value", option->name);
    set_option(option, argv[++i]);
  }
}

// ---- clocks

int64_t truth_clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * (int64_t)TRUTH_SECOND_NS + now.tv_nsec;
}

int64_t truth_after_ns(double seconds) {
  return truth_clock_ns(CLOCK_MONOTONIC) + (int64_t)(seconds * TRUTH_SECOND_NS);
}

static int sleep_until(int64_t ns) {
  struct timespec until = {.tv_sec = ns / TRUTH_SECOND_NS, .tv_nsec = ns % TRUTH_SECOND_NS};
  return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

bool truth_sleep_until(int64_t monotonic_ns) {
  while (!atomic_load(&truth_stop))
    if (sleep_until(monotonic_ns) == 0) return true;
  return false;
}

void truth_sleep_ns(int64_t ns) {
  int64_t until = truth_clock_ns(CLOCK_MONOTONIC) + ns;
  while (sleep_until(until) == EINTR) continue;
}

void truth_spin(int64_t cpu_ns, int64_t deadline_ns) {
  // Reading the thread clock is a system call; about 10 µs of counting between two reads keeps
  // nearly all of this user time. The empty asm keeps the compiler from folding the count.
  while (!atomic_load(&truth_stop) && truth_clock_ns(CLOCK_THREAD_CPUTIME_ID) < cpu_ns &&
         truth_clock_ns(CLOCK_MONOTONIC) < deadline_ns)
    for (unsigned i = 0; i < 30000; i++) __asm__ volatile("" : "+r"(i));
}

// ---- threads and processes

void truth_thread(void *(*run)(void *), void *argument) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);  // thousands of them must fit
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  errno = pthread_create(&thread, &attributes, run, argument);
  if (errno != 0) truth_die("pthread_create");
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void truth_comm(const char *name) {
  if (strlen(name) > 15) truth_usage_error("'%s': a comm has at most 15 bytes", name);
  prctl(PR_SET_NAME, name);
}

void truth_pin(long cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);  // ignores a number past the set, which is then empty and refused
  if (sched_setaffinity(0, sizeof set, &set) != 0) truth_usage_error("no CPU %ld to run on", cpu);
}

void truth_cpu_pair(const char *text, long cpus[2]) {
  char rest;
  cpus[0] = cpus[1] = -1;
  if (text == NULL) return;
  if (sscanf(text, "%9ld,%9ld%c", &cpus[0], &cpus[1], &rest) != 2 || cpus[0] < 0 || cpus[1] < 0)
    truth_usage_error("--cpus: expected A,B, got '%s'", text);
}

pid_t truth_peer(const char *comm) {
  pid_t parent = getpid();
  pid_t peer = (pid_t)truth_try(fork(), "fork");
  if (peer > 0) return peer;
  // Signals to the process group are the parent's to answer; this one goes when the parent says.
  signal(SIGTERM, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  truth_comm(comm);
  return 0;
}

void truth_end_peer(pid_t peer) {
  kill(peer, SIGKILL);
  while (waitpid(peer, NULL, 0) < 0 && errno == EINTR) continue;
}

void *truth_shared(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) truth_die("mmap");
  return memory;
}

// ---- bytes

size_t truth_receive(int fd, void *buffer, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t got = read(fd, (char *)buffer + done, size - done);
    if (got > 0) done += (size_t)got;
    if (got == 0 || (got < 0 && (errno != EINTR || atomic_load(&truth_stop)))) break;
  }
  return done;
}

size_t truth_send(int fd, const void *buffer, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t put = write(fd, (const char *)buffer + done, size - done);
    if (put > 0) done += (size_t)put;
    if (put < 0 && (errno != EINTR || atomic_load(&truth_stop))) break;
  }
  return done;
}

int truth_listen(uint16_t *port) {
  int listener = (int)truth_try(socket(AF_INET, SOCK_STREAM, 0), "socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  truth_try(bind(listener, (struct sockaddr *)&address, size), "bind");
  truth_try(listen(listener, 128), "listen");
  truth_try(getsockname(listener, (struct sockaddr *)&address, &size), "getsockname");
  *port = ntohs(address.sin_port);
  return listener;
}

int truth_connect(uint16_t port) {
  int one = 1, fd = (int)truth_try(socket(AF_INET, SOCK_STREAM, 0), "socket");
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  truth_try(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

void truth_tcp_pair(int fds[2]) {
  uint16_t port;
  int one = 1, listener = truth_listen(&port);
  fds[0] = truth_connect(port);
  fds[1] = (int)truth_try(accept(listener, NULL, NULL), "accept");
  setsockopt(fds[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  close(listener);
}

// ---- output

void truth_ready(void) {
  printf("ready %d\n", getpid());
  fflush(stdout);
}

static void print_string(const char *text) {
  putchar('"');
  for (; *text != '\0'; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte < 0x20 || byte == '"' || byte == '\\')
      printf("\\u%04x", byte);
    else
      putchar(byte);
  }
  putchar('"');
}

static void print_key(const char *key) {
  if (!first_key) putchar(',');
  first_key = false;
  print_string(key);
  putchar(':');
}

static double timeval_seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

void truth_begin(void) {
  double cpu_seconds = (double)truth_clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double user_seconds = timeval_seconds(usage.ru_utime);
  double system_seconds = timeval_seconds(usage.ru_stime);
  putchar('{');
  first_key = true;
  truth_text("workload", program_invocation_short_name);
  truth_count("pid", getpid());
  print_key("stopped");
  printf("%s", atomic_load(&truth_stop) ? "true" : "false");
  truth_real("wall_seconds", (double)(truth_clock_ns(CLOCK_MONOTONIC) - started_ns) / 1e9);
  truth_real("cpu_seconds", cpu_seconds);
  truth_real("rusage_cpu_seconds", user_seconds + system_seconds);
  truth_real("user_seconds", user_seconds);
  truth_real("system_seconds", system_seconds);
  truth_count("voluntary_switches", usage.ru_nvcsw);
  truth_count("involuntary_switches", usage.ru_nivcsw);
  truth_count("minor_faults", usage.ru_minflt);
  truth_count("major_faults", usage.ru_majflt);
}

void truth_count(const char *key, long value) {
  print_key(key);
  printf("%ld", value);
}

void truth_real(const char *key, double value) {
  print_key(key);
  if (isfinite(value))
    printf("%.9f", value);
  else
    printf("null");
}

void truth_text(const char *key, const char *value) {
  print_key(key);
  print_string(value);
}

void truth_object(const char *key) {
  print_key(key);
  putchar('{');
  first_key = true;
}

void truth_end_object(void) {
  putchar('}');
  first_key = false;
}

void truth_end(void) {
  puts("}");
  if (fflush(stdout) != 0) truth_die("stdout");
}
