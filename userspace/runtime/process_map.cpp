// SPDX-License-Identifier: Apache-2.0
#include "runtime/process_map.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::size_t kMostMapsBytes = 8 << 20;
constexpr std::string_view kDeleted = " (deleted)";

/// Takes a hexadecimal number and the character `after` it off the front of `text`.
std::optional<std::uint64_t> take_hex(std::string_view& text, char after) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, 16);
  if (error != std::errc{} || rest == end || *rest != after) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()) + 1);
  return value;
}

/// "55d0-55d1 r-xp 00001000 fe:00 1234   /usr/bin/python3.11"
std::optional<Mapping> parse_mapping(std::string_view line) {
  const auto begin = take_hex(line, '-');
  const auto end = begin ? take_hex(line, ' ') : std::nullopt;
  if (!end || *end <= *begin) return std::nullopt;
  const std::string_view permissions = next_word(line);
  std::string_view offset_word = next_word(line);
  std::uint64_t offset = 0;
  std::from_chars(offset_word.data(), offset_word.data() + offset_word.size(), offset, 16);
  const std::size_t slash = line.find('/');
  if (permissions.size() < 4 || slash == std::string_view::npos) return std::nullopt;
  skip_words(line, 2);  // device "fe:00" and inode
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  if (line.empty() || line.front() != '/') return std::nullopt;
  if (line.size() > kDeleted.size() && line.substr(line.size() - kDeleted.size()) == kDeleted)
    line.remove_suffix(kDeleted.size());
  return Mapping{*begin, *end, offset, permissions[2] == 'x', std::string(line)};
}

}  // namespace

std::string_view Mapping::name() const {
  return std::string_view(path).substr(path.rfind('/') + 1);
}

ProcessMap ProcessMap::parse(std::string_view text) {
  ProcessMap map;
  for (std::string_view line; next_line(text, line);)
    if (auto mapping = parse_mapping(line)) map.mappings_.push_back(std::move(*mapping));
  std::sort(map.mappings_.begin(), map.mappings_.end(),
            [](const Mapping& a, const Mapping& b) { return a.begin < b.begin; });
  return map;
}

const Mapping* ProcessMap::at(std::uint64_t address) const {
  const auto after = std::upper_bound(
      mappings_.begin(), mappings_.end(), address,
      [](std::uint64_t wanted, const Mapping& mapping) { return wanted < mapping.begin; });
  if (after == mappings_.begin() || address >= std::prev(after)->end) return nullptr;
  return &*std::prev(after);
}

std::filesystem::path ProcessView::directory() const {
  return below(root, "/proc/" + std::to_string(pid));
}

std::optional<ProcessMap> ProcessView::read_map() const {
  TextReader reader(kMostMapsBytes);
  const auto text = reader.read(directory() / "maps");
  if (!text) return std::nullopt;
  return ProcessMap::parse(*text);
}

std::string ProcessView::file_of(const Mapping& mapping) const {
  char range[40];
  std::snprintf(range, sizeof(range), "%llx-%llx", static_cast<unsigned long long>(mapping.begin),
                static_cast<unsigned long long>(mapping.end));
  return directory() / "map_files" / range;
}

std::optional<FilePlace> ProcessView::place_of(const ProcessMap& map, std::uint64_t address) const {
  const Mapping* mapping = map.at(address);
  if (!mapping || !mapping->executable) return std::nullopt;
  return FilePlace{file_of(*mapping), address - mapping->begin + mapping->offset};
}

}  // namespace culprit
