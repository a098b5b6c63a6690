// SPDX-License-Identifier: Apache-2.0
#include "collect/call_probe.h"

#include <bpf/bpf.h>
#include <spdlog/spdlog.h>

#include <string>

#include "bpf/iterator.h"
#include "call.skel.h"
#include "call_syscalls.skel.h"

namespace culprit {
namespace {

/// The objects differ in how they attach; what user space does with them is the same.
template <typename Skeleton>
class LoadedCallProbe final : public CallProbe {
 public:
  explicit LoadedCallProbe(ObjectLoader& loader) : loader_(loader) {}

  /// The iterators are programs of the family.
  static Result<std::unique_ptr<CallProbe>> load(ObjectLoader& loader, const std::string& family,
                                                 const char* lister, const char* flusher) {
    auto probe = std::make_unique<LoadedCallProbe>(loader);
    probe->skeleton_.reset(Skeleton::open());
    if (!probe->skeleton_) return unsupported(family + ": " + take_libbpf_messages());
    if (Status loaded = loader.load(family, *probe->skeleton_); !loaded)
      return tl::unexpected(loaded.error());
    probe->existing_ = loader.link(lister);
    probe->flush_ = loader.link(flusher);
    probe->find_arrival_program();
    return std::unique_ptr<CallProbe>(std::move(probe));
  }

  int exchanges() const override { return bpf_map__fd(skeleton_->maps.exchanges); }

  void list_existing() override {
    if (existing_)
      if (const auto listed = read_iterator<std::uint64_t>(existing_); !listed)
        spdlog::warn("open connections: {}", listed.error().message);
    __atomic_store_n(&skeleton_->bss->listing_done, 1, __ATOMIC_SEQ_CST);
  }

  void watch_plaintext() override {
    __atomic_store_n(&skeleton_->bss->plaintext_watched, 1, __ATOMIC_SEQ_CST);
  }

  void follow_plaintext() override {
    __atomic_store_n(&skeleton_->bss->plaintext_found, 1, __ATOMIC_SEQ_CST);
  }

  void need_arrivals() override {
    unwanted_flushes_ = 0;
    if (!arrival_ || !loader_.runs("call")) return;  // let go of, because it costs too much
    if (const Status attached = loader_.attach_waiting(arrival_); !attached)
      spdlog::warn("{}", attached.error().message);
  }

  void count_traffic(bool wanted) override {
    if constexpr (requires { skeleton_->bss->traffic_counted; })
      __atomic_store_n(&skeleton_->bss->traffic_counted, wanted ? 1 : 0, __ATOMIC_SEQ_CST);
  }

  void know_tasks(bool known) override {
    __atomic_store_n(&skeleton_->bss->tasks_known, known ? 1 : 0, __ATOMIC_SEQ_CST);
  }

  std::optional<std::vector<std::uint64_t>> flush() override {
    if (!flush_) return std::nullopt;
    auto ids = read_iterator<std::uint64_t>(flush_);
    if (ids) {
      judge_arrivals();
      return std::move(*ids);
    }
    spdlog::warn("connections' buffers: {}", ids.error().message);
    return std::nullopt;
  }

  bpf_object* object() const override { return skeleton_->obj; }

 private:
  void find_arrival_program() {
    if constexpr (requires { skeleton_->progs.call_arrival; })
      for (bpf_program* program : {skeleton_->progs.call_arrival, skeleton_->progs.call_readable})
        if (loader_.attached(bpf_program__name(program))) arrival_ = program;
  }

  /// The flush has looked at all connections.
  void judge_arrivals() {
    if constexpr (requires { skeleton_->bss->arrivals_wanted; }) {
      if (__atomic_exchange_n(&skeleton_->bss->arrivals_wanted, 0, __ATOMIC_SEQ_CST))
        need_arrivals();
      else if (++unwanted_flushes_ == kUnwantedFlushes && arrival_)
        loader_.detach(arrival_);
    }
  }

  static constexpr unsigned kUnwantedFlushes = 5;

  ObjectLoader& loader_;
  bpf_program* arrival_ = nullptr;
  unsigned unwanted_flushes_ = 0;
  SkeletonHandle<Skeleton> skeleton_;
  bpf_link* existing_ = nullptr;  // both are the loader's
  bpf_link* flush_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<CallProbe>> CallProbe::load(ObjectLoader& loader) {
  return LoadedCallProbe<call_probe>::load(loader, "call", "list_connections", "flush_exchanges");
}

Result<std::unique_ptr<CallProbe>> CallProbe::load_syscalls(ObjectLoader& loader) {
  return LoadedCallProbe<call_syscalls_probe>::load(
      loader, "call_syscalls", "list_hashed_connections", "flush_hashed_exchanges");
}

}  // namespace culprit
