// SPDX-License-Identifier: Apache-2.0
#include "collect/trap_price.h"

#include <unistd.h>

#include "runtime/process_map.h"
#include "util/clock.h"

namespace culprit {
namespace {

constexpr int kHits = 50;

[[gnu::noinline]] void step_on_trap() {
  __asm__ volatile("");
}

double nanoseconds_for_hits() {
  const std::uint64_t begin = clock_ns(CLOCK_MONOTONIC);
  for (int i = 0; i < kHits; i++) step_on_trap();
  return static_cast<double>(clock_ns(CLOCK_MONOTONIC) - begin);
}

}  // namespace

double trap_price_ns(ObjectLoader& loader, bpf_program* program) {
  const ProcessView self{"/", getpid()};
  const auto map = self.read_map();
  if (!map) return 0;
  const auto place = self.place_of(*map, reinterpret_cast<std::uintptr_t>(&step_on_trap));
  if (!place) return 0;
  const auto link =
      loader.attach_to(program, place->path, {{place->offset, 0}}, FunctionEnd::kEntry, getpid());
  if (!link) return 0;
  nanoseconds_for_hits();
  return nanoseconds_for_hits() / kHits;
}

}  // namespace culprit
