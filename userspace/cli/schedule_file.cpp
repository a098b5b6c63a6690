// SPDX-License-Identifier: Apache-2.0
#include "cli/schedule_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "collect/text_file.h"
#include "util/fd.h"

namespace culprit {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

}  // namespace

Result<Timetable> ScheduleFile::load() {
  std::error_code error;
  if (!std::filesystem::exists(file_, error)) {
    kept_ = Timetable().text();
    return Timetable();
  }
  TextReader reader(kMostBytes);
  const auto text = reader.read(file_);
  if (!text) return fail(file_.string() + ": cannot be read");
  auto table = Timetable::parse(*text);
  if (!table) {
    std::filesystem::rename(file_, file_.string() + ".bad", error);
    return misuse(file_.string() + ", now .bad: " + table.error().message);
  }
  kept_ = table->text();
  return table;
}

Status ScheduleFile::save(const Timetable& table) {
  const std::string text = table.text();
  if (text == kept_) return {};
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);  // else opening it fails
  const std::string next = file_.string() + ".new";
  const Fd fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fdatasync(fd.get()) != 0 || ::rename(next.c_str(), file_.c_str()) != 0)
    return fail(file_.string() + ": cannot be written: " + std::strerror(errno));
  kept_ = text;
  return {};
}

}  // namespace culprit
