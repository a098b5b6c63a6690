// SPDX-License-Identifier: Apache-2.0
#include "python_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "collect/collector.h"

namespace culprit::test {
namespace {

std::string label(const TaskName& name) {
  const std::string root = name.root ? name.root->function : "-";
  if (!name.application || name.application == name.root) return root;
  return root + " > " + name.application->function;
}

}  // namespace

std::vector<std::string> python_interpreters() {
  std::vector<std::string> found;
  for (const char* path : {"/usr/bin/python3.11", "/usr/bin/python3.12", "/usr/bin/python3.10"})
    if (access(path, X_OK) == 0) found.emplace_back(path);
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator("/root/.pyenv/versions", ignored))
    for (int minor = 8; minor <= 14; minor++) {
      const std::string path = version.path() / "bin" / ("python3." + std::to_string(minor));
      if (access(path.c_str(), X_OK) == 0) found.push_back(path);
    }
  std::sort(found.begin(), found.end());
  return found;
}

PythonProgram::PythonProgram(const std::string& interpreter, const std::string& name,
                             const std::string& script) {
  std::string directory = std::filesystem::temp_directory_path() / "culprit-python.XXXXXX";
  if (!mkdtemp(directory.data())) throw std::runtime_error("mkdtemp");
  directory_ = directory;
  const std::string path = directory_ + "/" + name + ".py";
  std::ofstream(path) << script;
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC)) throw std::runtime_error("pipe");
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(pipe_ends[1], STDOUT_FILENO);
    execl(interpreter.c_str(), interpreter.c_str(), path.c_str(), nullptr);
    _exit(127);
  }
  close(pipe_ends[1]);
  lines_ = LineReader(pipe_ends[0]);
  const std::string ready = lines_.next();
  if (ready.rfind("ready", 0) != 0) throw std::runtime_error(path + " did not start: " + ready);
}

PythonProgram::~PythonProgram() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void PythonProgram::begin() const {
  kill(pid_, SIGUSR1);
}

nlohmann::json PythonProgram::truth() {
  kill(pid_, SIGTERM);
  const std::string line = lines_.next();
  return line.empty() ? nlohmann::json() : nlohmann::json::parse(line);
}

TaskWatch::TaskWatch(std::set<std::string> without, bool exact) {
  auto made = make_collector({std::move(without), false, exact});
  if (!made) throw std::runtime_error(made.error().message);
  source_ = std::move(*made);
  watch(0);
}

void TaskWatch::take(Sample sample) {
  for (const TaskName& name : sample.task_names) names_[name.task] = name;
  for (const TaskReading& reading : sample.tasks) {
    now_[reading.task] = reading;
    auto& runs = runs_[reading.task];
    for (const TaskRun& run : reading.runs)
      if (!runs.empty() && runs.back().start_ns == run.start_ns)
        runs.back() = run;
      else
        runs.push_back(run);
  }
  calls_.insert(calls_.end(), sample.calls.begin(), sample.calls.end());
  last_ = std::move(sample);
}

void TaskWatch::watch(double seconds) {
  for (double left = seconds; left >= 0; left -= 0.5) {
    auto sample = source_->next(std::chrono::milliseconds(left > 0 ? 500 : 0));
    if (!sample || !*sample) throw std::runtime_error("no sample");
    take(std::move(**sample));
  }
}

void TaskWatch::start() {
  watch(0);
  before_ = now_;
  runs_.clear();
  calls_.clear();
}

std::string TaskWatch::name(std::uint64_t task) const {
  const auto found = names_.find(task);
  return found == names_.end() ? "" : label(found->second);
}

std::map<std::string, TaskSum> TaskWatch::tasks(pid_t pid) const {
  std::map<std::string, TaskSum> sums;
  for (const auto& [id, reading] : now_) {
    const auto name = names_.find(id);
    if (name == names_.end() || name->second.pid != static_cast<std::uint32_t>(pid)) continue;
    const auto found = before_.find(id);
    const TaskReading before = found == before_.end() ? TaskReading{} : found->second;
    TaskSum& sum = sums[label(name->second)];
    sum.kind = name->second.kind;
    sum.samples += static_cast<double>(reading.samples - before.samples);
    sum.squares += static_cast<double>(reading.squares - before.squares);
    sum.run_queue_seconds += static_cast<double>(reading.run_queue_ns - before.run_queue_ns) * 1e-9;
    sum.growth_bytes += static_cast<double>(reading.growth_bytes - before.growth_bytes);
    for (std::size_t i = 0; i < BLOCKED_REASONS; i++)
      sum.blocked_seconds[i] +=
          static_cast<double>(reading.blocked_ns[i] - before.blocked_ns[i]) * 1e-9;
    sum.steps += reading.steps - before.steps;
    sum.cpu_seconds +=
        static_cast<double>(reading.cpu_ns.value_or(0) - before.cpu_ns.value_or(0)) * 1e-9;
    if (const auto runs = runs_.find(id); runs != runs_.end())
      sum.runs.insert(sum.runs.end(), runs->second.begin(), runs->second.end());
  }
  return sums;
}

}  // namespace culprit::test
