// SPDX-License-Identifier: Apache-2.0
#include "collect/thread_probe.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "thread.skel.h"

namespace culprit {
namespace {
constexpr std::size_t kBufferBytes = 64 * 1024;  // the kernel gives at most 32 KiB at once
}

ThreadProbe::ThreadProbe() : buffer_(kBufferBytes) {}
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
  const Fd iterator(bpf_iter_create(bpf_link__fd(link_)));
  if (!iterator) return fail(std::string("task iterator: ") + std::strerror(errno));

  std::vector<thread_record> threads;
  std::size_t kept = 0;  // bytes of a record that a read has cut
  for (;;) {
    const ssize_t got = read(iterator.get(), buffer_.data() + kept, buffer_.size() - kept);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail(std::string("task iterator: ") + std::strerror(errno));
    if (got == 0) break;
    const std::size_t size = kept + static_cast<std::size_t>(got);
    const std::size_t count = size / sizeof(thread_record);
    const std::size_t before = threads.size();
    threads.resize(before + count);
    std::memcpy(threads.data() + before, buffer_.data(), count * sizeof(thread_record));
    kept = size - count * sizeof(thread_record);
    std::memmove(buffer_.data(), buffer_.data() + count * sizeof(thread_record), kept);
  }
  return threads;
}

bpf_object* ThreadProbe::object() const { return skeleton_->obj; }

}  // namespace culprit
