// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_process.h"

#include <vector>

#include "runtime/python_arguments.h"
#include "runtime/python_image.h"
#include "runtime/python_objects.h"

namespace culprit {
namespace {

constexpr int kMostThreads = 64;
constexpr std::uint64_t kMainInterpreter = 8;  // comes after the head of the list of all
constexpr std::uint64_t kTypeInit = 296;       // PyTypeObject.tp_init
constexpr std::uint64_t kDescriptorMethod = 40, kFunctionMethod = 16, kMethodFunction = 8;

std::string version_name(int minor) {
  return "Python 3." + std::to_string(minor);
}

/// A thread's id is pthread_self(). On x86-64 that is what its fs register has, the address
/// of a word that holds that very address (the ABI of thread-local storage, glibc and musl
/// alike); elsewhere it is told only that something is there. Ids of the kernel do not help:
/// the interpreter has those of its own PID namespace, and after a fork the parent's.
bool is_thread(const Memory& memory, std::uint64_t id) {
  const auto at_id = id ? memory.get<std::uint64_t>(id) : std::nullopt;
#ifdef __x86_64__
  return at_id == id;
#else
  return at_id.has_value();
#endif
}

bool has_thread(const Memory& memory, const PythonLayout& layout, std::uint64_t interpreter) {
  std::uint64_t state = memory.pointer(interpreter + layout.interpreter_threads);
  for (int i = 0; i < kMostThreads && state; i++) {
    if (memory.pointer(state + layout.thread_interpreter) == interpreter &&
        is_thread(memory, memory.pointer(state + layout.thread_id)))
      return true;
    state = memory.pointer(state + layout.thread_next);
  }
  return false;
}

/// Fills in the addresses when all that is read through the layout is what it should be.
Status validate(const Memory& memory, std::uint64_t runtime, PythonFacts& facts) {
  const PythonLayout& layout = facts.layout;
  const std::string name = version_name(layout.minor);
  const std::uint64_t interpreter =
      memory.pointer(runtime + layout.runtime_interpreters + kMainInterpreter);
  if (interpreter == 0) return fail(name + " is starting: it has no interpreter yet");
  const PythonObjects objects(memory, layout);
  const std::uint64_t modules = memory.pointer(interpreter + layout.interpreter_modules);
  if (!objects.is_a(modules, "dict")) return fail(name + ": sys.modules is not where it should be");
  const std::uint64_t sys = objects.module_dict(objects.value(modules, "sys"));
  const auto in_sys = objects.values(sys, {"hexversion", "gettotalrefcount"});
  const auto version = objects.small_integer(in_sys[0]);
  if (!version || (*version >> 16 & 0xff) != layout.minor)
    return fail(name + ": sys.hexversion is not where it should be");
  if (in_sys[1]) return unsupported(name + " is a debug build, which is not supported");
  if (!has_thread(memory, layout, interpreter))
    return fail(name + ": none of its thread states is of a thread");
  facts.kernel = kernel_layout(layout);
  facts.kernel.interpreter = interpreter;
  facts.modules = modules;
  return {};
}

/// The layouts that may be the process's: one when its version is known.
Result<std::vector<PythonLayout>> candidates(const Memory& memory, const PythonImage& image) {
  auto own = own_layout(memory, image.runtime);
  if (!own) return tl::unexpected(own.error());
  if (*own) return std::vector{**own};
  std::vector<PythonLayout> layouts;
  if (!image.minor) {  // before 3.11, by a name without a version
    for (const int minor : {10, 9, 8}) layouts.push_back(*python_layout(minor));
    return layouts;
  }
  const auto layout = python_layout(*image.minor);
  if (!layout) return unsupported(version_name(*image.minor) + " is not known; 3.8 to 3.14 are");
  return std::vector{*layout};
}

/// The function behind a method of an extension type: a method descriptor's PyMethodDef, or
/// that of Cython's own kind of function.
std::uint64_t method_address(const Memory& memory, const PythonObjects& objects,
                             std::uint64_t method) {
  std::uint64_t definition = 0;
  if (objects.is_a(method, "method_descriptor"))
    definition = memory.pointer(method + kDescriptorMethod);
  else if (objects.type_name(method).find("cython_function") != std::string::npos)
    definition = memory.pointer(method + kFunctionMethod);
  return definition ? memory.pointer(definition + kMethodFunction) : 0;
}

/// False when _asyncio is being imported and not whole yet.
bool add_asyncio(const ProcessView& process, const Memory& memory, const ProcessMap& map,
                 std::uint64_t module, PythonFacts& facts) {
  const PythonObjects objects(memory, facts.layout);
  const auto found = objects.values(module, {"_current_tasks", "Task"});
  if (!objects.is_a(found[1], "type")) return false;
  if (facts.layout.minor >= 14) {
    const auto table = find_asyncio_table(process, map);
    if (!table || !add_asyncio_layout(*table, facts.layout)) return false;
    facts.kernel.thread_running_task = facts.layout.thread_running_task;
    facts.kernel.task_coroutine = facts.layout.task_coroutine;
  } else {
    if (!objects.is_a(found[0], "dict")) return false;
    facts.kernel.current_tasks = found[0];
  }
  facts.task_init = process.place_of(map, memory.pointer(found[1] + kTypeInit));
  return facts.asyncio = true;
}

/// False when uvloop is being imported and not whole yet.
bool add_uvloop(const ProcessView& process, const Memory& memory, const ProcessMap& map,
                std::uint64_t module, PythonFacts& facts) {
  const PythonObjects objects(memory, facts.layout);
  const std::uint64_t stream = objects.value(module, "UVStream");
  if (!objects.is_a(stream, "type")) return false;
  const std::uint64_t write = objects.value(objects.type_dict(stream), "write");
  facts.uvloop_write = process.place_of(map, method_address(memory, objects, write));
  return facts.uvloop = true;
}

/// True when something is there that was not.
bool read_modules(const ProcessView& process, const Memory& memory, const ProcessMap& map,
                  PythonFacts& facts) {
  const PythonObjects objects(memory, facts.layout);
  const std::uint64_t count = objects.size(facts.modules).value_or(0);
  const auto modules = objects.values(facts.modules, {"_asyncio", "uvloop.loop", "greenlet"});
  bool changed = modules[2] && !facts.greenlet, whole = true;
  facts.greenlet |= modules[2] != 0;
  const auto add = [&](std::uint64_t module, bool known, auto how) {
    const std::uint64_t dict = known ? 0 : objects.module_dict(module);
    if (dict == 0) return;
    const bool added = how(process, memory, map, dict, facts);
    changed |= added;
    whole &= added;
  };
  add(modules[0], facts.asyncio, add_asyncio);
  add(modules[1], facts.uvloop, add_uvloop);
  facts.modules_seen = whole ? count : 0;
  return changed;
}

}  // namespace

std::string PythonFacts::name() const {
  return "cpython 3." + std::to_string(layout.minor);
}

Result<std::optional<PythonFacts>> find_python(const ProcessView& process, const Memory& changing) {
  const MomentaryMemory memory(changing);
  const auto map = process.read_map();
  if (!map) return std::optional<PythonFacts>();
  const auto image = find_python_image(process, *map, memory);
  if (!image) return tl::unexpected(image.error());
  if (!*image) return std::optional<PythonFacts>();
  const auto layouts = candidates(memory, **image);
  if (!layouts) return tl::unexpected(layouts.error());
  Status valid;
  for (const PythonLayout& layout : *layouts) {
    PythonFacts facts;
    facts.layout = layout;
    valid = validate(memory, (*image)->runtime, facts);
    if (!valid) continue;
    facts.code_type = (*image)->code_type;
    const PythonObjects objects(memory, facts.layout);
    const std::uint64_t sys = objects.module_dict(objects.value(facts.modules, "sys"));
    facts.origin = read_origin(process, read_arguments(process, objects, sys));
    read_modules(process, memory, *map, facts);
    return facts;
  }
  return tl::unexpected(valid.error());
}

bool refresh_python(const ProcessView& process, const Memory& memory, PythonFacts& facts) {
  const PythonObjects objects(memory, facts.layout);
  const auto count = objects.size(facts.modules);
  if (!count || *count == facts.modules_seen) return false;
  const auto map = process.read_map();
  return map && read_modules(process, MomentaryMemory(memory), *map, facts);
}

}  // namespace culprit
