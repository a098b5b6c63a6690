// SPDX-License-Identifier: Apache-2.0
#include "collect/tls_probe.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "bpf/tls.h"
#include "collect/elf_functions.h"
#include "tls.skel.h"

namespace culprit {
namespace {

constexpr std::size_t kMostAttachedFiles = 32;
constexpr std::size_t kMostWithManyLinks = 8;  // letting go of one takes 80 ms
constexpr std::size_t kMostFiles = 4096;
constexpr std::size_t kMostProcesses = 16384;
constexpr std::size_t kMostMapsBytes = 8 << 20;

struct LibraryCall {
  std::string_view name;
  std::uint64_t cookie;
};
constexpr std::array<LibraryCall, 5> kCalls = {{
    {"SSL_write", TLS_WRITES},
    {"SSL_read", 0},
    {"SSL_write_ex", TLS_WRITES | TLS_COUNT_BY_POINTER},
    {"SSL_read_ex", TLS_COUNT_BY_POINTER},
    {"SSL_free", TLS_ENDS},
}};

/// "libssl.so.3", "libssl-1a2b3c.so.1.1" of Python's wheels; not NSS's "libssl3.so".
bool is_library(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return (name.rfind("libssl.so", 0) == 0 || name.rfind("libssl-", 0) == 0) &&
         name.find(".so") != std::string_view::npos;
}

/// Of a line of /proc/PID/maps that maps code of a TLS library: its address range.
std::optional<std::string_view> library_range(std::string_view line) {
  const std::size_t slash = line.find('/');
  const std::size_t blank = line.find(' ');
  if (slash == std::string_view::npos || blank + 4 > slash || line[blank + 3] != 'x')
    return std::nullopt;
  std::string_view path = line.substr(slash);
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.size() > kDeleted.size() && path.substr(path.size() - kDeleted.size()) == kDeleted)
    path.remove_suffix(kDeleted.size());
  if (!is_library(path)) return std::nullopt;
  return line.substr(0, blank);
}

}  // namespace

TlsProbe::TlsProbe(ObjectLoader& loader, bool one_link)
    : loader_(loader),
      most_attached_files_(one_link ? kMostAttachedFiles : kMostWithManyLinks),
      text_(kMostMapsBytes) {}
TlsProbe::~TlsProbe() = default;

Result<std::unique_ptr<TlsProbe>> TlsProbe::load(ObjectLoader& loader, bool one_link) {
  std::unique_ptr<TlsProbe> probe(new TlsProbe(loader, one_link));
  probe->skeleton_.reset(tls_probe::open());
  if (!probe->skeleton_) return unsupported("tls: " + take_libbpf_messages());
  if (Status loaded = loader.load("tls", *probe->skeleton_); !loaded)
    return tl::unexpected(loaded.error());
  return probe;
}

void TlsProbe::look_at(const TlsProcess& process) {
  const std::string directory = "/proc/" + std::to_string(process.pid);
  struct stat executable {};
  if (stat((directory + "/exe").c_str(), &executable) != 0) return;  // it has ended
  const Seen now{process.start_time_ns, {executable.st_dev, executable.st_ino}};
  if (seen_.size() >= kMostProcesses) seen_.clear();
  if (const auto [place, fresh] = seen_.try_emplace(process.pid, now); !fresh) {
    if (place->second == now) return;
    place->second = now;
  }
  // A program that was linked with the library has its functions itself.
  if (!attach_libraries(directory)) attach(directory + "/exe");
}

/// False when the process has none mapped.
bool TlsProbe::attach_libraries(const std::string& process) {
  const auto maps = text_.read(process + "/maps");
  if (!maps) return false;
  std::vector<std::string> ranges;
  for (std::size_t begin = 0; begin < maps->size();) {
    const std::size_t end = std::min(maps->find('\n', begin), maps->size());
    if (const auto range = library_range(maps->substr(begin, end - begin)))
      ranges.emplace_back(*range);
    begin = end + 1;
  }
  bool any = false;
  // By the mapping, which leads to the file in whatever container and when it is deleted.
  for (const std::string& range : ranges) any |= attach(process + "/map_files/" + range);
  return any;
}

/// True when the file has the library's functions.
bool TlsProbe::attach(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const FileId id{status.st_dev, status.st_ino};
  if (const auto known = files_.find(id); known != files_.end()) return known->second;
  if (files_.size() >= kMostFiles || attached_files_ >= most_attached_files_) return false;

  std::vector<std::string_view> names;
  for (const LibraryCall& call : kCalls) names.push_back(call.name);
  const auto offsets = find_functions(file.get(), names);
  const bool has = offsets[0] && offsets[1];
  files_[id] = has;
  if (!has) return false;
  std::vector<Function> functions;
  for (std::size_t i = 0; i < kCalls.size(); i++)
    if (offsets[i]) functions.push_back({*offsets[i], kCalls[i].cookie});
  attached_files_++;
  if (const Status attached = attach_calls(file, functions); !attached)
    spdlog::warn("TLS library {}: {}", path, attached.error().message);
  return true;
}

/// At both ends or not at all: one of them would cost, and tell nothing.
Status TlsProbe::attach_calls(const Fd& file, const std::vector<Function>& functions) {
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  std::vector<Function> returning;
  std::copy_if(functions.begin(), functions.end(), std::back_inserter(returning),
               [](const Function& function) { return function.cookie != TLS_ENDS; });
  auto returns =
      loader_.attach_to(skeleton_->progs.tls_return, path, returning, FunctionEnd::kReturn);
  if (!returns) return tl::unexpected(returns.error());
  auto entries =
      loader_.attach_to(skeleton_->progs.tls_enter, path, functions, FunctionEnd::kEntry);
  if (!entries) return tl::unexpected(entries.error());
  links_.push_back(std::move(*returns));
  links_.push_back(std::move(*entries));
  return {};
}

void TlsProbe::know_tasks(bool known) {
  __atomic_store_n(&skeleton_->bss->tasks_known, known ? 1 : 0, __ATOMIC_SEQ_CST);
}

bpf_object* TlsProbe::object() const {
  return skeleton_->obj;
}

}  // namespace culprit
