// SPDX-License-Identifier: Apache-2.0
#include "collect/thread_probe.h"

#include "bpf/iterator.h"
#include "thread.skel.h"

namespace culprit {

ThreadProbe::ThreadProbe() = default;
ThreadProbe::~ThreadProbe() = default;

Result<std::unique_ptr<ThreadProbe>> ThreadProbe::load(ObjectLoader& loader,
                                                       std::uint32_t unit_hierarchy) {
  std::unique_ptr<ThreadProbe> probe(new ThreadProbe);
  probe->skeleton_.reset(thread_probe::open());
  if (!probe->skeleton_) return unsupported("thread: " + take_libbpf_messages());
  probe->skeleton_->rodata->unit_hierarchy = unit_hierarchy;
  if (Status loaded = loader.load("thread", *probe->skeleton_); !loaded)
    return tl::unexpected(loaded.error());
  probe->link_ = loader.link("list_threads");
  return probe;
}

Result<std::vector<thread_record>> ThreadProbe::list(std::int64_t clock_offset_ns, bool all) {
  skeleton_->bss->clock_offset_ns = clock_offset_ns;
  skeleton_->data->list_all = all ? 1 : 0;
  return read_iterator<thread_record>(link_);
}

bpf_object* ThreadProbe::object() const {
  return skeleton_->obj;
}

}  // namespace culprit
