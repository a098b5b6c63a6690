// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_steps.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "collect/elf_file.h"
#include "collect/text_file.h"
#include "util/fd.h"

namespace culprit {
namespace {

constexpr std::size_t kMostImageBytes = 64 << 20;
constexpr std::size_t kMostParts = 16;
constexpr std::size_t kMostRelocations = 1 << 20;
constexpr std::uint32_t kRelative = 8;            // R_X86_64_RELATIVE
constexpr std::uint32_t kRelativeAarch64 = 1027;  // R_AARCH64_RELATIVE
constexpr std::size_t kMostSlots = 64;

constexpr std::uint64_t kTypeName = 24, kTypeCall = 128;  // PyTypeObject
constexpr std::uint64_t kSpecSlots = 24;                  // PyType_Spec
constexpr std::uint64_t kSlotBytes = 16, kSlotFunction = 8;
constexpr std::int32_t kSlotCall = 50;            // Py_tp_call
constexpr std::uint64_t kDefinitionFunction = 8;  // PyMethodDef

/// The data of an ELF file as the dynamic linker would lay it out, at address 0.
class Image {
 public:
  static std::optional<Image> load(const ElfFile& elf) {
    Image image;
    std::size_t total = 0;
    for (const Elf64_Phdr& segment : elf.segments()) {
      if (segment.p_type != PT_LOAD) continue;
      total += std::min<std::size_t>(segment.p_filesz, kMostImageBytes + 1);
      if (total > kMostImageBytes || image.parts_.size() >= kMostParts) return std::nullopt;
      auto bytes = elf.table<char>(segment.p_offset, segment.p_filesz);
      image.parts_.push_back({segment, std::move(bytes)});
    }
    image.relocate(elf);
    return image;
  }

  template <typename T>
  std::optional<T> get(std::uint64_t address) const {
    T value;
    const char* at = find(address, sizeof(value));
    if (!at) return std::nullopt;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }

  bool has_text(std::uint64_t address, std::string_view text) const {
    const char* at = find(address, text.size() + 1);
    return at && std::string_view(at, text.size()) == text && at[text.size()] == '\0';
  }

  /// The place in the file of a function; absent when there is no code at `address`.
  std::optional<std::uint64_t> code_offset(std::optional<std::uint64_t> address) const {
    if (!address || *address == 0) return std::nullopt;
    for (const Part& part : parts_)
      if ((part.segment.p_flags & PF_X) && part.holds(*address, 1))
        return *address - part.segment.p_vaddr + part.segment.p_offset;
    return std::nullopt;
  }

  /// Calls `visit(address, word)` for the words of what can be written to.
  template <typename Visit>
  void visit_data(Visit visit) const {
    for (const Part& part : parts_) {
      if (!(part.segment.p_flags & PF_W)) continue;
      const std::uint64_t skipped = -part.segment.p_vaddr % 8;
      for (std::uint64_t at = skipped; at + 8 <= part.bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, &part.bytes[at], sizeof(word));
        if (word) visit(part.segment.p_vaddr + at, word);
      }
    }
  }

 private:
  struct Part {
    Elf64_Phdr segment;
    std::vector<char> bytes;

    bool holds(std::uint64_t address, std::size_t size) const {
      return address >= segment.p_vaddr && address - segment.p_vaddr <= bytes.size() &&
             bytes.size() - (address - segment.p_vaddr) >= size;
    }
  };

  const char* find(std::uint64_t address, std::size_t size) const {
    for (const Part& part : parts_)
      if (part.holds(address, size)) return &part.bytes[address - part.segment.p_vaddr];
    return nullptr;
  }

  void relocate(const ElfFile& elf) {
    std::size_t left = kMostRelocations;
    for (const Elf64_Shdr& section : elf.sections()) {
      if (section.sh_type != SHT_RELA) continue;
      const std::size_t count = section.sh_size / sizeof(Elf64_Rela);
      left -= std::min(left, count);
      if (left == 0) return;
      for (const Elf64_Rela& each : elf.table<Elf64_Rela>(section.sh_offset, count)) {
        const std::uint32_t type = ELF64_R_TYPE(each.r_info);
        char* at = const_cast<char*>(find(each.r_offset, sizeof(each.r_addend)));
        if (at && (type == kRelative || type == kRelativeAarch64))
          std::memcpy(at, &each.r_addend, sizeof(each.r_addend));
      }
    }
  }

  std::vector<Part> parts_;
};

/// The function for calls among the slots of a PyType_Spec.
std::optional<std::uint64_t> call_slot(const Image& image, std::uint64_t spec) {
  const auto slots = image.get<std::uint64_t>(spec + kSpecSlots);
  for (std::size_t i = 0; slots && i < kMostSlots; i++) {
    const std::uint64_t slot = *slots + i * kSlotBytes;
    const auto id = image.get<std::int32_t>(slot);
    if (!id || *id == 0) return std::nullopt;
    if (*id == kSlotCall) return image.code_offset(image.get<std::uint64_t>(slot + kSlotFunction));
  }
  return std::nullopt;
}

/// The function for calls of the static type whose name is told at `address`.
std::optional<std::uint64_t> type_call(const Image& image, std::uint64_t address) {
  return image.code_offset(image.get<std::uint64_t>(address - kTypeName + kTypeCall));
}

bool is_any(const Image& image, std::uint64_t text, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return image.has_text(text, name); });
}

}  // namespace

std::optional<PythonSteps> find_steps(int file) {
  const auto elf = ElfFile::read(file);
  const auto image = elf ? Image::load(*elf) : std::nullopt;
  if (!image) return std::nullopt;
  std::optional<std::uint64_t> step, wakeup_method, wakeup_type;
  image->visit_data([&](std::uint64_t address, std::uint64_t word) {
    if (is_any(*image, word, {"TaskStepMethWrapper", "_asyncio.TaskStepMethWrapper"})) {
      if (const auto call = type_call(*image, address))
        step = call;
      else if (const auto slot = call_slot(*image, address))
        step = slot;
    }
    if (is_any(*image, word, {"TaskWakeupMethWrapper", "_asyncio.TaskWakeupMethWrapper"}))
      if (const auto call = type_call(*image, address)) wakeup_type = call;
    if (is_any(*image, word, {"task_wakeup", "TaskWakeupMethWrapper", "TaskWakeup", "wakeup"}))
      if (const auto call =
              image->code_offset(image->get<std::uint64_t>(address + kDefinitionFunction)))
        wakeup_method = call;
  });
  if (!step || (!wakeup_method && !wakeup_type)) return std::nullopt;
  return PythonSteps{*step, wakeup_type ? *wakeup_type : *wakeup_method, wakeup_type.has_value()};
}

std::optional<PythonStepPlaces> find_step_places(const ProcessView& process) {
  const auto map = process.read_map();
  if (!map) return std::nullopt;
  for (const std::string_view start : {"_asyncio.", "libpython3", "python3"}) {
    for (const Mapping& mapping : map->mappings()) {
      if (!mapping.executable || mapping.name().substr(0, start.size()) != start) continue;
      const std::string path = process.file_of(mapping);
      const Fd file = open_regular(path);
      if (const auto steps = file ? find_steps(file.get()) : std::nullopt)
        return PythonStepPlaces{
            {path, steps->step}, {path, steps->wakeup}, steps->wakeup_has_wrapper};
    }
  }
  return std::nullopt;
}

}  // namespace culprit
