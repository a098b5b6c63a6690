// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "util/fd.h"
#include "util/result.h"

namespace culprit {

/// A BPF program of a few instructions, to find out whether the kernel takes it.
class TinyProgram {
 public:
  TinyProgram(bpf_prog_type type, int attach_type, std::uint32_t btf_id)
      : type_(type), attach_type_(attach_type), btf_id_(btf_id) {}

  // Instructions, named like the assembler's; 1-5 are the arguments of a call, 0 its result.
  TinyProgram& move(int to, int from);
  TinyProgram& set(int to, int value);
  TinyProgram& load_argument(int to, int index);  ///< of a traced function; register 1 is context
  TinyProgram& load_map(int to, const Fd& map);
  TinyProgram& stack_slot(int to);  ///< address of 8 zeroed bytes
  TinyProgram& call(bpf_func_id helper);

  /// Ends it with `return 0` and loads it. An error carries the kernel's own words.
  Result<Fd> load();

 private:
  TinyProgram& add(std::initializer_list<bpf_insn> instructions);

  bpf_prog_type type_;
  int attach_type_;
  std::uint32_t btf_id_;
  std::vector<bpf_insn> code_;
};

/// Attaches a typed tracepoint, fentry or fexit program.
Result<Fd> attach_tracing(const Fd& program);
/// Attaches a task iterator and opens it once.
Result<Fd> open_iterator(const Fd& program);

/// Creates a map; error: the kernel's.
Result<Fd> create_map(bpf_map_type type, std::uint32_t key, std::uint32_t value,
                      std::uint32_t entries);
/// Creates a map of task or socket storage, 8 bytes each.
Result<Fd> create_storage(bpf_map_type type);

/// The name that each of these programs and maps bears.
inline constexpr const char* kTinyName = "culprit_fact";

/// strerror of a libbpf return code or errno, of either sign.
std::string kernel_error(int error);

}  // namespace culprit
