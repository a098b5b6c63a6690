// SPDX-License-Identifier: Apache-2.0
#include "collect/collector.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "bpf/facts.h"
#include "bpf/load_plan.h"
#include "bpf/unit_hierarchy.h"
#include "collect/allowance_reader.h"
#include "collect/cgroup_mounts.h"
#include "collect/cgroup_reader.h"
#include "collect/cost_budget.h"
#include "collect/host_identity.h"
#include "collect/host_probes.h"
#include "collect/host_reader.h"
#include "collect/listener_reader.h"
#include "collect/name_collector.h"
#include "collect/port_reader.h"
#include "collect/proc_scanner.h"
#include "collect/process_details.h"
#include "util/clock.h"
#include "util/fd.h"

namespace culprit {
namespace {

using std::chrono::nanoseconds;

constexpr std::uint64_t kDrainNs = 100'000'000;       // the ring buffer is emptied this often
constexpr std::uint64_t kListAllNs = 10'000'000'000;  // idle threads are listed this often
constexpr std::uint64_t kManyRefaults = 50;           // pages between two samples

std::uint64_t cpu_time_ns(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(time.tv_usec) * 1000u;
}

class Collector final : public SampleSource {
 public:
  Collector(const CollectorOptions& options, const Facts& facts, Fd interrupt)
      : identity_(read_host_identity()),
        irq_apart_(facts.irq_time_apart),
        mounts_(find_cgroup_mounts()),
        cgroups_(mounts_, facts.unit_hierarchy),
        details_(options.hide_commands),
        scanner_("/", mounts_, facts.unit_hierarchy),
        interrupt_(std::move(interrupt)) {
    if (options.cpu_budget_ratio) budget_.emplace(*options.cpu_budget_ratio, identity_.cpu_count);
  }

  void use(std::unique_ptr<HostProbes> probes) { probes_ = std::move(probes); }
  void use_proc(const LoadPlan& plan, const std::string& reason);

  const HostIdentity& host() const override { return identity_; }
  Result<std::optional<Sample>> next(nanoseconds wait) override;
  void wake() noexcept override;

 private:
  void wait_until(std::uint64_t deadline_ns);
  Status read_threads(Sample& sample);
  void read_own_cost(CollectorReading& collector);
  void keep_to_budget(const Sample& sample);
  void watch_refaults(const Sample& sample);

