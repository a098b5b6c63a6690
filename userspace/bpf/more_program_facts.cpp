// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <link.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <map>

#include "bpf/fact_outcome.h"
#include "bpf/program_facts.h"
#include "bpf/tiny_program.h"
#include "bpf/tracepoint.h"

namespace culprit {

/// What the uprobe is tried on; nobody calls it.
extern "C" __attribute__((noinline, used)) void culprit_uprobe_trial() {
  asm volatile("nop");
}

namespace {

Fact try_perf_event() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.freq = 1;
  attributes.sample_freq = 1;
  const Result<Fd> event = open_perf_event(attributes, -1, 0);
  if (!event) return missing(event.error().message);
  return attach_to_event(*event, BPF_PROG_TYPE_PERF_EVENT, "a program on the CPU clock");
}

Fact try_tracepoint() {
  const Result<Tracefs> tracefs = open_tracefs();
  if (!tracefs) return missing("needs tracefs");
  const Result<Fd> event = open_tracepoint(*tracefs, "oom", "mark_victim");
  if (!event) return missing(event.error().message);
  return attach_to_event(*event, BPF_PROG_TYPE_TRACEPOINT, "a program on oom/mark_victim");
}

Fact try_kprobe() {
  const Result<std::uint32_t> type = event_source("kprobe");
  if (!type) return missing(type.error().message);
  perf_event_attr attributes{};
  attributes.type = *type;
  attributes.config1 = reinterpret_cast<std::uintptr_t>("bpf_fentry_test1");
  const Result<Fd> event = open_perf_event(attributes, -1, 0);
  if (!event) return missing(event.error().message);
  return attach_to_event(*event, BPF_PROG_TYPE_KPROBE, "a program on bpf_fentry_test1");
}

/// Where an address of this program lies in its file.
std::uint64_t file_offset(std::uintptr_t address) {
  std::pair<std::uintptr_t, std::uint64_t> search{address, 0};
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* data) {
        auto& [wanted, offset] = *static_cast<std::pair<std::uintptr_t, std::uint64_t>*>(data);
        for (int i = 0; i < object->dlpi_phnum; i++) {
          const ElfW(Phdr)& segment = object->dlpi_phdr[i];
          const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
          if (segment.p_type == PT_LOAD && wanted >= begin && wanted < begin + segment.p_filesz)
            offset = wanted - begin + segment.p_offset;
        }
        return 1;  // the first object is the program itself
      },
      &search);
  return search.second;
}

Fact try_uprobe() {
  const Result<std::uint32_t> type = event_source("uprobe");
  if (!type) return missing(type.error().message);
  perf_event_attr attributes{};
  attributes.type = *type;
  attributes.config1 = reinterpret_cast<std::uintptr_t>("/proc/self/exe");
  attributes.config2 = file_offset(reinterpret_cast<std::uintptr_t>(&culprit_uprobe_trial));
  const Result<Fd> event = open_perf_event(attributes, 0, -1);
  if (!event) return missing(event.error().message);
  return attach_to_event(*event, BPF_PROG_TYPE_KPROBE, "a program on a function of culprit");
}

std::string program_kind(__u32 type) {
  const char* kind = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(type));
  return kind ? kind : "type " + std::to_string(type);
}

/// Every loaded program but those of our own trials, the same ones counted together.
std::optional<std::vector<std::string>> loaded_programs() {
  std::map<std::string, int> counts;
  int end = 0;
  for (__u32 id = 0; (end = bpf_prog_get_next_id(id, &id)) == 0;) {
    const int program = bpf_prog_get_fd_by_id(id);
    if (program < 0) continue;  // gone meanwhile
    const Fd owner(program);
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    if (bpf_obj_get_info_by_fd(program, &info, &size) != 0) continue;
    const std::string name(info.name, strnlen(info.name, sizeof(info.name)));
    if (name != kTinyName) counts[program_kind(info.type) + " " + (name.empty() ? "-" : name)]++;
  }
  if (end != -ENOENT) return std::nullopt;
  std::vector<std::string> programs;
  for (const auto& [program, count] : counts)
    programs.push_back(count == 1 ? program : program + " x" + std::to_string(count));
  return programs;
}

}  // namespace

Fact attach_to_event(const Fd& event, bpf_prog_type type, const std::string& what) {
  const Result<Fd> program = TinyProgram(type, 0, 0).load();
  if (!program) return missing("loading: " + program.error().message);
  if (ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program->get()) != 0)
    return missing("attaching: " + kernel_error(errno));
  return present(what + " loads and attaches");
}

void probe_more_programs(Facts& facts) {
  const libbpf_print_fn_t printer = libbpf_set_print(nullptr);
  facts.other_bpf_users = loaded_programs();
  if (facts.tracepoint.available) facts.tracepoint = try_tracepoint();
  facts.perf_event = try_perf_event();
  facts.kprobe = try_kprobe();
  if (facts.uprobe.available) facts.uprobe = try_uprobe();
  const int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
  facts.bpf_statistics = statistics < 0 ? missing(kernel_error(statistics))
                                        : outcome(Fd(statistics), "run times can be measured");
  libbpf_set_print(printer);
}

}  // namespace culprit
