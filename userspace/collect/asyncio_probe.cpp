// SPDX-License-Identifier: Apache-2.0
#include "collect/asyncio_probe.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <string>
#include <utility>

#include "asyncio.skel.h"
#include "bpf/asyncio.h"
#include "runtime/python_steps.h"

namespace culprit {
namespace {

constexpr std::size_t kMostStepped = 16;  // processes
constexpr std::size_t kMostPlaces = 64;
constexpr std::size_t kMostWithManyLinks = 8;  // letting go of one takes 80 ms

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
  return probe;
}

void AsyncioProbe::attach(bpf_program* program, const FilePlace& place) {
  if (!bpf_program__autoload(program) || places_.size() >= most_places_) return;
  const Fd file(open(place.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (!places_.insert({status.st_dev, status.st_ino, place.offset}).second) return;
  auto link = loader_.attach_to(program, "/proc/self/fd/" + std::to_string(file.get()),
                                {{place.offset, 0}}, FunctionEnd::kEntry);
  if (link)
    links_.push_back(std::move(*link));
  else
    spdlog::warn("{}: {}", place.path, link.error().message);
}

void AsyncioProbe::look_at(const PythonProcess& process) {
  const PythonFacts& facts = process.facts;
  if (facts.task_init) attach(skeleton_->progs.asyncio_create, *facts.task_init);
  if (facts.uvloop_write) attach(skeleton_->progs.uvloop_write, *facts.uvloop_write);
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
