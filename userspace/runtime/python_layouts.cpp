// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_layouts.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace culprit {
namespace {

constexpr PythonLayout layout_3_8() {
  PythonLayout it;
  it.minor = 8;
  it.runtime_interpreters = 32;
  it.interpreter_threads = 8, it.interpreter_modules = 56;
  it.thread_next = 8, it.thread_interpreter = 16, it.thread_id = 176;
  it.thread_frame = 24;
  it.frame_code = 32, it.frame_previous = 24;
  it.code_flags = 36, it.code_line = 40, it.code_file = 104, it.code_name = 112;
  it.task_coroutine = 112, it.task_name = 120, it.coroutine_code = 32;
  it.keys_entries = 32, it.keys_indices = 40;
  it.ascii_data = 48, it.compact_data = 72;
  return it;
}

constexpr PythonLayout layout_3_9() {
  PythonLayout it = layout_3_8();
  it.minor = 9;
  it.interpreter_modules = 856;
  it.task_coroutine = 152, it.task_name = 160;
  return it;
}

constexpr PythonLayout layout_3_10() {
  PythonLayout it = layout_3_9();
  it.minor = 10;
  it.task_coroutine = 160, it.task_name = 168, it.coroutine_code = 24;
  return it;
}

constexpr PythonLayout layout_3_11() {
  PythonLayout it = layout_3_10();
  it.minor = 11;
  it.runtime_interpreters = 40;
  it.interpreter_threads = 16, it.interpreter_modules = 888;
  it.thread_id = 152;
  it.thread_frame = 56, it.has_cframe = true, it.cframe_current_frame = 8;
  it.frame_previous = 48, it.frame_owner = 69, it.frame_entry = 68;
  it.code_flags = 48, it.code_line = 72, it.code_file = 112, it.code_name = 120;
  it.code_qualname = 128;
  it.task_coroutine = 136, it.task_name = 144, it.coroutine_code = 16;
  it.keys_log2 = true, it.keys_entries = 24, it.keys_indices = 32;
  return it;
}

constexpr PythonLayout layout_3_12() {
  PythonLayout it = layout_3_11();
  it.minor = 12;
  it.interpreter_threads = 72, it.interpreter_modules = 944;
  it.thread_id = 136;
  it.cframe_current_frame = 0;
  it.frame_code = 0, it.frame_previous = 8, it.frame_owner = 70, it.owner_shim = 3;
  it.frame_entry = 0;
  it.code_line = 68;
  it.coroutine_code = 72;
  it.ascii_data = 40, it.compact_data = 56;
  return it;
}

constexpr PythonLayout layout_3_13() {
  PythonLayout it = layout_3_12();
  it.minor = 13;
  it.runtime_interpreters = 632;
  it.interpreter_threads = 7344, it.interpreter_modules = 7656;
  it.thread_id = 152;
  it.thread_frame = 72, it.has_cframe = false;
  it.task_coroutine = 120, it.task_name = 128;
  return it;
}

/// What 3.14 has of this is in its own tables, all but what it has in common with 3.13.
constexpr PythonLayout layout_3_14() {
  PythonLayout it = layout_3_13();
  it.minor = 14;
  it.task_coroutine = 0, it.task_name = 0;
  return it;
}

constexpr PythonLayout kLayouts[] = {layout_3_8(),  layout_3_9(),  layout_3_10(),
                                     layout_3_11(), layout_3_12(), layout_3_13()};

constexpr char kCookie[] = "xdebugpy";
constexpr std::size_t kMostOffset = 0xfff0;  // what the kernel side has room for

/// Indices, in words, into struct _Py_DebugOffsets: its parts grow from version to version.
struct TableShape {
  std::size_t interpreter, thread, frame, code, unicode, generator;
};
constexpr TableShape kShape_3_13{6, 19, 28, 34, 0, 0};
constexpr TableShape kShape_3_14{6, 22, 31, 39, 77, 83};
constexpr std::size_t kTableWords = 96;

using Table = std::array<std::uint64_t, kTableWords>;

/// Takes fields out of a table that is not trusted.
class TableReader {
 public:
  explicit TableReader(const Table& table) : table_(table) {}
  /// An offset from which `size` bytes are not beyond `end`.
  std::uint16_t at(std::size_t index, std::size_t size = 8, std::size_t end = kMostOffset) {
    good_ &= table_[index] <= end - size;
    return static_cast<std::uint16_t>(table_[index]);
  }
  bool good() const { return good_; }

