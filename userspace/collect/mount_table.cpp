// SPDX-License-Identifier: Apache-2.0
#include "collect/mount_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "collect/text_scan.h"

namespace culprit {

namespace {

constexpr std::size_t kMaxMounts = 16'384;
constexpr std::size_t kMaxWatched = 256;

// What is not here is never touched: it may hang (network, FUSE), start something
// (autofs), or be full by nature (squashfs, iso9660).
constexpr std::array<std::string_view, 15> kLocalTypes = {
    "ext4", "xfs",   "btrfs", "zfs",   "ext3",   "ext2",     "f2fs",   "bcachefs",
    "vfat", "exfat", "jfs",   "ntfs3", "nilfs2", "reiserfs", "hfsplus"};

/// Undoes the kernel's \ooo for blank, tab, newline and backslash.
std::string unescaped(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] <= '3' && octal(text[i + 1]) &&
        octal(text[i + 2]) && octal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<Mount> parse_mount(std::string_view line) {
  Mount mount;
  skip_words(line, 2);
  const std::string_view device = next_word(line);
  const std::size_t colon = device.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto major = to_number<std::uint32_t>(device.substr(0, colon));
  const auto minor = to_number<std::uint32_t>(device.substr(colon + 1));
  if (!major || !minor) return std::nullopt;
  mount.major = *major;
  mount.minor = *minor;
  mount.root = unescaped(next_word(line));
  mount.point = unescaped(next_word(line));
  if (!mount.point.starts_with('/')) return std::nullopt;
  std::string_view word = next_word(line);
  while (!word.empty() && word != "-") word = next_word(line);
  mount.type = unescaped(next_word(line));
  mount.source = unescaped(next_word(line));
  mount.options = std::string(next_word(line));
  if (mount.type.empty()) return std::nullopt;
  return mount;
}

/// Of the mounts of one device the least is shown: the whole of it, at a short path.
std::pair<bool, std::size_t> rank(const Mount& mount) {
  return {mount.root != "/", mount.point.size()};
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  std::string_view line;
  while (mounts.size() < kMaxMounts && next_line(text, line))
    if (auto mount = parse_mount(line)) mounts.push_back(std::move(*mount));
  return mounts;
}

std::vector<Mount> watched_filesystems(const std::vector<Mount>& all) {
  // A later mount at the same point hides an earlier one.
  std::map<std::string_view, const Mount*> visible;
  for (const Mount& mount : all) visible[mount.point] = &mount;
  std::map<std::pair<std::uint32_t, std::uint32_t>, const Mount*> by_device;
  for (const auto& [point, mount] : visible) {
    const bool local = std::ranges::find(kLocalTypes, mount->type) != kLocalTypes.end();
    if (!local && !(mount->type == "overlay" && point == "/")) continue;
    const Mount*& best = by_device[{mount->major, mount->minor}];
    if (!best || rank(*mount) < rank(*best)) best = mount;
  }
  std::vector<Mount> watched;
  for (const auto& [device, mount] : by_device) watched.push_back(*mount);
  std::ranges::sort(watched, {}, &Mount::point);
  if (watched.size() > kMaxWatched) watched.resize(kMaxWatched);
  return watched;
}

}  // namespace culprit
