// SPDX-License-Identifier: Apache-2.0
#include "bpf/facts.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/host_facts.h"
#include "bpf/program_facts.h"

namespace culprit {

Facts probe_facts(const std::filesystem::path& root) {
  Facts facts;
  utsname host{};
  if (uname(&host) == 0) {
    facts.kernel = host.release;
    facts.architecture = host.machine;
  }
  facts.root = geteuid() == 0;
  probe_files(facts, root);
  probe_programs(facts, root);
  return facts;
}

void probe_more_facts(Facts& facts) {
  probe_more_programs(facts);
  facts.resource_limits = try_raising_limits();
}

}  // namespace culprit
