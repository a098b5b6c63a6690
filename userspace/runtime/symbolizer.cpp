// SPDX-License-Identifier: Apache-2.0
#include "runtime/symbolizer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "collect/proc_parsers.h"
#include "collect/text_file.h"
#include "runtime/demangle.h"
#include "runtime/symbol_text.h"

namespace culprit {
namespace {

constexpr std::size_t kMostProcesses = 4096;
constexpr std::size_t kMostProcessBytes = 128 << 20;  // then all are read anew
constexpr std::size_t kMostAddresses = 65536;         // of a process, and of the kernel
constexpr std::size_t kMostKallsymsBytes = 64 << 20;
constexpr std::uint64_t kMostRetryRounds = 64;
constexpr std::string_view kUnknown = "[unknown]";

/// False when the pid has gone to another process, or there is none.
bool is_same_process(const ProcessView& view, std::uint64_t start_time_ns) {
  TextReader reader;
  const auto text = reader.read(view.directory() / "stat");
  const auto stat = text ? parse_pid_stat(*text) : std::nullopt;
  const auto ticks_per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return stat && stat->start_ticks == start_time_ns / (1'000'000'000 / ticks_per_second);
}

ino_t executable_of(const ProcessView& view) {
  struct stat status {};
  return stat((view.directory() / "exe").c_str(), &status) == 0 ? status.st_ino : 0;
}

/// A BPF program, or the kernel's way to it from a tracepoint.
bool is_tracing(std::string_view function) {
  for (const std::string_view prefix :
       {"bpf_prog_", "bpf_trace_run", "bpf_trampoline_", "__bpf_trace_", "__traceiter_"})
    if (function.substr(0, prefix.size()) == prefix) return true;
  return false;
}

const Mapping* code_at(const ProcessMap& map, std::uint64_t address) {
  const Mapping* mapping = map.at(address);
  return mapping && mapping->executable ? mapping : nullptr;
}

CodeKind kind_of(Language language) {
  return language == Language::kCplusplus ? CodeKind::kCplusplus : CodeKind::kNative;
}

}  // namespace

std::size_t Symbolizer::Process::bytes() const {
  constexpr std::size_t kOfMapping = sizeof(Mapping) + 64, kOfAddress = 48;
  return map.mappings().size() * kOfMapping + frames.size() * kOfAddress + jit.bytes();
}

Symbolizer::Symbolizer(FrameBook& frames, std::filesystem::path root)
    : frames_(frames),
      unknown_(frames.id(CodeKind::kNative, kUnknown, "")),
      root_(std::move(root)),
      binaries_(root_) {}

std::vector<std::uint32_t> Symbolizer::user_frames(std::uint32_t pid, std::uint64_t start_time_ns,
                                                   const std::vector<std::uint64_t>& addresses) {
  if (addresses.empty()) return {};
  if (processes_.size() >= kMostProcesses || process_bytes_ >= kMostProcessBytes) {
    processes_.clear();
    process_bytes_ = 0;
  }
  Process& process = processes_[{pid, start_time_ns}];
  process_bytes_ -= process.bytes();
  process.view = {root_, static_cast<pid_t>(pid)};
  process.start_time_ns = start_time_ns;
  if (process.looked != round_) look_again(process);
  std::vector<std::uint32_t> ids;
  for (std::uint64_t address : addresses) {
    if (!ids.empty() && address > 0) address--;
    const auto known = process.frames.find(address);
    ids.push_back(known != process.frames.end() ? known->second : name(process, address));
  }
  process_bytes_ += process.bytes();
  // A walk through code without frame pointers ends where no code is.
  while (ids.size() > 1 && ids.back() == unknown_) ids.pop_back();
  return ids;
}

/// Reads what is mapped when the process is new, or runs another program since.
void Symbolizer::look_again(Process& process) {
  process.looked = round_;
  const ino_t executable = executable_of(process.view);
  if (executable == 0 || executable == process.executable) return;
  if (!is_same_process(process.view, process.start_time_ns)) return;
  process.executable = executable;
  process.jit = {};
  process.frames.clear();
  process.retry_rounds = 1;
  process.retry_round = round_ + 1;
  read_map(process);
  process.jit.update(process.view);
}

/// False when nothing is mapped that was not before.
bool Symbolizer::read_map(Process& process) {
  auto map = process.view.read_map();
  if (!map) return false;  // it has ended; what was there before still holds
  const bool same = std::equal(
      map->mappings().begin(), map->mappings().end(), process.map.mappings().begin(),
      process.map.mappings().end(), [](const Mapping& a, const Mapping& b) {
        return a.begin == b.begin && a.end == b.end && a.offset == b.offset && a.path == b.path;
      });
  if (same) return false;
  process.map = std::move(*map);
  process.files.assign(process.map.mappings().size(), {});
  process.frames.clear();
  return true;
}

/// A library may have come, or code been compiled, since. True when `address` is known now.
bool Symbolizer::read_again(Process& process, std::uint64_t address) {
  if (process.executable == 0 || round_ < process.retry_round ||
      !is_same_process(process.view, process.start_time_ns))
    return false;
  read_map(process);
  if (process.jit.update(process.view)) process.frames.clear();
  const bool known = code_at(process.map, address) || process.jit.find(address);
  process.retry_rounds = known ? 1 : std::min(process.retry_rounds * 2, kMostRetryRounds);
  process.retry_round = round_ + process.retry_rounds;
  return known;
}

std::uint32_t Symbolizer::name(Process& process, std::uint64_t address) {
  auto id = name_known(process, address);
  if (!id && read_again(process, address)) id = name_known(process, address);
  if (!id) return unknown_;
  if (process.frames.size() >= kMostAddresses) process.frames.clear();
  process.frames.emplace(address, *id);
  return *id;
}

/// Absent when no code is known to be there.
std::optional<std::uint32_t> Symbolizer::name_known(Process& process, std::uint64_t address) {
  const Mapping* mapping = code_at(process.map, address);
  if (mapping)
    if (const auto id = name_in_file(process, *mapping, address)) return id;
  if (const auto function = process.jit.find(address))
    return frames_.id(CodeKind::kJit, *function, "");
  if (!mapping) return std::nullopt;
  return frames_.id(CodeKind::kNative, std::string(kUnknown) + ' ' + std::string(mapping->name()),
                    mapping->path);
}

std::optional<std::uint32_t> Symbolizer::name_in_file(Process& process, const Mapping& mapping,
                                                      std::uint64_t address) {
  File& file = process.files[static_cast<std::size_t>(&mapping - process.map.mappings().data())];
  if (!file.tried || (file.id && !binaries_.knows(*file.id))) {
    file.tried = true;
    if (auto id = mapping.path == kVdso ? binaries_.open_vdso()
                                        : binaries_.open(process.view.file_of(mapping)))
      file.id = id;
  }
  if (!file.id) return std::nullopt;
  const auto symbol = binaries_.find(*file.id, address - mapping.begin + mapping.offset);
  if (!symbol) return std::nullopt;
  const FunctionName function = demangle(*symbol);
  return frames_.id(kind_of(function.language), function.text, mapping.path);
}

std::vector<std::uint32_t> Symbolizer::kernel_frames(const std::vector<std::uint64_t>& addresses,
                                                     bool at_tracepoint) {
  std::vector<std::uint32_t> ids;
  for (std::uint64_t address : addresses) {
    if (at_tracepoint && ids.empty() && is_tracing(kernel_function(address))) continue;
    if (!ids.empty() && address > 0) address--;
    const auto known = kernel_frames_.find(address);
    ids.push_back(known != kernel_frames_.end() ? known->second : kernel_frame(address));
  }
  return ids;
}

std::string_view Symbolizer::kernel_function(std::uint64_t address) {
  if (!kernel_) {
    TextReader reader(kMostKallsymsBytes);
    kernel_ = parse_kallsyms(reader.read(below(root_, "/proc/kallsyms")).value_or(""));
  }
  return kernel_->find(address).value_or(kUnknown);
}

std::uint32_t Symbolizer::kernel_frame(std::uint64_t address) {
  std::string_view function = kernel_function(address);
  std::string_view module = "kernel";
  const std::size_t bracket = function.find(" [");
  if (bracket != std::string_view::npos) {
    module = function.substr(bracket + 2, function.size() - bracket - 3);
    function = function.substr(0, bracket);
  }
  const std::uint32_t id = frames_.id(CodeKind::kKernel, function, module);
  if (kernel_frames_.size() >= kMostAddresses) kernel_frames_.clear();
  kernel_frames_.emplace(address, id);
  return id;
}

}  // namespace culprit