  HostIdentity identity_;
  bool irq_apart_;
  HostReader host_reader_;
  CgroupMounts mounts_;
  CgroupReader cgroups_;
  ListenerReader listeners_;
  PortReader ports_;
  AllowanceReader allowances_;
  NameCollector names_;
  ProcessDetails details_;
  ProcScanner scanner_;
  std::unique_ptr<HostProbes> probes_;     // null: /proc only
  std::vector<ProbeReading> proc_probes_;  // what is not there, and why
  std::optional<CostBudget> budget_;       // absent: none
  Fd interrupt_;
  std::uint64_t listed_all_ns_ = 0;
  std::optional<std::uint64_t> file_refaults_;  // of the host, at the last sample
};

void Collector::use_proc(const LoadPlan& plan, const std::string& reason) {
  if (reason.rfind("--without", 0) != 0) spdlog::warn("reading /proc only: {}", reason);
  for (const PlannedProgram& program : plan.programs) {
    ProbeReading probe;
    probe.name = program.family;
    probe.attach = program.attach;
    probe.state = program.skip == Skip::kRefused ? ProbeState::kOff : ProbeState::kUnavailable;
    probe.reason = program.reason.empty() ? reason : program.reason;
    proc_probes_.push_back(std::move(probe));
  }
}

void Collector::wake() noexcept {
  const std::uint64_t one = 1;
  // A full counter means that an interrupt is pending already.
  [[maybe_unused]] const ssize_t written = write(interrupt_.get(), &one, sizeof(one));
}

void Collector::wait_until(std::uint64_t deadline_ns) {
  std::array<pollfd, 2> polled = {pollfd{interrupt_.get(), POLLIN, 0},
                                  pollfd{probes_ ? probes_->wakeup_fd() : -1, POLLIN, 0}};
  for (;;) {
    const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (probes_) probes_->meter(now);
    if (now >= deadline_ns) return;
    const std::uint64_t slice = probes_ ? std::min(deadline_ns - now, kDrainNs) : deadline_ns - now;
    const timespec timeout = {static_cast<time_t>(slice / 1'000'000'000),
                              static_cast<long>(slice % 1'000'000'000)};
    const int ready = ppoll(polled.data(), polled.size(), &timeout, nullptr);
    if (probes_) probes_->consume();
    if (ready > 0 && (polled[0].revents & POLLIN)) {
      std::uint64_t count = 0;
      if (read(interrupt_.get(), &count, sizeof(count)) == sizeof(count)) return;
    }
  }
}

Status Collector::read_threads(Sample& sample) {
  if (probes_) {
    const bool list_all = sample.monotonic_ns - listed_all_ns_ >= kListAllNs;
    if (list_all) listed_all_ns_ = sample.monotonic_ns;
    return probes_->read(sample, list_all);
  }
  sample.lists_all_threads = true;
  sample.monotonic_ns = clock_ns(CLOCK_MONOTONIC);
  sample.threads = scanner_.scan();
  sample.collector.probes = proc_probes_;
  return {};
}

void Collector::read_own_cost(CollectorReading& collector) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  collector.pid = static_cast<std::uint32_t>(getpid());
  collector.user_ns = cpu_time_ns(usage.ru_utime);
  collector.system_ns = cpu_time_ns(usage.ru_stime);
  collector.memory_bytes = own_resident_bytes();
}

/// The Sample tells what ran; the next one tells what does not any more.
void Collector::keep_to_budget(const Sample& sample) {
  if (!budget_ || !probes_) return;
  std::uint64_t used_ns = sample.collector.user_ns + sample.collector.system_ns;
  for (const ProbeReading& probe : sample.collector.probes) used_ns += probe.run_ns.value_or(0);
  if (!budget_->exceeded(sample.monotonic_ns, used_ns)) return;
  const std::string reason = fmt::format("culprit used {:.3f} of a CPU, over its budget of {:.3f}",
                                         budget_->used_cpus(), budget_->most_cpus());
  if (const auto shed = probes_->shed_next(reason))
    spdlog::warn("{}: lets go of the probes of {}", reason, *shed);
}

/// Which cgroups read files again is asked only while the host does.
void Collector::watch_refaults(const Sample& sample) {
  const auto& refaults = sample.host.paging.file_refaults;
  cgroups_.watch_refaults(refaults && file_refaults_ &&
                          *refaults >= *file_refaults_ + kManyRefaults);
  file_refaults_ = refaults;
}

Result<std::optional<Sample>> Collector::next(nanoseconds wait) {
  wait_until(clock_ns(CLOCK_MONOTONIC) +
             static_cast<std::uint64_t>(std::max<std::int64_t>(0, wait.count())));
  Sample sample;
  sample.monotonic_ns = clock_ns(CLOCK_MONOTONIC);
  sample.wall_ns = static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME));
  sample.host = host_reader_.read();  // next to the list of threads: the books must balance
  if (Status read = read_threads(sample); !read) return tl::unexpected(read.error());
  sample.coverage.irq_apart = irq_apart_;
  sample.host.allowances = allowances_.read(sample.monotonic_ns);
  watch_refaults(sample);
  sample.cgroups = cgroups_.read();
  sample.listeners = listeners_.read(sample.monotonic_ns);
  sample.ports = ports_.read(sample.host.settings, sample.monotonic_ns);
  names_.collect(sample, cgroups_);
  details_.collect(sample);
  read_own_cost(sample.collector);
  keep_to_budget(sample);
  return std::optional(std::move(sample));
}

}  // namespace

Result<std::unique_ptr<SampleSource>> make_collector(const CollectorOptions& options) {
  const Facts facts = probe_facts();
  const StackOptions stacks = options.stacks.value_or(StackOptions{.frequency_hz = 0});
  LoadPlan plan = make_load_plan(facts, options.without, stacks.programs());
  Fd interrupt(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!interrupt) return fail(std::string("eventfd: ") + std::strerror(errno));
  auto collector = std::make_unique<Collector>(options, facts, std::move(interrupt));
  std::string reason = plan.proc_reason;
  if (plan.bpf) {
    auto probes = HostProbes::attach(
        plan, {unit_hierarchy_number(facts.unit_hierarchy), options.exact_tasks, stacks});
    if (probes) {
      collector->use(std::move(*probes));
      return std::unique_ptr<SampleSource>(std::move(collector));
    }
    reason = probes.error().message;
  }
  collector->use_proc(plan, reason);
  return std::unique_ptr<SampleSource>(std::move(collector));
}

}  // namespace culprit
