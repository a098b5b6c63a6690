// SPDX-License-Identifier: Apache-2.0
#include "runtime/symbolizer.h"

#include <sys/stat.h>
#include <unistd.h>

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

CodeKind kind_of(Language language) {
  return language == Language::kCplusplus ? CodeKind::kCplusplus : CodeKind::kNative;
}

}  // namespace

std::size_t Symbolizer::Process::bytes() const {
  constexpr std::size_t kOfMapping = sizeof(Mapping) + 64, kOfAddress = 48;
  return map.mappings().size() * kOfMapping + frames.size() * kOfAddress + jit.bytes();
}

Symbolizer::Symbolizer(FrameBook& frames, std::filesystem::path root)
    : frames_(frames), root_(std::move(root)), binaries_(root_) {}

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
  if (process.looked != round_) look_again(process, start_time_ns);
  std::vector<std::uint32_t> ids;
  for (std::uint64_t address : addresses) {
    if (!ids.empty() && address > 0) address--;
    const auto known = process.frames.find(address);
    ids.push_back(known != process.frames.end() ? known->second : name(process, address));
  }
  process_bytes_ += process.bytes();
  return ids;
}

/// Reads what is mapped when the process is new, or runs another program since.
void Symbolizer::look_again(Process& process, std::uint64_t start_time_ns) {
  process.looked = round_;
  const ino_t executable = executable_of(process.view);
  if (executable == 0 || executable == process.executable) return;
  if (!is_same_process(process.view, start_time_ns)) return;
  process.executable = executable;
  process.jit = {};
  read_map(process);
}

void Symbolizer::read_map(Process& process) {
  process.mapped = round_;
  auto map = process.view.read_map();
  if (!map) return;  // it has ended; what was there before still holds
  process.map = std::move(*map);
  process.files.assign(process.map.mappings().size(), {});
  process.frames.clear();
}

std::uint32_t Symbolizer::name(Process& process, std::uint64_t address) {
  const Mapping* mapping = process.map.at(address);
  if (!mapping && process.executable != 0 && process.mapped != round_) {
    read_map(process);  // a library may have come since
    mapping = process.map.at(address);
  }
  std::optional<std::uint32_t> id;
  if (mapping) id = name_in_file(process, *mapping, address);
  if (!id) id = name_compiled(process, address);
  if (!id && mapping)
    id = frames_.id(CodeKind::kNative, std::string(kUnknown) + ' ' + std::string(mapping->name()),
                    mapping->path);
  if (!id) return frames_.id(CodeKind::kNative, kUnknown, "");  // it may be told yet
  if (process.frames.size() >= kMostAddresses) process.frames.clear();
  process.frames.emplace(address, *id);
  return *id;
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

std::optional<std::uint32_t> Symbolizer::name_compiled(Process& process, std::uint64_t address) {
  auto function = process.jit.find(address);
  if (!function && process.executable != 0 && process.compiled != round_) {
    process.compiled = round_;
    if (process.jit.update(process.view)) {
      process.frames.clear();
      function = process.jit.find(address);
    }
  }
  if (!function) return std::nullopt;
  return frames_.id(CodeKind::kJit, *function, "");
}

std::vector<std::uint32_t> Symbolizer::kernel_frames(const std::vector<std::uint64_t>& addresses) {
  std::vector<std::uint32_t> ids;
  for (std::uint64_t address : addresses) {
    if (!ids.empty() && address > 0) address--;
    const auto known = kernel_frames_.find(address);
    ids.push_back(known != kernel_frames_.end() ? known->second : kernel_frame(address));
  }
  return ids;
}

std::uint32_t Symbolizer::kernel_frame(std::uint64_t address) {
  if (!kernel_) {
    TextReader reader(kMostKallsymsBytes);
    kernel_ = parse_kallsyms(reader.read(below(root_, "/proc/kallsyms")).value_or(""));
  }
  std::string_view function = kernel_->find(address).value_or(kUnknown);
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
