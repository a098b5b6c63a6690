// SPDX-License-Identifier: Apache-2.0
#include "bpf/object_loader.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "bpf/cpu_clock.h"
#include "bpf/tracepoint.h"

namespace culprit {
namespace {

constexpr std::array kSharedMaps = {
    "threads",     "records",        "losses",       "socket_owners", "pairs",
    "pair_names",  "exchanges",      "tls_threads",  "tls_sessions",  "python_processes",
    "python_pids", "python_codes",   "python_tasks", "asyncio_tasks", "python_numbers",
    "python_full", "python_threads", "python_writes"};
constexpr std::size_t kKeptMessages = 64 * 1024;

std::mutex message_mutex;
std::string messages;

int keep_message(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  std::array<char, 1024> line{};
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  const std::lock_guard lock(message_mutex);
  if (length > 0 && messages.size() < kKeptMessages) messages += line.data();
  return length;
}

/// The line of libbpf's messages that says most, for one-line errors.
std::string telling_line(const std::string& text) {
  std::string best;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) end = text.size();
    const std::string line = text.substr(begin, end - begin);
    if (line.find("libbpf: prog") != std::string::npos && line.find("failed") != std::string::npos)
      return line;
    if (!line.empty() && best.empty()) best = line;
    begin = end + 1;
  }
  return best;
}

/// A classic tracepoint has its number in tracefs, which need not be mounted.
Result<LinkHandle> attach_tracepoint(bpf_program* program, std::string_view category_and_name) {
  const std::size_t slash = category_and_name.find('/');
  const auto tracefs = open_tracefs();
  if (!tracefs) return tl::unexpected(tracefs.error());
  const auto event = open_tracepoint(*tracefs, std::string(category_and_name.substr(0, slash)),
                                     std::string(category_and_name.substr(slash + 1)));
  if (!event) return tl::unexpected(event.error());
  return attach_to_event(program, *event);
}

/// An iterator over elements of a map goes over one map: that of its own object whose name
/// is that of the buffers which it flushes.
Result<LinkHandle> attach_map_iterator(bpf_program* program, const bpf_object* object) {
  const bpf_map* map = bpf_object__find_map_by_name(object, "exchange_buffers");
  if (!map) return fail("its map is not in the object");
  bpf_iter_link_info info{};
  info.map.map_fd = static_cast<__u32>(bpf_map__fd(map));
  LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof(info));
  LinkHandle link(bpf_program__attach_iter(program, &options));
  if (link) return link;
  return fail(std::strerror(errno));
}

Result<LinkHandle> attach_program(bpf_program* program, std::string_view attach,
                                  const bpf_object* object) {
  constexpr std::string_view kTracepoint = "tracepoint/";
  if (attach == "iter/bpf_sk_storage_map" || attach == "iter/bpf_map_elem")
    return attach_map_iterator(program, object);
  if (attach.substr(0, kTracepoint.size()) == kTracepoint)
    return attach_tracepoint(program, attach.substr(kTracepoint.size()));
  LinkHandle link(bpf_program__attach(program));
  if (link) return link;
  return fail(std::string(std::strerror(errno)) + "; " + telling_line(take_libbpf_messages()));
}

bool is_for_functions(std::string_view attach) {
  return attach.substr(0, 7) == "uprobe/" || attach.substr(0, 10) == "uretprobe/";
}

bool is_iterator(std::string_view attach) {
  return attach.starts_with("iter/");
}

constexpr const char* kWaiting = "waits for what it is for";

/// Such programs wait for the files, or the clock, that they are for.
bool waits(const AppliedProgram& applied) {
  return applied.on_demand || is_for_functions(applied.attach) || applied.attach == "perf_event";
}

}  // namespace

void capture_libbpf_messages() {
  libbpf_set_print(keep_message);
}

std::string take_libbpf_messages() {
  const std::lock_guard lock(message_mutex);
  return std::exchange(messages, {});
}

ObjectLoader::ObjectLoader(const LoadPlan& plan) : plan_(plan) {
  capture_libbpf_messages();
  for (const PlannedProgram& program : plan.programs)
    applied_.push_back({program.family, program.program, program.attach, false, false,
                        program.on_demand, program.skip, false,
                        !program.load && program.lost.empty(), program.reason});
}

Status ObjectLoader::load(const std::string& family, bpf_object* object,
                          const std::function<int()>& load) {
  if (Status prepared = prepare(family, object); !prepared) return prepared;
  if (const int error = load()) {
    const std::string text = take_libbpf_messages();
    const std::string reason =
        std::string("the kernel refused it: ") + std::strerror(-error) + "; " + telling_line(text);
    give_up(family, reason);
    return unsupported(family + ": " + reason);
  }
  if (Status kept = keep_shared_maps(object); !kept) return kept;
  return attach(family, object);
}

Status ObjectLoader::prepare(const std::string& family, bpf_object* object) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    bpf_program__set_autoload(program, plan_.loads_program(bpf_program__name(program)));
    if (plan_.one_link && is_for_functions(bpf_program__section_name(program)))
      prepare_for_one_link(program);
  }
  shrink_unused(object);
  for (const auto& [name, fd] : shared_maps_) {
    bpf_map* map = bpf_object__find_map_by_name(object, name.c_str());
    if (!map) continue;
    if (const int error = bpf_map__reuse_fd(map, fd.get())) {
      give_up(family, "shared map " + name + ": " + std::strerror(-error));
      return fail(family + ": shared map " + name + ": " + std::strerror(-error));
    }
  }
  return {};
}

