// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/fd.h"

namespace culprit {

/// Reads whole small files into one buffer that is used again, so that a view holds only
/// until the next read. Never blocks on a FIFO; directories and sockets are absent.
class TextReader {
 public:
  static constexpr std::size_t kDefaultLimit = 1 << 20;

  /// What becomes of the line that the limit cuts through.
  enum class AtLimit { kDropLine, kKeep };
  /// How the end of a file is found: by an empty read, or by a short one, which saves a
  /// system call and is right for files that the kernel writes in one piece.
  enum class End { kEmptyRead, kShortRead };

  /// A file longer than `limit` bytes is cut there; truncated() tells.
  explicit TextReader(std::size_t limit = kDefaultLimit, AtLimit at_limit = AtLimit::kDropLine);

  /// Absent when the file cannot be opened or read.
  std::optional<std::string_view> read(const std::filesystem::path& path);
  /// `path` is below the open directory `directory`.
  std::optional<std::string_view> read_at(int directory, const char* path,
                                          End end = End::kEmptyRead);
  /// From the start of an open file, whatever its position.
  std::optional<std::string_view> read_open(int fd, End end = End::kEmptyRead);

  /// True when the last file was longer than the limit.
  bool truncated() const { return truncated_; }

 private:
  std::vector<char> buffer_;
  std::size_t limit_;
  AtLimit at_limit_;
  bool truncated_ = false;
};

/// A file that is kept open and read again from its start, which procfs and sysfs allow;
/// opened anew when reading fails.
class OpenFile {
 public:
  explicit OpenFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// Absent when it cannot be opened or read now; the next call tries again.
  std::optional<std::string_view> read(TextReader& reader,
                                       TextReader::End end = TextReader::End::kEmptyRead);

 private:
  std::filesystem::path path_;
  Fd fd_;
};

/// `path`, absolute as the host names it, below `root`.
std::filesystem::path below(const std::filesystem::path& root, std::string_view path);

/// The file opened for reading when it is a regular one; empty else. Nothing else is opened:
/// the path may come from another process, and to open a device may set it going.
Fd open_regular(const std::filesystem::path& path);

/// The directory opened for openat(2) only; empty when there is none.
Fd open_directory(const std::filesystem::path& path);

}  // namespace culprit
