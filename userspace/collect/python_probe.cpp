// SPDX-License-Identifier: Apache-2.0
#include "collect/python_probe.h"

#include <bpf/bpf.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bpf/map_reader.h"
#include "python.skel.h"

namespace culprit {
namespace {

constexpr std::uint64_t kDetachNs = 10'000'000'000;
constexpr std::size_t kBatch = 256;

}  // namespace

PythonProbe::PythonProbe(ObjectLoader& loader) : loader_(loader) {}
PythonProbe::~PythonProbe() = default;

Result<std::unique_ptr<PythonProbe>> PythonProbe::load(ObjectLoader& loader) {
  std::unique_ptr<PythonProbe> probe(new PythonProbe(loader));
  probe->skeleton_.reset(python_probe::open());
  if (!probe->skeleton_) return unsupported("python: " + take_libbpf_messages());
  if (Status loaded = loader.load("python", *probe->skeleton_); !loaded)
    return tl::unexpected(loaded.error());
  auto pids = PythonPids::map(bpf_map__fd(probe->skeleton_->maps.python_pids));
  if (!pids) return tl::unexpected(pids.error());
  probe->pids_ = std::move(*pids);
  return probe;
}

void PythonProbe::answer(const python_code_record& record) {
  const PythonCode* code = find_code(record.key.pid, record.process_start_time_ns, record.key.code);
  const int codes = bpf_map__fd(skeleton_->maps.python_codes);
  if (code)
    bpf_map_update_elem(codes, &record.key, &code->flags, BPF_EXIST);
  else
    bpf_map_delete_elem(codes, &record.key);  // it will be asked for again
}

const PythonCode* PythonProbe::find_code(std::uint32_t pid, std::uint64_t start_time_ns,
                                         std::uint64_t address) {
  PythonProcess* process = processes_.find(pid, start_time_ns);
  return process ? culprit::find_code(*process, address) : nullptr;
}

void PythonProbe::attach_clock() {
  if (active() && clock_hz_ == pace_.frequency_hz()) return;
  clock_.clear();
  skeleton_->data->sample_weight = pace_.weight();
  clock_hz_ = pace_.frequency_hz();
  auto clock = loader_.attach_to_clock(skeleton_->progs.python_sample, clock_hz_);
  if (clock)
    clock_ = std::move(*clock);
  else
    spdlog::warn("CPU clock: {}", clock.error().message);
}

void PythonProbe::attach() {
  const bool was_active = active();
  attach_clock();
  if (was_active || !active()) return;
  const auto& programs = skeleton_->progs;
  for (bpf_program* program :
       {programs.python_fork, programs.python_exec, programs.python_switch, programs.python_memory})
    if (bpf_program__autoload(program))
      if (Status attached = loader_.attach_waiting(program); !attached)
        spdlog::warn("{}", attached.error().message);
}

void PythonProbe::detach() {
  if (!active()) return;
  clock_.clear();
  const auto& programs = skeleton_->progs;
  loader_.note_waiting(programs.python_sample);
  for (const bpf_program* program :
       {programs.python_fork, programs.python_exec, programs.python_switch, programs.python_memory})
    loader_.detach(program);
}

void PythonProbe::take_changes(const PythonChanges& changes) {
  const int table = bpf_map__fd(skeleton_->maps.python_processes);
  for (const PythonProcess* process : changes.found) {
    python_process before{};
    python_process entry = process->facts.kernel;
    if (bpf_map_lookup_elem(table, &process->pid, &before) == 0)
      entry.resident_pages = before.resident_pages;
    if (bpf_map_update_elem(table, &process->pid, &entry, BPF_ANY))
      spdlog::warn("Python process {}: {}", process->pid, std::strerror(errno));
  }
}

/// Of the kernel's entries, which a fork adds to. True when there were any.
bool PythonProbe::drop_ended_processes() {
  const int table = bpf_map__fd(skeleton_->maps.python_processes);
  std::vector<std::uint32_t> ended;
  PythonPids::Words words{};
  read_entries<std::uint32_t, python_process>(
      table, kBatch, [&](std::uint32_t pid, const python_process& entry) {
        if (processes_.find(pid, entry.process_start_time_ns))
          PythonPids::add(words, pid);
        else
          ended.push_back(pid);
      });
  for (const std::uint32_t pid : ended) bpf_map_delete_elem(table, &pid);
  pids_.set(words);
  return !ended.empty();
}

PythonChanges PythonProbe::read(Sample& sample) {
  pace_.note(sample, [&](std::uint32_t pid) { return processes_.find(pid) != nullptr; });
  PythonChanges changes = processes_.update(sample);
  if (!changes.found.empty()) pace_.expect(sample.monotonic_ns);
  take_changes(changes);
  bool dropped = drop_ended_processes();
  if (!processes_.empty()) {
    needed_ns_ = sample.monotonic_ns;
    attach();
  } else if (sample.monotonic_ns - needed_ns_ > kDetachNs) {
    detach();
  }
  dropped |= read_tasks(sample, changes);
  if (dropped) drop_ended_codes(changes);
  sample.coverage.tasks = true;
  sample.task_sample_ns = 1'000'000'000 / PythonPace::kUsualHz;
  read_ns_ = sample.monotonic_ns;
  return changes;
}

/// True when some of them were of processes that are gone.
bool PythonProbe::read_tasks(Sample& sample, const PythonChanges& changes) {
  const int table = bpf_map__fd(skeleton_->maps.python_tasks);
  std::vector<python_task_key> ended;
  read_entries<python_task_key, python_task_counters>(
      table, kBatch, [&](const python_task_key& key, const python_task_counters& counters) {
        const auto gone = changes.gone.find(key.pid);
        const bool is_gone = gone != changes.gone.end();
        PythonProcess* process = is_gone ? gone->second.get() : processes_.find(key.pid);
        tasks_.take(key, counters, process, read_ns_, sample);
        if (process && !is_gone) return;
        ended.push_back(key);
        tasks_.forget(counters.id);
      });
  for (const python_task_key& key : ended) bpf_map_delete_elem(table, &key);
  if (!ended.empty()) clear_full(PYTHON_TASK_TABLE);
  return !ended.empty();
}

void PythonProbe::drop_ended_codes(const PythonChanges& changes) {
  const int codes = bpf_map__fd(skeleton_->maps.python_codes);
  std::vector<python_code_key> ended;
  read_entries<python_code_key, std::uint32_t>(
      codes, kBatch, [&](const python_code_key& key, std::uint32_t) {
        if (changes.gone.count(key.pid) || !processes_.find(key.pid)) ended.push_back(key);
      });
  for (const python_code_key& key : ended) bpf_map_delete_elem(codes, &key);
  clear_full(PYTHON_CODE_TABLE);
}

void PythonProbe::clear_full(std::uint32_t table) {
  const std::uint32_t no = 0;
  bpf_map_update_elem(bpf_map__fd(skeleton_->maps.python_full), &table, &no, BPF_ANY);
}

bpf_object* PythonProbe::object() const {
  return skeleton_->obj;
}

}  // namespace culprit