 private:
  const Table& table_;
  bool good_ = true;
};

bool fill(const Table& table, const TableShape& shape, PythonLayout& it) {
  TableReader reader(table);
  it.runtime_interpreters = reader.at(5);
  it.interpreter_threads = reader.at(shape.interpreter + 3);
  it.interpreter_modules = reader.at(shape.interpreter + (it.minor >= 14 ? 6 : 5));
  it.thread_next = reader.at(shape.thread + 2);
  it.thread_interpreter = reader.at(shape.thread + 3);
  it.thread_frame = reader.at(shape.thread + 4, 8, PYTHON_THREAD_STATE_BYTES);
  it.thread_id = reader.at(shape.thread + 5, 8, PYTHON_THREAD_STATE_BYTES);
  it.frame_previous = reader.at(shape.frame + 1, 8, PYTHON_FRAME_BYTES);
  it.frame_code = reader.at(shape.frame + 2, 8, PYTHON_FRAME_BYTES);
  it.frame_owner = reader.at(shape.frame + 5, 1, PYTHON_FRAME_BYTES);
  it.code_file = reader.at(shape.code + 1);
  it.code_name = reader.at(shape.code + 2);
  it.code_qualname = reader.at(shape.code + 3);
  it.code_line = reader.at(shape.code + 5);
  if (shape.unicode) it.ascii_data = reader.at(shape.unicode + 3);
  if (shape.unicode) it.compact_data = it.ascii_data + 16;
  if (shape.generator) it.coroutine_code = reader.at(shape.generator + 2) + it.frame_code;
  return reader.good();
}

}  // namespace

std::optional<PythonLayout> python_layout(int minor) {
  for (const PythonLayout& layout : kLayouts)
    if (layout.minor == minor) return layout;
  return std::nullopt;
}

Result<std::optional<PythonLayout>> own_layout(const Memory& memory, std::uint64_t runtime) {
  Table table{};
  if (!memory.read(runtime, table.data(), table.size() * sizeof(table[0])) ||
      std::memcmp(table.data(), kCookie, sizeof(table[0])) != 0)
    return std::optional<PythonLayout>();
  const unsigned major = table[1] >> 24 & 0xff, minor = table[1] >> 16 & 0xff;
  const std::string name = "Python " + std::to_string(major) + "." + std::to_string(minor);
  if (table[2] != 0) return unsupported(name + " is free-threaded, which is not supported");
  if (major != 3 || (minor != 13 && minor != 14))
    return unsupported(name + " is not known; 3.8 to 3.14 are");
  PythonLayout layout = minor == 13 ? layout_3_13() : layout_3_14();
  if (!fill(table, minor == 13 ? kShape_3_13 : kShape_3_14, layout))
    return unsupported(name + ": its table of offsets has values that are none");
  return layout;
}

bool add_asyncio_layout(const AsyncioTable& table, PythonLayout& layout) {
  const std::uint64_t name = table[1], coroutine = table[5], running = table[11];
  if (std::max({name, coroutine, running}) >= kMostOffset || coroutine == 0 || running == 0)
    return false;
  layout.task_name = static_cast<std::uint16_t>(name);
  layout.task_coroutine = static_cast<std::uint16_t>(coroutine);
  layout.thread_running_task = static_cast<std::uint16_t>(running);
  return true;
}

python_process kernel_layout(const PythonLayout& layout) {
  python_process it{};
  it.interpreter_threads = layout.interpreter_threads;
  it.thread_next = layout.thread_next;
  it.thread_id = layout.thread_id;
  it.thread_frame = layout.thread_frame;
  it.thread_running_task = layout.thread_running_task;
  it.cframe_current_frame = layout.cframe_current_frame;
  it.frame_code = layout.frame_code;
  it.frame_previous = layout.frame_previous;
  it.frame_owner = layout.frame_owner;
  it.owner_shim = layout.owner_shim;
  it.frame_entry = layout.frame_entry;
  it.code_flags = layout.code_flags;
  it.task_coroutine = layout.task_coroutine;
  it.coroutine_code = layout.coroutine_code;
  it.keys_entries = layout.keys_entries;
  it.keys_indices = layout.keys_indices;
  it.keys_log2 = layout.keys_log2;
  it.has_cframe = layout.has_cframe;
  return it;
}

}  // namespace culprit
