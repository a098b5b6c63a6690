// SPDX-License-Identifier: Apache-2.0
#include "collect/block_probe.h"

#include "block.skel.h"
#include "bpf/block.h"
#include "bpf/map_reader.h"

namespace culprit {
namespace {
constexpr std::uint32_t kMinorBits = 20;
}

BlockProbe::BlockProbe() = default;
BlockProbe::~BlockProbe() = default;

Result<std::unique_ptr<BlockProbe>> BlockProbe::load(ObjectLoader& loader) {
  std::unique_ptr<BlockProbe> probe(new BlockProbe);
  probe->skeleton_.reset(block_probe::open());
  if (!probe->skeleton_) return unsupported("block: " + take_libbpf_messages());
  if (Status loaded = loader.load("block", *probe->skeleton_); !loaded)
    return tl::unexpected(loaded.error());
  return probe;
}

std::vector<BlockLatencyReading> BlockProbe::latencies() const {
  std::vector<BlockLatencyReading> readings;
  for_each_entry<std::uint32_t, block_device_counters>(
      bpf_map__fd(skeleton_->maps.block_devices),
      [&](std::uint32_t device, const block_device_counters& counters) {
        readings.push_back({device >> kMinorBits, device & ((1u << kMinorBits) - 1),
                            counters.latency});
      });
  return readings;
}

bpf_object* BlockProbe::object() const { return skeleton_->obj; }

}  // namespace culprit
