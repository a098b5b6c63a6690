// SPDX-License-Identifier: Apache-2.0
#include "act/disks.h"

#include <algorithm>

#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

std::vector<std::filesystem::path> block_devices(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> devices;
  std::error_code error;
  std::filesystem::directory_iterator device(root / "sys/block", error);
  for (; !error && device != std::filesystem::directory_iterator(); device.increment(error))
    devices.push_back(device->path());
  return devices;
}

}  // namespace

std::vector<std::string> disk_numbers(const std::filesystem::path& root) {
  std::vector<std::string> numbers;
  TextReader reader(256);
  for (const std::filesystem::path& device : block_devices(root)) {
    const std::string name = device.filename().string();
    const auto is_named = [&](const char* kind) { return name.starts_with(kind); };
    if (is_named("loop") || is_named("ram") || is_named("zram")) continue;
    if (const auto number = reader.read(device / "dev")) numbers.emplace_back(trimmed(*number));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

bool has_scheduler(const std::filesystem::path& root,
                   std::initializer_list<std::string_view> schedulers) {
  TextReader reader(4096);
  for (const std::filesystem::path& device : block_devices(root))
    if (const auto text = reader.read(device / "queue/scheduler"))
      for (const std::string_view scheduler : schedulers)
        if (text->find("[" + std::string(scheduler) + "]") != std::string_view::npos) return true;
  return false;
}

}  // namespace culprit
