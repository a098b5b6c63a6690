// SPDX-License-Identifier: Apache-2.0
#include "bpf/tracepoint.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

namespace culprit {
namespace {

Result<Fd> mount_unseen() {
  const Fd context(static_cast<int>(syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC)));
  if (!context ||
      syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return unsupported(std::strerror(errno));
  const int mount = static_cast<int>(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0));
  if (mount < 0) return unsupported(std::strerror(errno));
  return Fd(mount);
}

}  // namespace

Result<Tracefs> open_tracefs() {
  for (const char* path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    Fd directory(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (directory && faccessat(directory.get(), "events", X_OK, 0) == 0)
      return Tracefs{std::move(directory), path};
    if (directory && errno == EACCES)
      return unsupported(std::string(path) + ": " + std::strerror(EACCES));
  }
  Result<Fd> unseen = mount_unseen();
  if (!unseen) return unsupported("not mounted, and mounting it: " + unseen.error().message);
  return Tracefs{std::move(*unseen), "not mounted; culprit opens its own, which nobody else sees"};
}

Result<std::uint32_t> event_source(const std::string& name) {
  const std::string path = "/sys/bus/event_source/devices/" + name + "/type";
  std::ifstream file(path);
  if (!file) return unsupported(path + ": " + std::strerror(errno));
  std::uint32_t type = 0;
  if (!(file >> type)) return unsupported(path + ": not a number");
  return type;
}

Result<Fd> open_perf_event(perf_event_attr& attributes, int pid, int cpu) {
  attributes.size = sizeof(attributes);
  const long event = syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  if (event < 0) return unsupported(std::string("perf_event_open: ") + std::strerror(errno));
  return Fd(static_cast<int>(event));
}

Result<std::uint64_t> tracepoint_id(const Tracefs& tracefs, const std::string& category,
                                    const std::string& name) {
  const std::string path = "events/" + category + "/" + name + "/id";
  const Fd file(openat(tracefs.directory.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return unsupported(path + ": " + std::strerror(errno));
  std::array<char, 32> text{};
  const ssize_t size = read(file.get(), text.data(), text.size());
  std::uint64_t id = 0;
  if (size <= 0 || std::from_chars(text.data(), text.data() + size, id).ec != std::errc{})
    return unsupported(path + ": not a number");
  return id;
}

Result<Fd> open_tracepoint(const Tracefs& tracefs, const std::string& category,
                           const std::string& name) {
  const Result<std::uint64_t> id = tracepoint_id(tracefs, category, name);
  if (!id) return tl::unexpected(id.error());
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = *id;
  attributes.sample_period = 1;
  return open_perf_event(attributes, -1, 0);
}

}  // namespace culprit
