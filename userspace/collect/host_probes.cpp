// SPDX-License-Identifier: Apache-2.0
#include "collect/host_probes.h"

#include <bpf/libbpf.h>

#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <array>
#include <cstring>
#include <utility>

#include "bpf/map_memory.h"
#include "bpf/map_reader.h"
#include "util/clock.h"

namespace culprit {
namespace {

int decode_record(void* context, void* data, std::size_t size) {
  static_cast<RecordDecoder*>(context)->decode(data, size);
  return 0;
}

int decode_call_record(void* context, void* data, std::size_t size) {
  static_cast<CallTracker*>(context)->decode(data, size);
  return 0;
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (getrandom(&number, sizeof(number), 0) != sizeof(number)) number = clock_ns(CLOCK_MONOTONIC);
  return number;
}

}  // namespace

void HostProbes::RingBufferDeleter::operator()(ring_buffer* ring) const {
  ring_buffer__free(ring);
}

HostProbes::HostProbes(LoadPlan plan)
    : plan_(std::move(plan)), loader_(plan_), calls_(random_number()) {}
HostProbes::~HostProbes() = default;

Result<std::unique_ptr<HostProbes>> HostProbes::attach(LoadPlan plan, const ProbeOptions& options) {
  std::unique_ptr<HostProbes> probes(new HostProbes(std::move(plan)));
  if (Status loaded = probes->load_all(options); !loaded) return tl::unexpected(loaded.error());
  if (Status opened = probes->open_ring_buffer(); !opened) return tl::unexpected(opened.error());
  return probes;
}

Status HostProbes::load_all(const ProbeOptions& options) {
  const std::uint32_t unit_hierarchy = options.unit_hierarchy;
  // A family that does not load is told by loader_.applied(); only threads are vital.
  const auto keep = [](auto& place, auto loaded) {
    if (loaded)
      place = std::move(*loaded);
    else
      spdlog::warn("{}", loaded.error().message);
  };
  if (plan_.loads("sched")) keep(sched_, SchedProbe::load(loader_, unit_hierarchy));
  auto threads = ThreadProbe::load(loader_, unit_hierarchy);
  if (!threads) return tl::unexpected(threads.error());
  threads_ = std::move(*threads);
  if (plan_.loads("lifecycle")) keep(lifecycle_, EventProbe::lifecycle(loader_, unit_hierarchy));
  if (plan_.loads("memory")) keep(memory_, EventProbe::memory(loader_));
  if (plan_.loads("network")) keep(network_, EventProbe::network(loader_));
  if (plan_.loads("block")) keep(block_, BlockProbe::load(loader_));
  if (plan_.loads("sync")) keep(sync_, SyncProbe::load(loader_));
  if (plan_.loads("call")) keep(call_, CallProbe::load(loader_));
  if (plan_.loads("call_syscalls")) keep(call_, CallProbe::load_syscalls(loader_));
  if (call_ && plan_.loads("tls")) keep(tls_, TlsProbe::load(loader_, plan_.one_link));
  if (tls_) call_->watch_plaintext();
  if (call_) call_->count_traffic(plan_.loads("network"));
  if (plan_.loads("python")) keep(python_, PythonProbe::load(loader_));
  if (python_ && plan_.loads("asyncio"))
    keep(asyncio_, AsyncioProbe::load(loader_, plan_.one_link, options.exact_tasks));
  if (plan_.loads("stack"))
    keep(stacks_, StackProbe::load(loader_, options.stacks, unit_hierarchy));
  if (stacks_ && python_) stacks_->name_python(*python_);
  measure_maps();
  // The iterator runs within our own read(2): it is in our own CPU time already.
  for (const AppliedProgram& applied : loader_.applied())
    if ((applied.attached || applied.waits) && applied.family != "thread")
      cost_meter_.watch(applied.program, applied.program_fd);
  return {};
}

void HostProbes::measure_maps() {
  std::vector<const bpf_object*> objects = {threads_->object()};
  if (sched_) objects.push_back(sched_->object());
  for (const EventProbe* probe : {lifecycle_.get(), memory_.get(), network_.get()})
    if (probe) objects.push_back(probe->object());
  if (block_) objects.push_back(block_->object());
  if (sync_) objects.push_back(sync_->object());
  if (call_) objects.push_back(call_->object());
  if (tls_) objects.push_back(tls_->object());
  if (python_) objects.push_back(python_->object());
  if (asyncio_) objects.push_back(asyncio_->object());
  if (stacks_) objects.push_back(stacks_->object());
  map_bytes_ = map_memory_bytes(objects);
}

Status HostProbes::open_ring_buffer() {
  ring_.reset(ring_buffer__new(loader_.shared_map("records"), decode_record, &decoder_, nullptr));
  if (!ring_) return unsupported(std::string("ring buffer: ") + std::strerror(errno));
  if (!call_) return {};
  if (ring_buffer__add(ring_.get(), call_->exchanges(), decode_call_record, &calls_))
    return unsupported(std::string("ring buffer of calls: ") + std::strerror(errno));
  call_->list_existing();
  return {};
}

int HostProbes::wakeup_fd() const {
  return ring_buffer__epoll_fd(ring_.get());
}

void HostProbes::consume() {
  ring_buffer__consume(ring_.get());
  for (const TlsProcess& process : calls_.take_tls_processes())
    if (tls_) tls_->look_at(process);
  if (calls_.take_began_watching()) call_->need_arrivals();
  if (tls_ && tls_->attached()) call_->follow_plaintext();
  for (const python_code_record& record : decoder_.take_codes())
    if (python_) python_->answer(record);
  const std::uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
  if (asyncio_) asyncio_->keep_to_budget(now_ns);
  if (stacks_) stacks_->collect(now_ns);
}

Coverage HostProbes::coverage() const {
  Coverage coverage;
  coverage.bpf = coverage.run_queue = true;
  coverage.blocked = loader_.attached("sched_switch");
  coverage.lifecycle = loader_.attached("sched_process_fork") &&
                       loader_.attached("sched_process_exec") &&
                       (coverage.blocked || loader_.attached("sched_process_exit"));
  coverage.reclaim = loader_.attached("direct_reclaim_end");
  const bool calls_sent = loader_.attached("call_send") || loader_.attached("call_tcp_sendmsg");
  coverage.network = loader_.attached("sock_send_length") || loader_.attached("tcp_sendmsg_exit") ||
                     (calls_sent && loader_.runs("network"));
  const bool udp_read = loader_.attached("call_receive") || loader_.attached("sock_recv_length") ||
                        loader_.attached("udp_recvmsg_exit");
  coverage.lookups = coverage.network && udp_read;
  coverage.block = block_ != nullptr;
  coverage.syncs = loader_.attached("sync_end") || loader_.attached("sync_ext4_end");
  coverage.calls = calls_sent || loader_.attached("call_sys_exit");
  coverage.stacks = loader_.attached("stack_cpu") || loader_.attached("stack_blocked");
  coverage.arrivals = loader_.loaded("call_arrival") || loader_.loaded("call_readable");
  return coverage;
}

void HostProbes::read_losses(CollectorReading& collector) const {
  for (std::uint32_t cause = 0; cause < LOSS_CAUSES; cause++)
    for (const std::uint64_t lost :
         read_per_cpu<std::uint64_t>(loader_.shared_map("losses"), cause))
      collector.losses[cause] += lost;
}

void HostProbes::read_probes(CollectorReading& collector) const {
  for (const AppliedProgram& applied : loader_.applied()) {
    ProbeReading probe;
    probe.name = applied.family;
    probe.attach = applied.attach;
    probe.state = applied.attached                 ? ProbeState::kAttached
                  : applied.shed                   ? ProbeState::kShed
                  : applied.skip == Skip::kRefused ? ProbeState::kOff
                  : applied.made_up_for            ? ProbeState::kOff
                  : applied.waits                  ? ProbeState::kOff
                                                   : ProbeState::kUnavailable;
    probe.reason = applied.reason;
    if (const auto cost = cost_meter_.cost(applied.program)) {
      probe.runs = cost->runs;
      probe.run_ns = cost->run_ns;
    }
    collector.probes.push_back(std::move(probe));
  }
}

void HostProbes::read_calls(std::uint64_t now_ns) {
  const auto watched = call_->flush();
  consume();
  if (watched) calls_.retain(*watched, now_ns);
}

void HostProbes::read_tasks(Sample& sample) {
  const PythonChanges changes = python_->read(sample);
  if (call_) call_->know_tasks(python_->active());
  if (tls_) tls_->know_tasks(python_->active());
  if (!asyncio_) return;
  for (const auto& [pid, process] : changes.gone) asyncio_->forget(pid);
  for (const PythonProcess* process : changes.found) asyncio_->look_at(*process);
}

void HostProbes::shed(std::string_view family, const std::string& reason) {
  for (const std::string& program : loader_.shed(family, reason)) cost_meter_.forget(program);
  // Those that have links themselves go whole.
  if (family == "asyncio") asyncio_.reset();
  if (family == "tls") tls_.reset();
  if (family == "python") python_.reset();
  if (family == "network" && call_) call_->count_traffic(false);
}

std::optional<std::string> HostProbes::shed_next(const std::string& reason) {
  constexpr std::array<std::string_view, 10> kOrder = {
      "asyncio",       "tls",  "python", "network", "call",
      "call_syscalls", "sync", "block",  "memory",  "sched"};
  for (const std::string_view family : kOrder) {
    if (!loader_.runs(family)) continue;
    if (family == "python" && stacks_) continue;      // they are named by it
    if (family == "python") shed("asyncio", reason);  // which waits for what this one finds
    shed(family, reason);
    return std::string(family);
  }
  return std::nullopt;
}

Status HostProbes::read(Sample& sample, bool list_all) {
  consume();
  if (call_) read_calls(clock_ns(CLOCK_MONOTONIC));
  sample.coverage = coverage();
  sample.lists_all_threads = list_all;
  const std::int64_t clock_offset = sched_ ? sched_->take_clock_offset() : 0;
  sample.monotonic_ns = clock_ns(CLOCK_MONOTONIC);
  auto threads = threads_->list(clock_offset, list_all);
  if (!threads) return tl::unexpected(threads.error());
  sample.threads = std::move(*threads);
  if (sched_) {
    sample.delays = sched_->take_delays();
    sample.run_queue_latency = sched_->run_queue_latency();
  }
  if (block_) sample.block_latencies = block_->latencies();
  if (sync_) sample.syncs = sync_->take();
  decoder_.deliver(sample);
  if (stacks_) stacks_->deliver(sample);  // while the Python processes that ended are known
  if (python_) read_tasks(sample);
  // Until the Python processes that were there at the start are known, their functions are not.
  if (stacks_ && !std::exchange(has_read_, true)) stacks_->discard();
  sample.collector.records_received = decoder_.received() + calls_.received();
  sample.collector.map_bytes = map_bytes_;
  read_losses(sample.collector);
  if (call_) calls_.deliver(sample);
  read_probes(sample.collector);
  return {};
}

}  // namespace culprit
