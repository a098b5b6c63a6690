// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "catch.h"

namespace culprit::test {
namespace {

std::unique_ptr<SampleSource> collector(const CollectorOptions& options) {
  auto made = make_collector(options);
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

}  // namespace

Watch::Watch(std::set<std::string> without)
    : Watch(CollectorOptions{.without = std::move(without)}) {}

Watch::Watch(const CollectorOptions& options)
    : source_(collector(options)), model_(source_->host()) {
  const auto first = source_->next(std::chrono::nanoseconds(0));
  if (!first || !*first) throw std::runtime_error("no first sample");
  model_.advance(**first);
}

Snapshot Watch::after(std::chrono::milliseconds wait) {
  const auto sample = source_->next(wait);
  if (!sample) throw std::runtime_error(sample.error().message);
  auto snapshot = model_.advance(**sample);
  if (!snapshot) throw std::runtime_error("no snapshot");
  return std::move(*snapshot);
}

Workload::Workload(const std::vector<std::string>& arguments) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC)) throw std::runtime_error("pipe");
  const std::string program = std::string(CULPRIT_WORKLOADS) + "/" + arguments.front();
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (std::size_t i = 1; i < arguments.size(); i++)
    argv.push_back(const_cast<char*>(arguments[i].c_str()));
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(pipe_ends[1], STDOUT_FILENO);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  lines_ = LineReader(pipe_ends[0]);
  const std::string ready = lines_.next();
  if (ready.rfind("ready ", 0) != 0) throw std::runtime_error(program + " did not start: " + ready);
}

Workload::~Workload() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, &wait_status_, 0);
  }
}

nlohmann::json Workload::truth(bool stop) {
  if (stop) kill(pid_, SIGTERM);
  const std::string line = lines_.next();
  waitpid(pid_, &wait_status_, 0);
  pid_ = -1;
  return line.empty() ? nlohmann::json() : nlohmann::json::parse(line);
}

const ProcessRow* find_process(const Snapshot& snapshot, pid_t pid) {
  const auto found = std::find_if(
      snapshot.processes.begin(), snapshot.processes.end(),
      [&](const ProcessRow& row) { return row.id.pid == static_cast<std::uint32_t>(pid); });
  return found == snapshot.processes.end() ? nullptr : &*found;
}

const ProcessRow& process_row(const Snapshot& snapshot, pid_t pid) {
  const ProcessRow* row = find_process(snapshot, pid);
  INFO("pid " << pid);
  REQUIRE(row);
  return *row;
}

double kernel_cpu_seconds(pid_t pid) {
  double nanoseconds = 0;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream schedstat(task.path() / "schedstat");
    double on_cpu = 0;
    schedstat >> on_cpu;
    nanoseconds += on_cpu;
  }
  return nanoseconds * 1e-9;
}

std::string scratch_directory() {
  return std::filesystem::is_directory("/scratch") ? "/scratch" : CULPRIT_BINARY_DIR;
}

}  // namespace culprit::test
