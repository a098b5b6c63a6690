// SPDX-License-Identifier: Apache-2.0
#include "cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "util/fd.h"

namespace culprit {
namespace {

Status write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(fd, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(std::strerror(errno));
    done += static_cast<std::size_t>(written);
  }
  return {};
}

/// A pipe, a terminal or /dev/stdout cannot be replaced by a rename: write into it.
bool is_special(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

}  // namespace

Status write_output_file(const std::string& path, const std::string& text) {
  const bool special = is_special(path);
  const std::string target = special ? path : path + ".culprit-" + std::to_string(getpid());
  const Fd file(open(target.c_str(), O_WRONLY | O_CLOEXEC | (special ? 0 : O_CREAT | O_EXCL), 0644));
  if (!file) return fail(path + ": " + std::strerror(errno));
  if (Status written = write_all(file.get(), text); !written) {
    if (!special) unlink(target.c_str());
    return fail(path + ": " + written.error().message);
  }
  if (!special && rename(target.c_str(), path.c_str())) {
    const std::string reason = std::strerror(errno);
    unlink(target.c_str());
    return fail(path + ": " + reason);
  }
  return {};
}

}  // namespace culprit
