// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/call_model.h"
#include "model/call_processes.h"
#include "model/key_hash.h"

namespace culprit {

/// Calls and answers of one interval by task, and who served whom; processes by number.
class TaskCallTotals {
 public:
  void note_call(std::uint32_t process, const Call& call);
  /// `task` and `tid`: of the reply; 0 where they are not known. Probes look only now and then at
  /// which task it is that answers on a busy thread: the rest are taken for the same tasks'.
  void note_answer(std::uint32_t process, std::uint32_t task, std::uint32_t tid);
  void note_serving(std::uint32_t server, std::uint32_t client) {
    servings_.emplace(server, client);
  }

  /// In order of process, task and thread.
  std::vector<TaskCalls> rows(const CallProcesses& processes) const;
  std::vector<Serving> servings(const CallProcesses& processes) const;

 private:
  struct Key {
    std::uint32_t process = 0, task = 0, tid = 0;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return hash_numbers(key.process, key.task, key.tid);
    }
  };
  struct Sums {
    std::uint64_t calls = 0, errors = 0, total_ns = 0, answered = 0;
  };
  using AllSums = std::unordered_map<Key, Sums, Hash>;

  static Sums& sums_of(AllSums& sums, std::uint32_t process, std::uint32_t task,
                       std::uint32_t tid) {
    return sums[{process, task, task ? 0 : tid}];
  }
  void add_answers(AllSums& sums) const;

  AllSums sums_;  ///< but for the answers
  std::unordered_map<Key, std::uint64_t, Hash> answers_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> servings_;
};

}  // namespace culprit
