// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "util/fd.h"
#include "util/result.h"

namespace culprit {

/// The daemon's socket in the file system, for root and one group. It goes with the object, and so
/// does a directory that was made for it, when nothing else is in it.
class SocketListener {
 public:
  /// Makes the directory too when it is not there. A socket that nobody listens on any more is
  /// replaced; an error when somebody does, or when something else has that name. A group that
  /// the host does not have means root alone.
  static Result<SocketListener> listen(const std::filesystem::path& path, const std::string& group);
  SocketListener(SocketListener&&) = default;
  SocketListener& operator=(SocketListener&&) = delete;
  ~SocketListener();

  int descriptor() const { return socket_.get(); }
  const std::filesystem::path& path() const { return path_; }
  /// Whose members may read; absent: root alone.
  std::optional<gid_t> group() const { return group_; }

 private:
  SocketListener(std::filesystem::path path, Fd socket, std::optional<gid_t> group)
      : path_(std::move(path)), socket_(std::move(socket)), group_(group) {}

  std::filesystem::path path_;
  Fd socket_;
  std::optional<gid_t> group_;
  dev_t device_ = 0;  ///< of the socket's file: another one of that name is not ours
  ino_t inode_ = 0;
  bool made_directory_ = false;
};

}  // namespace culprit
