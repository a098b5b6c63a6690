// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_objects.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace culprit {
namespace {

// Common to all versions and never changed since 3.8: heads of objects, types, dicts, modules.
constexpr std::uint64_t kObjectType = 8;
constexpr std::uint64_t kTypeName = 24, kTypeDict = 264;
constexpr std::uint64_t kModuleDict = 16;
constexpr std::uint64_t kListSize = 16, kListItems = 24;
constexpr std::uint64_t kDictUsed = 16, kDictKeys = 32;
constexpr std::uint64_t kKeysSize = 8, kKeysKind = 10;
constexpr std::uint64_t kIntegerTag = 16, kIntegerDigit = 24;

constexpr std::size_t kMostEntries = 50'000;
constexpr std::size_t kEntriesAtOnce = 512;
constexpr std::size_t kMostTypeNameBytes = 64;

/// The head of a str: PyASCIIObject up to its state.
struct TextHead {
  std::uint64_t references, type, length, hash;
  std::uint32_t state;

  unsigned width() const { return state >> 2 & 7; }  ///< bytes of a character
  bool compact() const { return state >> 5 & 1; }
  bool ascii() const { return state >> 6 & 1; }
};
constexpr std::size_t kTextHeadSize = 36;

void append_utf8(std::string& text, std::uint32_t character) {
  if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000)) character = 0xfffd;
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto tail = [&](int shift) { put(0x80 | (character >> shift & 0x3f)); };
  if (character < 0x80) return put(character);
  if (character < 0x800) return put(0xc0 | character >> 6), tail(0);
  if (character < 0x10000) return put(0xe0 | character >> 12), tail(6), tail(0);
  put(0xf0 | character >> 18), tail(12), tail(6), tail(0);
}

std::optional<TextHead> read_text_head(const Memory& memory, std::uint64_t object) {
  TextHead head{};
  if (object == 0 || !memory.read(object, &head, kTextHeadSize)) return std::nullopt;
  const bool width_is_known = head.width() == 1 || head.width() == 2 || head.width() == 4;
  if (!head.compact() || !width_is_known) return std::nullopt;
  return head;
}

/// Bytes of the index table that comes before a dict's entries, 3.8 to 3.10.
std::uint64_t index_bytes(std::uint64_t slots) {
  if (slots <= 0xff) return slots;
  return slots <= 0xffff ? 2 * slots : 4 * slots;
}

}  // namespace

std::optional<std::string> PythonObjects::text(std::uint64_t object,
                                               std::size_t most_characters) const {
  const auto head = read_text_head(memory_, object);
  if (!head) return std::nullopt;
  const std::size_t count = std::min<std::uint64_t>(head->length, most_characters);
  std::vector<unsigned char> bytes(count * head->width());
  const std::uint64_t data = object + (head->ascii() ? layout_.ascii_data : layout_.compact_data);
  if (!memory_.read(data, bytes.data(), bytes.size())) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += head->width()) {
    std::uint32_t character = 0;
    std::memcpy(&character, &bytes[i], head->width());
    append_utf8(text, character);
  }
  if (count < head->length) text += "…";
  return text;
}

std::optional<std::uint32_t> PythonObjects::small_integer(std::uint64_t object) const {
  if (!is_a(object, "int")) return std::nullopt;
  const auto tag = memory_.get<std::uint64_t>(object + kIntegerTag);
  const auto digit = memory_.get<std::uint32_t>(object + kIntegerDigit);
  if (!tag || !digit) return std::nullopt;
  const std::uint64_t digits = layout_.minor >= 12 ? *tag >> 3 : *tag;
  const std::uint64_t negative_or_zero = layout_.minor >= 12 ? *tag & 3 : 0;
  if (digits != 1 || negative_or_zero != 0) return std::nullopt;
  return digit;
}

bool PythonObjects::is_a(std::uint64_t object, std::string_view name) const {
  if (object == 0 || name.size() >= kMostTypeNameBytes) return false;
  const std::uint64_t type = memory_.pointer(object + kObjectType);
  const std::uint64_t address = type ? memory_.pointer(type + kTypeName) : 0;
  std::array<char, kMostTypeNameBytes> bytes{};
  return address && memory_.read(address, bytes.data(), name.size() + 1) &&
         std::string_view(bytes.data(), name.size()) == name && bytes[name.size()] == '\0';
}

