// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/process_memory.h"
#include "runtime/python_layouts.h"

namespace culprit {

/// Memory from kBegin on, of which more and more is used.
class FakeMemory : public Memory {
 public:
  static constexpr std::uint64_t kBegin = 0x400000;

  explicit FakeMemory(std::size_t size = 1 << 20) : bytes_(size) {}

  bool read(std::uint64_t address, void* to, std::size_t size) const override {
    reads++;
    if (address < kBegin || address - kBegin > bytes_.size() ||
        bytes_.size() - (address - kBegin) < size)
      return false;
    if (size > 0) std::memcpy(to, &bytes_[address - kBegin], size);
    return true;
  }

  std::uint64_t allocate(std::size_t size) {
    const std::uint64_t address = kBegin + used_;
    used_ += (size + 15) / 16 * 16;
    return address;
  }
  template <typename T>
  void put(std::uint64_t address, T value) {
    std::memcpy(&bytes_.at(address - kBegin), &value, sizeof(value));
  }
  void put_text(std::uint64_t address, std::string_view text) {
    std::memcpy(&bytes_.at(address - kBegin), text.data(), text.size());
  }
  std::vector<char>& bytes() { return bytes_; }

  mutable std::size_t reads = 0;

 private:
  std::vector<char> bytes_;
  std::size_t used_ = 64;
};

/// The objects of an interpreter, laid out as `layout` says.
class FakePython {
 public:
  using Items = std::vector<std::pair<std::string, std::uint64_t>>;

  FakePython(FakeMemory& memory, const PythonLayout& layout) : memory_(memory), layout_(layout) {
    type_type_ = type("type");
    dict_type_ = type("dict");
    text_type_ = type("str");
    int_type_ = type("int");
    list_type_ = type("list");
    code_type = type("code");
    module_type_ = type("module");
  }

  std::uint64_t type(std::string_view name) {
    const std::uint64_t text = memory_.allocate(name.size() + 1);
    memory_.put_text(text, name);
    const std::uint64_t address = object(type_type_, 320);
    memory_.put(address + 24, text);
    return address;
  }

  std::uint64_t text(std::string_view ascii) {
    const std::uint64_t address = text_head(ascii.size(), 1, true);
    memory_.put_text(address + layout_.ascii_data, ascii);
    return address;
  }
  template <typename Character>
  std::uint64_t wide_text(const std::vector<Character>& characters) {
    const std::uint64_t address = text_head(characters.size(), sizeof(Character), false);
    for (std::size_t i = 0; i < characters.size(); i++)
      memory_.put(address + layout_.compact_data + i * sizeof(Character), characters[i]);
    return address;
  }

  std::uint64_t integer(std::uint32_t value) {
    const std::uint64_t address = object(int_type_, 32);
    memory_.put<std::uint64_t>(address + 16, layout_.minor >= 12 ? 1 << 3 : 1);
    memory_.put(address + 24, value);
    return address;
  }

  std::uint64_t dict(const Items& items) {
    const std::uint64_t keys = memory_.allocate(layout_.keys_indices + 64 + 24 * items.size());
    memory_.put<std::uint64_t>(keys + layout_.keys_entries, items.size());
    if (layout_.keys_log2) {
      memory_.put<std::uint8_t>(keys + 9, 6);   // 2⁶ bytes of indices
      memory_.put<std::uint8_t>(keys + 10, 1);  // all keys are str
    } else {
      memory_.put<std::uint64_t>(keys + 8, 64);
    }
    const std::size_t size = layout_.keys_log2 ? 16 : 24;
    for (std::size_t i = 0; i < items.size(); i++) {
      const std::uint64_t entry = keys + layout_.keys_indices + 64 + i * size;
      memory_.put(entry + size - 16, text(items[i].first));
      memory_.put(entry + size - 8, items[i].second);
    }
    const std::uint64_t address = object(dict_type_, 48);
    memory_.put<std::uint64_t>(address + 16, items.size());
    memory_.put(address + 32, keys);
    return address;
  }

  std::uint64_t list(const std::vector<std::uint64_t>& elements) {
    const std::uint64_t items = memory_.allocate(8 * elements.size());
    for (std::size_t i = 0; i < elements.size(); i++) memory_.put(items + 8 * i, elements[i]);
    const std::uint64_t address = object(list_type_, 40);
    memory_.put<std::uint64_t>(address + 16, elements.size());
    memory_.put(address + 24, items);
    return address;
  }

  std::uint64_t module(const Items& items) {
    const std::uint64_t address = object(module_type_, 32);
    memory_.put(address + 16, dict(items));
    return address;
  }

  std::uint64_t code(std::uint64_t function, std::uint64_t file, std::uint32_t line,
                     std::uint32_t flags) {
    const std::uint64_t address = object(code_type, 256);
    memory_.put(address + layout_.code_name, function);
    if (layout_.code_qualname) memory_.put(address + layout_.code_qualname, function);
    memory_.put(address + layout_.code_file, file);
    memory_.put(address + layout_.code_line, line);
    memory_.put(address + layout_.code_flags, flags);
    return address;
  }

  /// An interpreter with these modules and one thread; what _PyRuntime is then.
  std::uint64_t runtime(std::uint64_t modules) {
    interpreter = memory_.allocate(8192);
    memory_.put(interpreter + layout_.interpreter_modules, modules);
    thread = memory_.allocate(512);
    memory_.put(interpreter + layout_.interpreter_threads, thread);
    memory_.put(thread + layout_.thread_interpreter, interpreter);
    const std::uint64_t control_block = memory_.allocate(64);
    memory_.put(control_block, control_block);
    memory_.put(thread + layout_.thread_id, control_block);
    const std::uint64_t address = memory_.allocate(1024);
    memory_.put(address + layout_.runtime_interpreters, interpreter);
    memory_.put(address + layout_.runtime_interpreters + 8, interpreter);
    return address;
  }

  std::uint64_t object(std::uint64_t type, std::size_t size) {
    const std::uint64_t address = memory_.allocate(size);
    memory_.put(address + 8, type);
    return address;
  }

  std::uint64_t code_type = 0, interpreter = 0, thread = 0;

 private:
  std::uint64_t text_head(std::size_t length, unsigned width, bool ascii) {
    const std::uint64_t address = object(text_type_, layout_.compact_data + (length + 1) * width);
    memory_.put<std::uint64_t>(address + 16, length);
    memory_.put<std::uint32_t>(address + 32, width << 2 | 1 << 5 | (ascii ? 1 << 6 : 0));
    return address;
  }

  FakeMemory& memory_;
  const PythonLayout layout_;
  std::uint64_t type_type_ = 0, dict_type_ = 0, text_type_ = 0, int_type_ = 0, list_type_ = 0,
                module_type_ = 0;
};

}  // namespace culprit