/// Programs that are loaded name the tables of a family that is not: nobody fills those.
void ObjectLoader::shrink_unused(bpf_object* object) const {
  if (plan_.loads("python")) return;
  for (const char* name :
       {"python_processes", "python_codes", "python_tasks", "asyncio_tasks", "python_writes"})
    if (bpf_map* map = bpf_object__find_map_by_name(object, name)) bpf_map__set_max_entries(map, 1);
}

Status ObjectLoader::keep_shared_maps(bpf_object* object) {
  for (const char* name : kSharedMaps) {
    const bpf_map* map = bpf_object__find_map_by_name(object, name);
    if (!map || shared_maps_.count(name)) continue;
    Fd copy(fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3));
    if (!copy) return fail(std::string("shared map ") + name + ": " + std::strerror(errno));
    shared_maps_.emplace(name, std::move(copy));
  }
  return {};
}

Status ObjectLoader::attach(const std::string& family, bpf_object* object) {
  bool any = false;
  for (AppliedProgram& applied : applied_) {
    if (applied.family != family || !plan_.loads_program(applied.program)) continue;
    bpf_program* program = bpf_object__find_program_by_name(object, applied.program.c_str());
    if (!program) {
      applied.reason = "not in the object";
      continue;
    }
    if (waits(applied)) {
      applied.waits = any = true;
      applied.reason = kWaiting;
      applied.program_fd = bpf_program__fd(program);
      continue;
    }
    Result<LinkHandle> link = attach_program(program, applied.attach, object);
    if (!link) {
      applied.reason = "could not be attached: " + link.error().message;
      continue;
    }
    applied.attached = any = true;
    applied.reason.clear();
    applied.program_fd = bpf_program__fd(program);
    links_[applied.program] = std::move(*link);
  }
  if (!any) return unsupported(family + ": nothing of it could be attached");
  return {};
}

Result<FunctionLink> ObjectLoader::attach_to(bpf_program* program, const std::string& file,
                                             const std::vector<Function>& functions,
                                             FunctionEnd end, int pid) {
  Result<FunctionLink> link = attach_functions(program, file, functions, end, plan_.one_link, pid);
  take_libbpf_messages();
  note_attached(program, link ? "" : link.error().message);
  return link;
}

Result<std::vector<LinkHandle>> ObjectLoader::attach_to_clock(bpf_program* program,
                                                              std::uint32_t frequency_hz) {
  auto links = attach_to_cpu_clock(program, frequency_hz);
  take_libbpf_messages();
  note_attached(program, links ? "" : links.error().message);
  return links;
}

Status ObjectLoader::attach_waiting(bpf_program* program) {
  const std::string name = bpf_program__name(program);
  if (links_.count(name)) return {};
  if (!plan_.loads_program(name)) return unsupported(name + ": not loaded");
  LinkHandle link(bpf_program__attach(program));
  const std::string error = link ? "" : std::strerror(errno);
  take_libbpf_messages();
  note_attached(program, error);
  if (!link) return fail(name + ": " + error);
  links_[name] = std::move(link);
  return {};
}

void ObjectLoader::detach(const bpf_program* program) {
  links_.erase(bpf_program__name(program));
  note_waiting(program);
}

void ObjectLoader::note_waiting(const bpf_program* program) {
  for (AppliedProgram& applied : applied_) {
    if (applied.program != bpf_program__name(program) || !applied.attached) continue;
    applied.attached = false;
    applied.waits = true;
    applied.reason = kWaiting;
  }
}

void ObjectLoader::note_shed(const bpf_program* program, const std::string& reason) {
  for (AppliedProgram& applied : applied_) {
    if (applied.program != bpf_program__name(program)) continue;
    applied.attached = applied.waits = false;
    applied.shed = true;
    applied.reason = reason;
  }
}

bool ObjectLoader::runs(std::string_view family) const {
  return std::any_of(applied_.begin(), applied_.end(), [&](const AppliedProgram& applied) {
    return applied.family == family && applied.attached && !is_iterator(applied.attach);
  });
}

std::vector<std::string> ObjectLoader::shed(std::string_view family, const std::string& reason) {
  std::vector<std::string> programs;
  for (AppliedProgram& applied : applied_) {
    const bool loaded = applied.attached || applied.waits;
    if (applied.family != family || !loaded || is_iterator(applied.attach)) continue;
    links_.erase(applied.program);
    applied.attached = applied.waits = false;
    applied.shed = true;
    applied.reason = reason;
    programs.push_back(applied.program);
  }
  return programs;
}

void ObjectLoader::note_attached(const bpf_program* program, const std::string& error) {
  for (AppliedProgram& applied : applied_) {
    if (applied.program != bpf_program__name(program) || applied.attached) continue;
    applied.waits = applied.shed = false;
    applied.attached = error.empty();
    applied.reason = error.empty() ? "" : "could not be attached: " + error;
  }
}

void ObjectLoader::give_up(const std::string& family, const std::string& reason) {
  for (AppliedProgram& applied : applied_)
    if (applied.family == family && applied.reason.empty()) applied.reason = reason;
}

int ObjectLoader::shared_map(const std::string& name) const {
  const auto found = shared_maps_.find(name);
  return found == shared_maps_.end() ? -1 : found->second.get();
}

bool ObjectLoader::loaded(const std::string& program) const {
  return std::any_of(applied_.begin(), applied_.end(), [&](const AppliedProgram& applied) {
    return applied.program == program && (applied.attached || applied.waits);
  });
}

bool ObjectLoader::attached(const std::string& program) const {
  return std::any_of(applied_.begin(), applied_.end(), [&](const AppliedProgram& applied) {
    return applied.program == program && applied.attached;
  });
}

bpf_link* ObjectLoader::link(const std::string& program) const {
  const auto found = links_.find(program);
  return found == links_.end() ? nullptr : found->second.get();
}

}  // namespace culprit
