// SPDX-License-Identifier: Apache-2.0
#include "act/process_facts.h"

#include <sched.h>

#include <unistd.h>
#include <array>
#include <system_error>

#include "collect/proc_parsers.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::size_t kMaxThreads = 20'000;

bool is_real_time(std::uint32_t policy) {
  return policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

std::vector<std::uint32_t> numbers_in(const std::filesystem::path& directory) {
  std::vector<std::uint32_t> found;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    if (const auto number = to_number<std::uint32_t>(entry->path().filename().string()))
      found.push_back(*number);
  return found;
}

std::string link_target(const std::filesystem::path& path) {
  std::array<char, 4096> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  return length > 0 ? std::string(target.data(), static_cast<std::size_t>(length)) : "";
}

}  // namespace

ProcessFactsReader::ProcessFactsReader(std::string cpu_hierarchy, const std::filesystem::path& root)
    : cpu_hierarchy_(std::move(cpu_hierarchy)), root_(root) {}

std::optional<ProcessFacts> ProcessFactsReader::read(std::uint32_t pid) const {
  const std::filesystem::path directory = root_ / "proc" / std::to_string(pid);
  TextReader reader(1 << 16);
  const auto text = reader.read(directory / "stat");
  const auto stat = text ? parse_pid_stat(*text) : std::nullopt;
  if (!stat || stat->state == 'Z' || stat->state == 'X') return std::nullopt;
  ProcessFacts facts;
  facts.id = {pid, pid, stat->start_ticks};
  facts.parent_pid = stat->parent_pid;
  facts.name = printable(stat->name, 64);
  facts.kernel_thread = (stat->flags & kFlagKernelThread) != 0;
  facts.executable = link_target(directory / "exe");
  if (const auto adjust = reader.read(directory / "oom_score_adj"))
    facts.oom_score_adj = to_number<int>(trimmed(*adjust));
  if (const auto group = reader.read(directory / "autogroup")) {
    std::string_view words = *group;
    facts.autogroup = std::string(next_word(words));
  }
  const auto cgroup_of = [&](const std::filesystem::path& of) {
    const auto list = reader.read(of / "cgroup");
    const auto path = list ? parse_pid_cgroup(*list, cpu_hierarchy_) : std::nullopt;
    return std::string(path.value_or(""));
  };
  facts.cpu_cgroup = cgroup_of(directory);
  for (const std::uint32_t tid : numbers_in(directory / "task")) {
    if (facts.threads.size() == kMaxThreads) break;
    const std::filesystem::path thread = directory / "task" / std::to_string(tid);
    const auto line = reader.read(thread / "stat");
    const auto own = line ? parse_pid_stat(*line) : std::nullopt;
    if (!own) continue;
    facts.threads.push_back({pid, tid, own->start_ticks});
    facts.real_time = facts.real_time || is_real_time(own->policy);
    facts.one_cpu_cgroup = facts.one_cpu_cgroup && cgroup_of(thread) == facts.cpu_cgroup;
  }
  return facts;
}

std::map<std::uint32_t, std::uint32_t> ProcessFactsReader::parents() const {
  std::map<std::uint32_t, std::uint32_t> parents;
  TextReader reader(4096);
  for (const std::uint32_t pid : numbers_in(root_ / "proc"))
    if (const auto text = reader.read(root_ / "proc" / std::to_string(pid) / "stat"))
      if (const auto stat = parse_pid_stat(*text)) parents[pid] = stat->parent_pid;
  return parents;
}

std::set<std::uint32_t> ProcessFactsReader::lock_holders() const {
  TextReader reader;
  const auto text = reader.read(root_ / "proc/locks");
  return text ? parse_lock_holders(*text) : std::set<std::uint32_t>();
}

std::vector<std::uint32_t> with_descendants(const std::map<std::uint32_t, std::uint32_t>& parents,
                                            const std::vector<std::uint32_t>& pids) {
  std::multimap<std::uint32_t, std::uint32_t> children;
  for (const auto& [pid, parent] : parents) children.emplace(parent, pid);
  std::vector<std::uint32_t> found;
  std::set<std::uint32_t> known;
  for (const std::uint32_t pid : pids)
    if (known.insert(pid).second) found.push_back(pid);
  for (std::size_t index = 0; index < found.size(); ++index) {
    const auto [begin, end] = children.equal_range(found[index]);
    for (auto child = begin; child != end; ++child)
      if (known.insert(child->second).second) found.push_back(child->second);
  }
  return found;
}

std::set<std::uint32_t> with_ancestors(const std::map<std::uint32_t, std::uint32_t>& parents,
                                       std::uint32_t pid) {
  std::set<std::uint32_t> found;
  while (pid != 0 && found.insert(pid).second) {
    const auto parent = parents.find(pid);
    pid = parent == parents.end() ? 0 : parent->second;
  }
  return found;
}

std::set<std::uint32_t> parse_lock_holders(std::string_view text) {
  // "1: POSIX  ADVISORY  WRITE 812 08:01:77 0 EOF"; who waits has "->" after the number.
  std::map<std::string_view, std::uint32_t> holders;
  std::set<std::uint32_t> blocking;
  std::string_view line;
  while (next_line(text, line)) {
    const std::string_view number = next_word(line);
    std::string_view rest = line;
    const bool waits = next_word(rest) == "->";
    if (!waits) rest = line;
    skip_words(rest, 3);
    const auto pid = next_number<std::uint32_t>(rest);
    if (!waits && pid) holders[number] = *pid;
    const auto holder = holders.find(number);
    if (waits && holder != holders.end()) blocking.insert(holder->second);
  }
  return blocking;
}

}  // namespace culprit
