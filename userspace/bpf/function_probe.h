// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "util/fd.h"
#include "util/result.h"

namespace culprit {

struct LinkDeleter {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using LinkHandle = std::unique_ptr<bpf_link, LinkDeleter>;

/// A function in an ELF file.
struct Function {
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t cookie = 0;  ///< what the program that is attached to it is told
};

/// A program that is attached to functions while this lives.
struct FunctionLink {
  Fd all;                        ///< one link for all (kernel >= 6.6), else
  std::vector<LinkHandle> each;  ///< one for each function; each takes 80 ms to let go
};

enum class FunctionEnd { kEntry, kReturn };

/// How such a program has to be loaded so that attach_functions() can make one link of it.
void prepare_for_one_link(bpf_program* program);

inline constexpr int kAllProcesses = -1;

/// Attaches to all of `functions` of `file` or to none, in one process or in all. `one_link` is
/// what the program was prepared for.
Result<FunctionLink> attach_functions(const bpf_program* program, const std::string& file,
                                      const std::vector<Function>& functions, FunctionEnd end,
                                      bool one_link, int pid = kAllProcesses);

/// Whether the kernel knows links to many functions; nothing is attached.
Status try_one_link(const Fd& program);

/// BPF_TRACE_UPROBE_MULTI, which older headers do not have.
inline constexpr int kUprobeMulti = 48;

}  // namespace culprit
