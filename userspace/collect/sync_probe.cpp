// SPDX-License-Identifier: Apache-2.0
#include "collect/sync_probe.h"

#include "bpf/map_reader.h"
#include "bpf/sync.h"
#include "sync.skel.h"

namespace culprit {
namespace {
constexpr std::size_t kBatch = 32;
}

SyncProbe::SyncProbe() = default;
SyncProbe::~SyncProbe() = default;

Result<std::unique_ptr<SyncProbe>> SyncProbe::load(ObjectLoader& loader) {
  std::unique_ptr<SyncProbe> probe(new SyncProbe);
  probe->skeleton_.reset(sync_probe::open());
  if (!probe->skeleton_) return unsupported("sync: " + take_libbpf_messages());
  if (Status loaded = loader.load("sync", *probe->skeleton_); !loaded)
    return tl::unexpected(loaded.error());
  return probe;
}

// A call that ends in the very moment in which its process's entry is taken is not counted.
std::vector<SyncReading> SyncProbe::take() {
  std::vector<SyncReading> readings;
  drain_entries<std::uint32_t, sync_counters>(
      bpf_map__fd(skeleton_->maps.syncs), kBatch,
      [&](std::uint32_t pid, const sync_counters& counters) {
        readings.push_back({pid, counters.latency});
      });
  return readings;
}

bpf_object* SyncProbe::object() const {
  return skeleton_->obj;
}

}  // namespace culprit
