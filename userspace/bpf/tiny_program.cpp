// SPDX-License-Identifier: Apache-2.0
#include "bpf/tiny_program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace culprit {
namespace {

bpf_insn instruction(int code, int to, int from, int offset, int value) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = to & 15;
  made.src_reg = from & 15;
  made.off = static_cast<__s16>(offset);
  made.imm = value;
  return made;
}

/// The verifier's verdict: its last line that is not statistics.
std::string last_verdict(const char* log) {
  std::string verdict, text = log;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (!line.empty() && line.rfind("processed ", 0) != 0 &&
        line.rfind("verification time", 0) != 0 && line.rfind("stack depth", 0) != 0)
      verdict = line;
  }
  return verdict;
}

}  // namespace

std::string kernel_error(int error) {
  return std::strerror(std::abs(error));
}

TinyProgram& TinyProgram::add(std::initializer_list<bpf_insn> instructions) {
  code_.insert(code_.end(), instructions);
  return *this;
}

TinyProgram& TinyProgram::move(int to, int from) {
  return add({instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)});
}

TinyProgram& TinyProgram::set(int to, int value) {
  return add({instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value)});
}

TinyProgram& TinyProgram::load_argument(int to, int index) {
  return add({instruction(BPF_LDX | BPF_MEM | BPF_DW, to, 1, index * 8, 0)});
}

TinyProgram& TinyProgram::load_map(int to, const Fd& map) {
  return add({instruction(BPF_LD | BPF_IMM | BPF_DW, to, BPF_PSEUDO_MAP_FD, 0, map.get()),
              instruction(0, 0, 0, 0, 0)});
}

TinyProgram& TinyProgram::stack_slot(int to) {
  return add({instruction(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0),
              instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, 10, 0, 0),
              instruction(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, -8)});
}

TinyProgram& TinyProgram::call(bpf_func_id helper) {
  return add({instruction(BPF_JMP | BPF_CALL, 0, 0, 0, helper)});
}

Result<Fd> TinyProgram::load() {
  set(0, 0).add({instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)});
  LIBBPF_OPTS(bpf_prog_load_opts, options,
              .expected_attach_type = static_cast<bpf_attach_type>(attach_type_),
              .attach_btf_id = btf_id_);
  const auto try_it = [&] {
    return bpf_prog_load(type_, kTinyName, "GPL", code_.data(), code_.size(), &options);
  };
  const int program = try_it();
  if (program >= 0) return Fd(program);
  std::array<char, 4096> log{};
  options.log_buf = log.data();
  options.log_size = log.size();
  options.log_level = 1;
  if (const Fd second_thoughts(try_it()); second_thoughts)
    return unsupported(kernel_error(program) + " (but not when asked again)");
  const std::string verdict = last_verdict(log.data());
  return unsupported(kernel_error(program) + (verdict.empty() ? "" : ": " + verdict));
}

Result<Fd> attach_tracing(const Fd& program) {
  const int link = bpf_raw_tracepoint_open(nullptr, program.get());
  if (link < 0) return unsupported(kernel_error(link));
  return Fd(link);
}

Result<Fd> open_iterator(const Fd& program) {
  const Fd link(bpf_link_create(program.get(), 0, BPF_TRACE_ITER, nullptr));
  if (!link) return unsupported(kernel_error(errno));
  const int iterator = bpf_iter_create(link.get());
  if (iterator < 0) return unsupported(kernel_error(iterator));
  return Fd(iterator);
}

Result<Fd> create_map(bpf_map_type type, std::uint32_t key, std::uint32_t value,
                      std::uint32_t entries) {
  const int map = bpf_map_create(type, kTinyName, key, value, entries, nullptr);
  if (map < 0) return unsupported(kernel_error(map));
  return Fd(map);
}

Result<Fd> create_storage(bpf_map_type type) {
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__new_empty(), btf__free);
  if (!types) return unsupported(kernel_error(errno));
  const int key = btf__add_int(types.get(), "int", 4, BTF_INT_SIGNED);
  const int value = btf__add_int(types.get(), "u64", 8, 0);
  if (key < 0 || value < 0) return unsupported(kernel_error(key < 0 ? key : value));
  if (const int error = btf__load_into_kernel(types.get())) return unsupported(kernel_error(error));
  LIBBPF_OPTS(bpf_map_create_opts, options, .btf_fd = static_cast<__u32>(btf__fd(types.get())),
              .btf_key_type_id = static_cast<__u32>(key),
              .btf_value_type_id = static_cast<__u32>(value), .map_flags = BPF_F_NO_PREALLOC);
  const int map = bpf_map_create(type, kTinyName, 4, 8, 0, &options);
  if (map < 0) return unsupported(kernel_error(map));
  return Fd(map);
}

}  // namespace culprit
