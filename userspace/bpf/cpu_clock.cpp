// SPDX-License-Identifier: Apache-2.0
#include "bpf/cpu_clock.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bpf/tracepoint.h"

namespace culprit {

Result<LinkHandle> attach_to_event(bpf_program* program, const Fd& event) {
  const int copy = fcntl(event.get(), F_DUPFD_CLOEXEC, 3);  // the link takes this one over
  LinkHandle link(bpf_program__attach_perf_event(program, copy));
  if (link) return link;
  const int error = errno;
  close(copy);
  return fail(std::strerror(error));
}

namespace {

Result<LinkHandle> attach_to_cpu(bpf_program* program, std::uint32_t frequency_hz, int cpu) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.freq = 1;
  attributes.sample_freq = frequency_hz;
  attributes.exclude_idle = 1;
  const auto event = open_perf_event(attributes, -1, cpu);
  if (!event) return tl::unexpected(event.error());
  return attach_to_event(program, *event);
}

}  // namespace

Result<std::vector<LinkHandle>> attach_to_cpu_clock(bpf_program* program,
                                                    std::uint32_t frequency_hz) {
  std::vector<LinkHandle> links;
  Error last;
  const int cpus = libbpf_num_possible_cpus();
  for (int cpu = 0; cpu < cpus; cpu++) {
    if (auto link = attach_to_cpu(program, frequency_hz, cpu))
      links.push_back(std::move(*link));
    else
      last = link.error();
  }
  if (links.empty()) return unsupported(last.message);
  return links;
}

}  // namespace culprit
