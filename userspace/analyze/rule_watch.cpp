// SPDX-License-Identifier: Apache-2.0
#include "analyze/rule_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace culprit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 1000;

std::string state_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "gone";
  return std::to_string(status.st_ino) + ' ' + std::to_string(status.st_size) + ' ' +
         std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec);
}

}  // namespace

RuleWatch::RuleWatch(fs::path directory) : directory_(std::move(directory)) {
  known_ = seen_ = look();
}

std::string RuleWatch::look() const {
  std::vector<std::string> files;
  std::error_code error;
  fs::directory_iterator entry(directory_, error), end;
  for (; !error && entry != end && files.size() < kMostFiles; entry.increment(error))
    if (entry->path().extension() == ".json")
      files.push_back(entry->path().filename().string() + '\0' + state_of(entry->path()));
  std::sort(files.begin(), files.end());
  std::string all;
  for (const std::string& file : files) all += file + '\n';
  return all;
}

std::optional<Result<std::shared_ptr<const RuleSet>>> RuleWatch::poll() {
  std::string now = look();
  const bool is_settled = now == seen_;
  seen_ = std::move(now);
  if (!is_settled || seen_ == known_) return std::nullopt;
  known_ = seen_;
  RuleSource source(directory_);
  if (const Status loaded = source.reload(); !loaded)
    return Result<std::shared_ptr<const RuleSet>>(tl::unexpected<Error>(loaded.error()));
  return Result<std::shared_ptr<const RuleSet>>(source.rules());
}

}  // namespace culprit
