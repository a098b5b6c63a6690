// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "catch.h"
#include "collect/cgroup_reader.h"
#include "collect/proc_parsers.h"
#include "collect/proc_scanner.h"
#include "collect/process_reader.h"
#include "fixture.h"
#include "util/fd.h"

using namespace culprit;

namespace {

const std::string kStat =
    "42 (a) b (c) S 7 42 42 0 -1 4194560 100 5 3 1 250 50 9 9 20 -5 4 0 12345 1000000 200 "
    "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 3 0 0 0\n";

std::vector<thread_record> of(const std::vector<thread_record>& all, std::uint32_t pid) {
  std::vector<thread_record> found;
  std::ranges::copy_if(all, std::back_inserter(found),
                       [&](const thread_record& record) { return record.pid == pid; });
  return found;
}

std::uint64_t own_cpu_ns() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(time.tv_usec) * 1000u;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

}  // namespace

TEST_CASE("stat: the name may look like what follows it") {
  const auto stat = parse_pid_stat(kStat);
  REQUIRE(stat);
  CHECK(stat->pid == 42);
  CHECK(stat->name == "a) b (c");
  CHECK(stat->state == 'S');
  CHECK(stat->parent_pid == 7);
  CHECK(stat->flags == 4194560);
  CHECK(stat->minor_faults == 100);
  CHECK(stat->major_faults == 3);
  CHECK(stat->user_ticks == 250);
  CHECK(stat->system_ticks == 50);
  CHECK(stat->nice == -5);
  CHECK(stat->thread_count == 4);
  CHECK(stat->start_ticks == 12345);
  CHECK(stat->policy == 3);
}

TEST_CASE("stat: every cut is absent") {
  const std::size_t policy = kStat.find(" 3 0 0 0\n") + 2;
  for (std::size_t length = 0; length < policy; ++length)
    CHECK_FALSE(parse_pid_stat(std::string_view(kStat).substr(0, length)));
  CHECK_FALSE(parse_pid_stat("99999999999 (x) R 1"));
}

TEST_CASE("status, io, limits and cgroup") {
  const PidStatus status = parse_pid_status(
      "Name:\tx\nUid:\t33\t0\t0\t0\nVmHWM:\t 20 kB\nVmRSS:\t 10 kB\nVmSwap:\t 4 kB\n"
      "voluntary_ctxt_switches:\t8\nnonvoluntary_ctxt_switches:\t9\n");
  CHECK(status.uid == 33u);
  CHECK(status.rss_bytes == 10240u);
  CHECK(status.rss_peak_bytes == 20480u);
  CHECK(status.swap_bytes == 4096u);
  CHECK(status.voluntary_switches == 8u);
  CHECK(status.involuntary_switches == 9u);
  const PidIo io = parse_pid_io("rchar: 1\nread_bytes: 4096\nwrite_bytes: 512\n");
  CHECK(io.read_bytes == 4096u);
  CHECK(io.write_bytes == 512u);
  CHECK(parse_open_files_limit("Max open files   1024   4096   files\n") == 1024u);
  CHECK(parse_open_files_limit("Max open files   unlimited   x\n") == UINT64_MAX);
  const std::string cgroup = "9:name=systemd:/s\n4:memory:/m:1\n3:cpu,cpuacct:/c\n0::/u\n";
  CHECK(parse_pid_cgroup(cgroup, "unified") == "/u");
  CHECK(parse_pid_cgroup(cgroup, "memory") == "/m:1");
  CHECK(parse_pid_cgroup(cgroup, "cpuacct") == "/c");
  CHECK_FALSE(parse_pid_cgroup(cgroup, "pids"));
  CHECK_FALSE(parse_pid_cgroup("5::/odd\n", "unified"));
}

TEST_CASE("garbage in the files of a process is absent") {
  for (const std::string& text : garbage_texts()) {
    CHECK_FALSE(parse_pid_stat(text));
    CHECK_FALSE(parse_pid_status(text).uid);
    CHECK_FALSE(parse_pid_io(text).read_bytes);
    CHECK_FALSE(parse_open_files_limit(text));
    CHECK_FALSE(parse_pid_cgroup(text, "memory"));
  }
}

