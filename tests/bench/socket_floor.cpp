// SPDX-License-Identifier: Apache-2.0
// Peer of the bench: programs that do nothing where ours see calls, at every send and receive. What
// these cost is the kernel's own, before a byte is looked at. Until a signal ends it.
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cstdio>
#include <initializer_list>

int main() {
  const bpf_insn nothing[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
                              {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  const int program =
      bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "nothing", "GPL", nothing, 2, nullptr);
  for (const char* point : {"sock_send_length", "sock_recv_length"}) {
    if (bpf_raw_tracepoint_open(point, program) >= 0) continue;
    std::perror(point);
    return 1;
  }
  pause();
}