std::string PythonObjects::type_name(std::uint64_t object) const {
  const std::uint64_t type = object ? memory_.pointer(object + kObjectType) : 0;
  const std::uint64_t address = type ? memory_.pointer(type + kTypeName) : 0;
  std::string name;
  while (address && name.size() < kMostTypeNameBytes) {
    const char next = memory_.get<char>(address + name.size()).value_or('\0');
    if (next == '\0') break;
    name += next;
  }
  return name;
}

bool PythonObjects::matches(std::uint64_t object, std::string_view ascii) const {
  std::array<char, kMostTypeNameBytes> bytes{};
  return ascii.size() <= bytes.size() &&
         memory_.read(object + layout_.ascii_data, bytes.data(), ascii.size()) &&
         std::string_view(bytes.data(), ascii.size()) == ascii;
}

std::optional<PythonObjects::Entries> PythonObjects::entries(std::uint64_t dict) const {
  const std::uint64_t keys = dict ? memory_.pointer(dict + kDictKeys) : 0;
  const auto count = keys ? memory_.get<std::uint64_t>(keys + layout_.keys_entries) : std::nullopt;
  const auto slots = keys ? memory_.get<std::uint64_t>(keys + kKeysSize) : std::nullopt;
  if (!count || !slots || *count > kMostEntries) return std::nullopt;
  const std::uint64_t indices = keys + layout_.keys_indices;
  if (!layout_.keys_log2) {
    if (*slots > 4 * kMostEntries) return std::nullopt;
    return Entries{indices + index_bytes(*slots), *count, 24};
  }
  const auto kind = memory_.get<std::uint8_t>(keys + kKeysKind);
  const unsigned log2_bytes = *slots >> 8 & 0xff;
  if (!kind || log2_bytes > 24) return std::nullopt;
  // Without hashes when all keys are str.
  return Entries{indices + (std::uint64_t{1} << log2_bytes), *count, *kind == 0 ? 24u : 16u};
}

std::vector<std::uint64_t> PythonObjects::values(std::uint64_t dict,
                                                 const std::vector<std::string_view>& keys) const {
  std::vector<std::uint64_t> found(keys.size());
  const auto all = entries(dict);
  if (!all) return found;
  const std::size_t words = all->size / sizeof(std::uint64_t);
  std::vector<std::uint64_t> some;
  for (std::uint64_t at = 0; at < all->count; at += kEntriesAtOnce) {
    some.resize(std::min<std::uint64_t>(kEntriesAtOnce, all->count - at) * words);
    if (!memory_.read(all->begin + at * all->size, some.data(), some.size() * sizeof(some[0])))
      return found;
    for (std::size_t i = 0; i < some.size(); i += words) {
      const std::uint64_t key = some[i + words - 2], value = some[i + words - 1];
      const auto head = value ? read_text_head(memory_, key) : std::nullopt;
      if (!head || !head->ascii()) continue;
      for (std::size_t k = 0; k < keys.size(); k++)
        if (head->length == keys[k].size() && matches(key, keys[k])) found[k] = value;
    }
  }
  return found;
}

std::uint64_t PythonObjects::value(std::uint64_t dict, std::string_view key) const {
  return values(dict, {key})[0];
}

std::optional<std::uint64_t> PythonObjects::size(std::uint64_t dict) const {
  return memory_.get<std::uint64_t>(dict + kDictUsed);
}

std::vector<std::uint64_t> PythonObjects::elements(std::uint64_t list, std::size_t most) const {
  if (!is_a(list, "list")) return {};
  const std::size_t size = std::min(memory_.pointer(list + kListSize), std::uint64_t{most});
  std::vector<std::uint64_t> items(size);
  if (!memory_.read(memory_.pointer(list + kListItems), items.data(), size * sizeof(items[0])))
    return {};
  return items;
}

std::uint64_t PythonObjects::module_dict(std::uint64_t module) const {
  return module ? memory_.pointer(module + kModuleDict) : 0;
}

std::uint64_t PythonObjects::type_dict(std::uint64_t type) const {
  return type ? memory_.pointer(type + kTypeDict) : 0;
}

}  // namespace culprit
