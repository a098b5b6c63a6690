// SPDX-License-Identifier: Apache-2.0
#include "collect/asyncio_probe.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "asyncio.skel.h"
#include "bpf/asyncio.h"
#include "collect/trap_price.h"
#include "runtime/python_steps.h"

namespace culprit {
namespace {

constexpr std::size_t kMostStepped = 16;  // processes
constexpr std::size_t kMostPlaces = 64;
constexpr std::size_t kMostWithManyLinks = 8;  // letting go of one takes 80 ms
constexpr double kShareOfAllCpus = 0.02;
constexpr std::uint64_t kShedNs = 60'000'000'000;

}  // namespace

AsyncioProbe::AsyncioProbe(ObjectLoader& loader, std::size_t most_places)
    : loader_(loader), most_places_(most_places) {}
AsyncioProbe::~AsyncioProbe() = default;

Result<std::unique_ptr<AsyncioProbe>> AsyncioProbe::load(ObjectLoader& loader, bool one_link,
                                                         bool exact) {
  std::unique_ptr<AsyncioProbe> probe(
      new AsyncioProbe(loader, one_link ? kMostPlaces : kMostWithManyLinks));
  probe->exact_ = exact;
  probe->skeleton_.reset(asyncio_probe::open());
  if (!probe->skeleton_) return unsupported("asyncio: " + take_libbpf_messages());
  if (Status loaded = loader.load("asyncio", *probe->skeleton_); !loaded)
    return tl::unexpected(loaded.error());
  probe->create_.program = probe->skeleton_->progs.asyncio_create;
  probe->create_.hits = reinterpret_cast<const std::uint64_t*>(&probe->skeleton_->bss->created);
  probe->write_.program = probe->skeleton_->progs.uvloop_write;
  probe->write_.hits = reinterpret_cast<const std::uint64_t*>(&probe->skeleton_->bss->written);
  const auto cpus = static_cast<double>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
  for (Hooked* hooked : {&probe->create_, &probe->write_})
    hooked->budgets[0].share = kShareOfAllCpus * cpus;
  return probe;
}

void AsyncioProbe::hook(Hooked& hooked, const FilePlace& place) {
  if (!bpf_program__autoload(hooked.program) || hooked.files.size() >= most_places_) return;
  Fd file(open(place.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (!trap_price_ns_) {
    trap_price_ns_ = trap_price_ns(loader_, hooked.program);
    if (*trap_price_ns_ == 0)
      spdlog::warn("what a uprobe costs cannot be measured: those of asyncio have no budget");
  }
  const Place key{status.st_dev, status.st_ino, place.offset};
  const auto [added, fresh] = hooked.files.try_emplace(key, std::move(file));
  if (fresh && hooked.shed_ns == 0) attach(hooked, added->first, added->second);
}

void AsyncioProbe::attach(Hooked& hooked, const Place& place, const Fd& file) {
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  auto link =
      loader_.attach_to(hooked.program, path, {{std::get<2>(place), 0}}, FunctionEnd::kEntry);
  if (link)
    hooked.links.push_back(std::move(*link));
  else
    spdlog::warn("{}: {}", bpf_program__name(hooked.program), link.error().message);
}

void AsyncioProbe::keep_to_budget(std::uint64_t now_ns) {
  for (Hooked* hooked : {&create_, &write_}) keep_to_budget(*hooked, now_ns);
}

void AsyncioProbe::keep_to_budget(Hooked& hooked, std::uint64_t now_ns) {
  if (hooked.shed_ns) {
    if (now_ns - hooked.shed_ns < kShedNs) return;
    hooked.shed_ns = 0;
    for (const auto& [place, file] : hooked.files) attach(hooked, place, file);
  }
  const std::uint64_t hits = __atomic_load_n(hooked.hits, __ATOMIC_RELAXED);
  for (Budget& budget : hooked.budgets) {
    const std::uint64_t elapsed_ns = now_ns - budget.begin_ns;
    if (budget.begin_ns && elapsed_ns < budget.length_ns) continue;
    const auto more = static_cast<double>(hits - std::exchange(budget.hits, hits));
    const auto elapsed = static_cast<double>(elapsed_ns);
    if (std::exchange(budget.begin_ns, now_ns) == 0 ||
        more * trap_price_ns_.value_or(0) <= budget.share * elapsed)
      continue;
    hooked.links.clear();
    hooked.shed_ns = now_ns;
    loader_.note_shed(hooked.program,
                      fmt::format("{:.0f} hits a second cost more than {:.0f} % of a CPU",
                                  more * 1e9 / elapsed, budget.share * 100));
    return;
  }
}

void AsyncioProbe::look_at(const PythonProcess& process) {
  const PythonFacts& facts = process.facts;
  if (facts.task_init) hook(create_, *facts.task_init);
  if (facts.uvloop_write) hook(write_, *facts.uvloop_write);
  if (!exact_ || !facts.asyncio) return;
  // A greenlet that switches stacks within a step would lose the way back, which a probe of
  // the step's return keeps in the kernel.
  if (facts.greenlet)
    forget(process.pid);
  else if (steps_.size() < kMostStepped && !steps_.count(process.pid))
    attach_steps(process);
}

void AsyncioProbe::attach_steps(const PythonProcess& process) {
  const auto& programs = skeleton_->progs;
  const int pid = static_cast<int>(process.pid);
  if (!bpf_program__autoload(programs.asyncio_step)) return;
  const auto places = find_step_places({"/", pid});
  if (!places) return;
  const std::uint64_t wakeup_cookie = places->wakeup_has_wrapper ? ASYNCIO_WRAPPED : 0;
  std::vector<Function> functions = {{places->step.offset, ASYNCIO_WRAPPED}};
  if (places->wakeup.path == places->step.path)
    functions.push_back({places->wakeup.offset, wakeup_cookie});
  for (const auto& [program, end] : {std::pair(programs.asyncio_step_end, FunctionEnd::kReturn),
                                     std::pair(programs.asyncio_step, FunctionEnd::kEntry)}) {
    auto link = loader_.attach_to(program, places->step.path, functions, end, pid);
    if (!link) {
      spdlog::warn("steps of {}: {}", pid, link.error().message);
      return forget(process.pid);
    }
    steps_[process.pid].push_back(std::move(*link));
  }
}

bpf_object* AsyncioProbe::object() const {
  return skeleton_->obj;
}

}  // namespace culprit
