// SPDX-License-Identifier: Apache-2.0
#include "collect/event_probes.h"

#include "lifecycle.skel.h"
#include "memory.skel.h"
#include "network.skel.h"

namespace culprit {
namespace {

template <typename Skeleton>
class SkeletonProbe final : public EventProbe {
 public:
  explicit SkeletonProbe(SkeletonHandle<Skeleton> skeleton) : skeleton_(std::move(skeleton)) {}
  bpf_object* object() const override { return skeleton_->obj; }

 private:
  SkeletonHandle<Skeleton> skeleton_;
};

template <typename Skeleton, typename Configure>
Result<std::unique_ptr<EventProbe>> load(ObjectLoader& loader, const std::string& family,
                                         Configure configure) {
  SkeletonHandle<Skeleton> skeleton(Skeleton::open());
  if (!skeleton) return unsupported(family + ": " + take_libbpf_messages());
  configure(*skeleton);
  if (Status loaded = loader.load(family, *skeleton); !loaded)
    return tl::unexpected(loaded.error());
  return std::make_unique<SkeletonProbe<Skeleton>>(std::move(skeleton));
}

}  // namespace

Result<std::unique_ptr<EventProbe>> EventProbe::lifecycle(ObjectLoader& loader,
                                                          std::uint32_t unit_hierarchy) {
  return load<lifecycle_probe>(loader, "lifecycle", [&](lifecycle_probe& skeleton) {
    skeleton.rodata->unit_hierarchy = unit_hierarchy;
  });
}

Result<std::unique_ptr<EventProbe>> EventProbe::memory(ObjectLoader& loader) {
  return load<memory_probe>(loader, "memory", [](memory_probe&) {});
}

Result<std::unique_ptr<EventProbe>> EventProbe::network(ObjectLoader& loader) {
  return load<network_probe>(loader, "network", [](network_probe&) {});
}

}  // namespace culprit