TEST_CASE("a scan of a made-up host") {
  const Fixture host;
  host.write("proc/42/stat", kStat);
  host.write("proc/42/status", "Uid:\t33\t33\nVmRSS:\t10 kB\n");
  host.write("proc/42/cgroup", "0::/web.service\n");
  host.write("proc/42/limits", "Max open files  1024  4096  files\n");
  host.write("proc/43/stat",
             "43 (kworker/0:1) I 2 0 0 0 -1 2097152 0 0 0 0 1 1 0 0 20 0 1 0 5 0 0 "
             "0 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n");
  host.write("proc/43/status", "Uid:\t0\n");
  host.write("proc/44/stat", "45 (liar) S 1\n");
  host.make_directory("proc/46");
  host.write("proc/47", "not a directory");
  host.link("proc/48", "48");
  host.write("proc/self/mountinfo", "30 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n");
  host.make_directory("cg/web.service");
  ProcScanner scanner(host.root());
  const auto records = scanner.scan();
  REQUIRE(records.size() == 2);
  const thread_record web = of(records, 42).at(0);
  CHECK(web.tid == 42);
  CHECK(web.header.kind == RECORD_THREAD);
  CHECK(web.header.size == sizeof(thread_record));
  CHECK(web.uid == 33);
  CHECK(web.nice == -5);
  CHECK(web.thread_count == 4);
  CHECK((web.header.flags & THREAD_HAS_MEMORY) != 0);
  CHECK((web.header.flags & THREAD_KERNEL) == 0);
  CHECK(web.rss_bytes == 10240);
  CHECK(web.open_files_soft_limit == 1024);
  CHECK(web.condition == THREAD_BLOCKED);
  CHECK(web.reason == BLOCKED_OTHER);
  CHECK(std::string(web.name) == "a) b (c");
  CgroupReader cgroups(host.root());
  CHECK(cgroups.path_of(web.cgroup_id) == "/web.service");
  const thread_record worker = of(records, 43).at(0);
  CHECK((worker.header.flags & THREAD_KERNEL) != 0);
  CHECK((worker.header.flags & THREAD_HAS_MEMORY) == 0);
}

TEST_CASE("a process that rests is read in turns, one that works in every scan") {
  const Fixture host;
  host.write("proc/42/stat", kStat);
  host.write("proc/42/status", "Uid:\t33\n");
  ProcScanner scanner(host.root());
  CHECK(scanner.scan().at(0).read_bytes == 0);
  host.write("proc/42/io", "read_bytes: 7\n");
  bool seen = false;
  for (int i = 0; i < 4; ++i) seen = scanner.scan().at(0).read_bytes == 7;
  CHECK(seen);
  std::string later = kStat;
  later.replace(later.find(" 250 50 "), 8, " 251 50 ");
  for (int i = 0; i < 8; ++i) {
    host.write("proc/42/stat", i % 2 == 0 ? later : kStat);
    host.write("proc/42/io", "read_bytes: " + std::to_string(100 + i) + "\n");
    CHECK(scanner.scan().at(0).read_bytes == 100u + static_cast<unsigned>(i));
  }
  later.replace(later.find(" 12345 "), 7, " 99999 ");  // the pid is used again
  host.write("proc/42/stat", later);
  host.write("proc/42/status", "Uid:\t34\n");
  CHECK(scanner.scan().at(0).uid == 34);
}

TEST_CASE("scans of nothing and of garbage are empty") {
  const Fixture host;
  CHECK(ProcScanner(host.root()).scan().empty());
  ProcScanner missing(host.root() / "nowhere");
  CHECK(missing.scan().empty());
  for (const std::string& text : garbage_texts()) {
    for (const char* file : {"stat", "status", "io", "cgroup", "limits"})
      host.write(std::string("proc/1/") + file, text);
    CHECK(ProcScanner(host.root()).scan().empty());
  }
}

