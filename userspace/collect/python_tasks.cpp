// SPDX-License-Identifier: Apache-2.0
#include "collect/python_tasks.h"

#include <algorithm>
#include <utility>

namespace culprit {
namespace {

constexpr std::size_t kMostCodes = 32768;  // of a process

static_assert(STRETCHES == kMostTaskRuns);

static_assert(PYTHON_COROUTINE == static_cast<int>(TaskKind::kCoroutine) &&
              PYTHON_CALLBACK == static_cast<int>(TaskKind::kCallback) &&
              PYTHON_THREAD == static_cast<int>(TaskKind::kThread) &&
              PYTHON_JOB == static_cast<int>(TaskKind::kJob) &&
              PYTHON_NATIVE == static_cast<int>(TaskKind::kNative));

/// Those that began or went on after `since_ns`, the earliest first.
std::vector<TaskRun> runs_of(const python_task_counters& counters, std::uint64_t since_ns) {
  std::vector<TaskRun> runs;
  for (const python_stretch& stretch : counters.stretches) {
    const std::uint64_t end_ns = stretch.start_ns + stretch.length_us * 1000ull;
    if (stretch.start_ns != 0 && end_ns >= since_ns)
      runs.push_back({stretch.start_ns, end_ns, stretch.samples});
  }
  std::sort(runs.begin(), runs.end(),
            [](const TaskRun& a, const TaskRun& b) { return a.start_ns < b.start_ns; });
  return runs;
}

TaskReading reading_of(const python_task_counters& counters) {
  TaskReading reading;
  reading.task = counters.id;
  reading.samples = counters.samples;
  reading.squares = counters.squares;
  reading.contended = counters.contended;
  if (counters.steps) reading.cpu_ns = counters.cpu_ns;
  reading.run_queue_ns = counters.run_queue_ns;
  std::copy(std::begin(counters.blocked_ns), std::end(counters.blocked_ns),
            reading.blocked_ns.begin());
  reading.growth_bytes = counters.growth_bytes;
  reading.steps = counters.steps;
  return reading;
}

bool is_same(const TaskReading& a, const TaskReading& b) {
  return a.samples == b.samples && a.cpu_ns == b.cpu_ns && a.run_queue_ns == b.run_queue_ns &&
         a.blocked_ns == b.blocked_ns && a.growth_bytes == b.growth_bytes && a.steps == b.steps;
}

}  // namespace

const PythonCode* find_code(PythonProcess& process, std::uint64_t address) {
  const auto found = process.codes.find(address);
  if (found != process.codes.end()) return &found->second;
  if (process.codes.size() >= kMostCodes) return nullptr;
  auto code = read_code(process.memory, process.facts, address);
  if (!code) return nullptr;
  return &process.codes.emplace(address, std::move(*code)).first->second;
}

TaskName name_task(const python_task_key& key, const python_task_counters& counters,
                   PythonProcess& process) {
  TaskName name;
  name.task = counters.id;
  name.pid = process.pid;
  name.process_start_time_ns = process.start_time_ns;
  name.kind = key.kind <= PYTHON_NATIVE ? static_cast<TaskKind>(key.kind) : TaskKind::kNative;
  name.runtime = process.facts.name();
  const PythonCode* root = key.root ? find_code(process, key.root) : nullptr;
  if (root) name.root = root->name;
  const PythonCode* application = key.application ? find_code(process, key.application) : nullptr;
  // What the kernel took for the application before it was told.
  if (application && (application->flags & CODE_APPLICATION)) name.application = application->name;
  const PythonCode* anchor = counters.anchor ? find_code(process, counters.anchor) : nullptr;
  if (!anchor) return name;
  name.framework = anchor->framework;
  if (name.kind == TaskKind::kJob && anchor->kind) name.kind = *anchor->kind;
  return name;
}

void PythonTasks::take(const python_task_key& key, const python_task_counters& counters,
                       PythonProcess* process, std::uint64_t since_ns, Sample& sample) {
  if (counters.id == 0 || counters.id == ~0u) return;  // it is just being made
  Known& known = known_[counters.id];
  if (!known.named && process) {
    sample.task_names.push_back(name_task(key, counters, *process));
    known.named = true;
  }
  TaskReading reading = reading_of(counters);
  std::vector<TaskRun> runs = runs_of(counters, since_ns);
  if (known.told.task != 0 && is_same(known.told, reading) && runs.empty()) return;
  known.told = reading;
  reading.runs = std::move(runs);
  sample.tasks.push_back(std::move(reading));
}

}  // namespace culprit
