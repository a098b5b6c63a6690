// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_code.h"

#include "collect/text_scan.h"
#include "runtime/python_anchors.h"
#include "runtime/python_objects.h"

namespace culprit {
namespace {

constexpr std::size_t kMostNameCharacters = 512;
constexpr std::size_t kMostFileCharacters = 4096;
constexpr std::uint64_t kObjectType = 8;
/// CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR.
constexpr std::uint32_t kCoroutineFlags = 0x80 | 0x100 | 0x200;
constexpr std::uint32_t kMostLine = 1 << 30;

bool is_code(const Memory& memory, const PythonFacts& facts, const PythonObjects& objects,
             std::uint64_t address) {
  if (address == 0 || address % alignof(std::uint64_t) != 0) return false;
  if (facts.code_type) return memory.pointer(address + kObjectType) == facts.code_type;
  return objects.is_a(address, "code");
}

std::optional<std::string> name_at(const Memory& memory, const PythonObjects& objects,
                                   std::uint64_t field, std::size_t most_characters) {
  const std::uint64_t text = memory.pointer(field);
  if (!objects.is_a(text, "str")) return std::nullopt;
  auto name = objects.text(text, most_characters);
  if (!name || name->empty()) return std::nullopt;
  return printable(*name, name->size());
}

}  // namespace

Result<PythonCode> read_code(const Memory& changing, const PythonFacts& facts,
                             std::uint64_t address) {
  const MomentaryMemory memory(changing);
  const PythonLayout& layout = facts.layout;
  const PythonObjects objects(memory, layout);
  if (!is_code(memory, facts, objects, address)) return fail("no code object is there");
  const bool qualified = layout.code_qualname != 0;
  const auto function =
      name_at(memory, objects, address + (qualified ? layout.code_qualname : layout.code_name),
              kMostNameCharacters);
  const auto file = name_at(memory, objects, address + layout.code_file, kMostFileCharacters);
  const auto flags = memory.get<std::uint32_t>(address + layout.code_flags);
  const auto line = memory.get<std::uint32_t>(address + layout.code_line);
  if (!function || !file || !flags || !line) return fail("the code object has no readable name");

  PythonCode code;
  code.name = {*function, *file, *line < kMostLine ? *line : 0};
  code.flags = CODE_KNOWN;
  if (*flags & kCoroutineFlags) code.flags |= CODE_COROUTINE;
  if (facts.origin.is_application(*file, *function)) {
    code.flags |= CODE_APPLICATION;
  } else if (const PythonAnchor* anchor = find_anchor(*file, *function, qualified)) {
    code.flags |= CODE_ANCHOR;
    if (anchor->kind == TaskKind::kCallback) code.flags |= CODE_ENTRY;
    code.kind = anchor->kind;
    code.framework = anchor->framework;
  }
  return code;
}

std::optional<std::string> read_task_name(const Memory& memory, const PythonFacts& facts,
                                          std::uint64_t task) {
  if (!facts.layout.task_name || task == 0) return std::nullopt;
  const PythonObjects objects(memory, facts.layout);
  const std::uint64_t field = task + facts.layout.task_name;
  if (auto name = name_at(memory, objects, field, kMostNameCharacters)) return name;
  // From 3.12 on a task without a name of its own holds its number.
  const auto number = objects.small_integer(memory.pointer(field));
  if (!number) return std::nullopt;
  return "Task-" + std::to_string(*number);
}

}  // namespace culprit