TEST_CASE("the real host: this process is counted as it counts itself") {
  ProcScanner scanner;
  const std::uint64_t before = own_cpu_ns();
  const auto records = scanner.scan();
  const std::uint64_t after = own_cpu_ns();
  const auto own = of(records, static_cast<std::uint32_t>(::getpid()));
  REQUIRE(own.size() == 1);
  constexpr std::uint64_t kTicks = 20'000'000;  // user and system are rounded down alone
  CHECK(own[0].cpu_ns + kTicks >= before);
  CHECK(own[0].cpu_ns <= after + kTicks);
  CHECK(own[0].parent_pid == static_cast<std::uint32_t>(::getppid()));
  CHECK(own[0].uid == ::getuid());
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(own[0].open_files_soft_limit == limit.rlim_cur);
  CHECK(own[0].rss_bytes > 0);
  CHECK(own[0].condition == THREAD_RUNNING);
}

TEST_CASE("the real host: a child is found while it lives and not after") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (;;) ::pause();
  }
  ProcScanner scanner;
  const auto pid = static_cast<std::uint32_t>(child);
  CHECK(of(scanner.scan(), pid).size() == 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(of(scanner.scan(), pid).empty());
  ProcessReader reader;
  CHECK_FALSE(reader.command(pid));
  CHECK_FALSE(reader.executable(pid));
  CHECK_FALSE(reader.open_files(pid));
}

TEST_CASE("a command line is one printable line") {
  using namespace std::string_view_literals;
  CHECK(command_from_cmdline("python3\0-m\0app\0"sv) == "python3 -m app");
  CHECK(command_from_cmdline("postgres: writer   \0\0\0"sv) == "postgres: writer");
  CHECK(command_from_cmdline("sh\0-c\0a\nb\x1b[1m\0"sv) == "sh -c a?b?[1m");
  CHECK(command_from_cmdline("a\0\0b\0"sv) == "a  b");
  CHECK_FALSE(command_from_cmdline(""));
  CHECK_FALSE(command_from_cmdline("\0\0"sv));
  const Fixture host;
  host.write("proc/1/cmdline", std::string(10'000, 'x'));
  ProcessReader reader(host.root());
  CHECK(reader.command(1) == std::string(4096, 'x') + "…");
  host.write("proc/1/cmdline", std::string(4096, 'x'));
  CHECK(reader.command(1) == std::string(4096, 'x'));
  for (const std::string& text : garbage_texts()) {
    host.write("proc/1/cmdline", text);
    const auto command = reader.command(1);
    if (command) CHECK(command->size() <= 4096 + 3);
  }
}

TEST_CASE("open files are counted where the directory's size does not tell") {
  const Fixture host;
  host.make_directory("proc/1/fd");
  ProcessReader reader(host.root());
  for (const char* fd : {"0", "1", "2"}) host.write(std::string("proc/1/fd/") + fd, "");
  CHECK(reader.open_files(1) == 3u);
  host.write("proc/2/fd", "no directory");
  CHECK_FALSE(reader.open_files(2));
  host.link("proc/3/exe", "/usr/bin/old (deleted)");
  CHECK(reader.executable(3) == "/usr/bin/old (deleted)");
  host.link("proc/4/fd", "fd");
  CHECK_FALSE(reader.open_files(4));
}

TEST_CASE("the real host: our own command, executable and descriptors") {
  ProcessReader reader;
  const auto pid = static_cast<std::uint32_t>(::getpid());
  const auto command = reader.command(pid);
  REQUIRE(command);
  const std::string raw = slurp("/proc/self/cmdline");
  CHECK(command->starts_with(raw.c_str()));
  CHECK(reader.executable(pid) == std::filesystem::read_symlink("/proc/self/exe").string());
  const auto before = reader.open_files(pid);
  const Fd extra(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto after = reader.open_files(pid);
  REQUIRE(before);
  CHECK(after == *before + 1);
}
