// SPDX-License-Identifier: Apache-2.0
// All parsers of the kernel's text files; the first byte chooses one.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collect/cgroup_mounts.h"
#include "collect/cgroup_parsers.h"
#include "collect/host_parsers.h"
#include "collect/mount_table.h"
#include "collect/name_parsers.h"
#include "collect/proc_parsers.h"
#include "collect/process_reader.h"
#include "collect/text_scan.h"
#include "model/unit_name.h"

namespace {

using namespace culprit;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A view that a parser returns lies within the text it was given.
void require_within(std::string_view part, std::string_view whole) {
  if (part.empty()) return;
  require(part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void fuzz_stat(std::string_view text) {
  require(parse_stat(text, 10'000'000).cpus.size() <= 8192);
}
void fuzz_loadavg(std::string_view text) {
  parse_loadavg(text);
}
void fuzz_meminfo(std::string_view text) {
  parse_meminfo(text);
}
void fuzz_pressure(std::string_view text) {
  parse_pressure(text);
}
void fuzz_diskstats(std::string_view text) {
  parse_diskstats(text);
}
void fuzz_net_dev(std::string_view text) {
  parse_net_dev(text);
}
void fuzz_protocol(std::string_view text) {
  parse_protocol_counter(text, "Tcp:", "OutSegs");
}
void fuzz_pid_stat(std::string_view text) {
  if (const auto stat = parse_pid_stat(text)) require_within(stat->name, text);
}
void fuzz_pid_status(std::string_view text) {
  parse_pid_status(text);
}
void fuzz_pid_io(std::string_view text) {
  parse_pid_io(text);
}
void fuzz_limits(std::string_view text) {
  parse_open_files_limit(text);
}
void fuzz_pid_cgroup(std::string_view text) {
  for (const char* hierarchy : {"unified", "memory"})
    if (const auto path = parse_pid_cgroup(text, hierarchy)) require_within(*path, text);
}
void fuzz_mountinfo(std::string_view text) {
  const auto mounts = parse_mountinfo(text);
  require(watched_filesystems(mounts).size() <= mounts.size());
}
void fuzz_cgroup_files(std::string_view text) {
  parse_cgroup_cpu_stat(text);
  parse_cpu_max(text);
  parse_count(text);
  parse_limit(text);
  parse_cfs_quota(text, text);
}
void fuzz_passwd(std::string_view text) {
  parse_passwd(text);
}
void fuzz_docker(std::string_view text) {
  parse_docker_config(text);
}
void fuzz_podman(std::string_view text) {
  parse_podman_containers(text);
}
void fuzz_unit_name(std::string_view text) {
  require(!unit_name(text).unit.empty());
}
void fuzz_command(std::string_view text) {
  const auto command = command_from_cmdline(text);
  if (!command) return;
  require(command->size() <= 4096 + 3);
  require(printable(*command, 8192) == *command);  // what is printable stays as it is
}
void fuzz_words(std::string_view text) {
  count_ids(text);
  to_fraction(text);
  const CgroupMount mount{2, {}, "/a", ""};
  if (const auto path = path_in_mount(mount, text); path && *path != "/")
    require_within(*path, text);
}

constexpr std::array kParsers = {fuzz_stat,       fuzz_loadavg,      fuzz_meminfo,  fuzz_pressure,
                                 fuzz_diskstats,  fuzz_net_dev,      fuzz_protocol, fuzz_pid_stat,
                                 fuzz_pid_status, fuzz_pid_io,       fuzz_limits,   fuzz_pid_cgroup,
                                 fuzz_mountinfo,  fuzz_cgroup_files, fuzz_passwd,   fuzz_docker,
                                 fuzz_podman,     fuzz_unit_name,    fuzz_command,  fuzz_words};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  kParsers[data[0] % kParsers.size()](text);
  return 0;
}
