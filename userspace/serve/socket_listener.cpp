// SPDX-License-Identifier: Apache-2.0
#include "serve/socket_listener.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "util/unix_socket.h"

namespace culprit {
namespace {

constexpr int kBacklog = 128;
constexpr int kLockAttempts = 50;
constexpr useconds_t kLockPauseUs = 100'000;

tl::unexpected<Error> cannot(const std::filesystem::path& path, const std::string& what) {
  return fail(path.string() + ": " + what + ": " + std::strerror(errno));
}

/// Two daemons that start at once: while it is held, nobody else looks at the socket that is
/// there. It goes with the descriptor, and leaves no file behind.
Result<Fd> lock_directory(const std::filesystem::path& directory) {
  Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return cannot(directory, "cannot be opened");
  for (int attempt = 0; flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (attempt == kLockAttempts) return cannot(directory, "is locked by another process");
    usleep(kLockPauseUs);
  }
  return fd;
}

/// Takes away what a daemon left that was killed.
Status clear(const std::filesystem::path& path, const UnixAddress& address) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return cannot(path, "cannot be looked at");
  }
  if (!S_ISSOCK(status.st_mode)) return misuse(path.string() + ": is there, and is no socket");
  const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connect(probe.get(), address.generic(), address.size) == 0 || errno == EAGAIN)
    return fail(path.string() + ": another daemon listens there");
  if (errno != ECONNREFUSED) return cannot(path, "cannot be connected to");
  if (unlink(path.c_str()) != 0) return cannot(path, "a dead daemon's socket cannot be removed");
  return {};
}

std::optional<gid_t> gid_of(const std::string& name) {
  const struct group* entry = getgrnam(name.c_str());
  return entry ? std::optional(entry->gr_gid) : std::nullopt;
}

}  // namespace

Result<SocketListener> SocketListener::listen(const std::filesystem::path& path,
                                              const std::string& group) {
  const auto address = unix_address(path.native());
  if (!address || !path.is_absolute())
    return misuse(path.string() + ": an absolute path of at most 107 bytes was expected");
  const std::filesystem::path directory = path.parent_path();
  const bool made = mkdir(directory.c_str(), 0755) == 0;
  if (!made && errno != EEXIST) return cannot(directory, "cannot be made");
  const auto lock = lock_directory(directory);
  if (!lock) return tl::unexpected<Error>(lock.error());
  if (const Status free = clear(path, *address); !free) return tl::unexpected<Error>(free.error());

  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return cannot(path, "no socket");
  const mode_t before = umask(0177);  // nobody may connect before it is whose it shall be
  const int bound = bind(socket.get(), address->generic(), address->size);
  const int error = errno;
  umask(before);
  errno = error;
  if (bound != 0) return cannot(path, "cannot be made");
  SocketListener listener(path, std::move(socket), gid_of(group));
  listener.made_directory_ = made;
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return cannot(path, "cannot be looked at");
  listener.device_ = status.st_dev;
  listener.inode_ = status.st_ino;
  if (listener.group_ && (chown(path.c_str(), static_cast<uid_t>(-1), *listener.group_) != 0 ||
                          chmod(path.c_str(), 0660) != 0))
    return cannot(path, "cannot be given to group " + group);
  if (::listen(listener.descriptor(), kBacklog) != 0) return cannot(path, "cannot listen");
  return listener;
}

SocketListener::~SocketListener() {
  struct stat status {};
  if (!socket_ || lstat(path_.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) unlink(path_.c_str());
  if (made_directory_) rmdir(path_.parent_path().c_str());
}

}  // namespace culprit
