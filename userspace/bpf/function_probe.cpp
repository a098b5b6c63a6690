// SPDX-License-Identifier: Apache-2.0
#include "bpf/function_probe.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace culprit {
namespace {

constexpr std::uint32_t kAtReturn = 1;  // BPF_F_UPROBE_MULTI_RETURN

/// The part of union bpf_attr that BPF_LINK_CREATE takes for kUprobeMulti.
struct MultiLink {
  std::uint32_t program = 0, target = 0, type = kUprobeMulti, flags = 0;
  std::uint64_t path = 0, offsets = 0, counters = 0, cookies = 0;
  std::uint32_t count = 0, multi_flags = 0, pid = 0, padding = 0;
};
static_assert(sizeof(MultiLink) == 64);

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

int create_link(int program, const char* file, const std::vector<std::uint64_t>& offsets,
                const std::vector<std::uint64_t>& cookies, FunctionEnd end, int pid) {
  MultiLink link;
  link.program = static_cast<std::uint32_t>(program);
  link.path = address(file);
  link.offsets = address(offsets.data());
  link.cookies = address(cookies.data());
  link.count = static_cast<std::uint32_t>(offsets.size());
  link.multi_flags = end == FunctionEnd::kReturn ? kAtReturn : 0;
  if (pid != kAllProcesses) link.pid = static_cast<std::uint32_t>(pid);
  return static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link)));
}

}  // namespace

void prepare_for_one_link(bpf_program* program) {
  bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(kUprobeMulti));
}

Result<FunctionLink> attach_functions(const bpf_program* program, const std::string& file,
                                      const std::vector<Function>& functions, FunctionEnd end,
                                      bool one_link, int pid) {
  FunctionLink link;
  if (one_link) {
    std::vector<std::uint64_t> offsets, cookies;
    for (const Function& function : functions) {
      offsets.push_back(function.offset);
      cookies.push_back(function.cookie);
    }
    link.all = Fd(create_link(bpf_program__fd(program), file.c_str(), offsets, cookies, end, pid));
    if (!link.all) return fail(std::strerror(errno));
    return link;
  }
  for (const Function& function : functions) {
    LIBBPF_OPTS(bpf_uprobe_opts, options, .bpf_cookie = function.cookie,
                .retprobe = end == FunctionEnd::kReturn);
    link.each.emplace_back(
        bpf_program__attach_uprobe_opts(program, pid, file.c_str(), function.offset, &options));
    if (!link.each.back()) return fail(std::strerror(errno));
  }
  return link;
}

Status try_one_link(const Fd& program) {
  // A directory is refused with EBADF by kernels that know such links, before anything is done.
  const Fd link(create_link(program.get(), "/", {0}, {0}, FunctionEnd::kEntry, kAllProcesses));
  if (link || errno == EBADF) return {};
  return fail(std::strerror(errno));
}

}  // namespace culprit
