// SPDX-License-Identifier: Apache-2.0
#include "collect/call_probe.h"

#include <bpf/bpf.h>
#include <spdlog/spdlog.h>

#include "bpf/iterator.h"
#include "call.skel.h"

namespace culprit {

CallProbe::CallProbe() = default;
CallProbe::~CallProbe() = default;

Result<std::unique_ptr<CallProbe>> CallProbe::load(ObjectLoader& loader) {
  std::unique_ptr<CallProbe> probe(new CallProbe);
  probe->skeleton_.reset(call_probe::open());
  if (!probe->skeleton_) return unsupported("call: " + take_libbpf_messages());
  if (Status loaded = loader.load("call", *probe->skeleton_); !loaded)
    return tl::unexpected(loaded.error());
  probe->existing_ = loader.link("list_connections");
  probe->flush_ = loader.link("flush_exchanges");
  return probe;
}

int CallProbe::exchanges() const {
  return bpf_map__fd(skeleton_->maps.exchanges);
}

void CallProbe::list_existing() {
  if (existing_)
    if (const auto listed = read_iterator<std::uint64_t>(existing_); !listed)
      spdlog::warn("open connections: {}", listed.error().message);
  __atomic_store_n(&skeleton_->bss->listing_done, 1, __ATOMIC_SEQ_CST);
}

void CallProbe::watch_plaintext() {
  __atomic_store_n(&skeleton_->bss->plaintext_watched, 1, __ATOMIC_SEQ_CST);
}

std::optional<std::vector<std::uint64_t>> CallProbe::flush() {
  if (!flush_) return std::nullopt;
  auto ids = read_iterator<std::uint64_t>(flush_);
  if (ids) return std::move(*ids);
  spdlog::warn("connections' buffers: {}", ids.error().message);
  return std::nullopt;
}

bpf_object* CallProbe::object() const {
  return skeleton_->obj;
}

}  // namespace culprit
