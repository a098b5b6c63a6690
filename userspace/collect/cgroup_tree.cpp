// SPDX-License-Identifier: Apache-2.0
#include "collect/cgroup_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "util/fd.h"

namespace culprit {

namespace {

constexpr int kMaxDepth = 64;
constexpr int kFileidKernfs = 0xfe;  // include/linux/exportfs.h

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

Directory open_at(int base, const char* path) {
  const int fd = ::openat(base, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return nullptr;
  Directory directory(::fdopendir(fd));
  if (!directory) ::close(fd);
  return directory;
}

bool is_directory(DIR* parent, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat status {};
  return ::fstatat(::dirfd(parent), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

int depth_of(const std::string& path) {
  int depth = 0;
  for (const char c : path) depth += c == '/';
  return path == "/" ? 0 : depth;
}

}  // namespace

CgroupTree walk_cgroups(const std::filesystem::path& directory, std::size_t limit) {
  CgroupTree tree;
  const Fd base(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!base) return tree;
  // The list is its own queue: what is found is appended and looked into later.
  std::vector<std::string> queue{"/"};
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const std::string path = queue[next];
    const Directory open = open_at(base.get(), path == "/" ? "." : path.c_str() + 1);
    struct stat status {};
    if (!open || ::fstat(::dirfd(open.get()), &status) != 0) continue;  // it went away
    tree.entries.push_back({status.st_ino, path});
    const bool too_deep = depth_of(path) >= kMaxDepth;
    while (const dirent* entry = ::readdir(open.get())) {
      if (entry->d_name[0] == '.' &&
          (entry->d_name[1] == 0 || std::strcmp(entry->d_name, "..") == 0))
        continue;
      if (!is_directory(open.get(), *entry)) continue;
      if (too_deep || queue.size() >= limit)
        ++tree.left_out;
      else
        queue.push_back(path == "/" ? "/" + std::string(entry->d_name)
                                    : path + "/" + entry->d_name);
    }
  }
  return tree;
}

std::optional<std::string> path_by_handle(const std::filesystem::path& directory,
                                          std::uint64_t id) {
  const Fd mount(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!mount) return std::nullopt;
  alignas(file_handle) std::array<char, sizeof(file_handle) + sizeof(id)> memory{};
  auto* const handle = reinterpret_cast<file_handle*>(memory.data());
  handle->handle_bytes = sizeof(id);
  handle->handle_type = kFileidKernfs;
  std::memcpy(memory.data() + sizeof(file_handle), &id, sizeof(id));
  const Fd found(::open_by_handle_at(mount.get(), handle, O_PATH | O_CLOEXEC));
  if (!found) return std::nullopt;
  std::array<char, 4096> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(found.get());
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  if (length <= 0 || static_cast<std::size_t>(length) >= target.size()) return std::nullopt;
  const std::string path(target.data(), static_cast<std::size_t>(length));
  // A removed directory is named "… (deleted)": make sure of what was found.
  if (cgroup_id_of(path) != id) return std::nullopt;
  const std::string base = directory.string();
  if (path == base) return "/";
  if (!path.starts_with(base) || path[base.size()] != '/') return std::nullopt;
  return path.substr(base.size());
}

std::optional<std::uint64_t> cgroup_id_of(const std::filesystem::path& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return status.st_ino;
}

}  // namespace culprit
