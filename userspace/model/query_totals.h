// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collect/call_reading.h"
#include "model/call_processes.h"
#include "model/call_sums.h"
#include "model/database_totals.h"
#include "model/query_texts.h"
#include "model/snapshot.h"

namespace culprit {

/// Who made a call: the process by its number, or kNoSlot; its task, or 0; the endpoint
/// whose request it served, or 0.
struct QueryCaller {
  std::uint32_t process = kNoSlot, task = 0;
  QueryId endpoint = 0;
  bool operator==(const QueryCaller&) const = default;
};

/// What the names in the rows are taken from.
struct QueryNames {
  const QueryTexts& texts;
  const CallProcesses& processes;
  const DatabaseTotals& databases;
};

/// Queries of one interval and who made them.
class QueryTotals {
 public:
  static constexpr std::size_t kMostRows = 500, kMostCallers = 20;

  /// Makes room for so many calls.
  void reserve(std::size_t calls);
  /// Number of a database's name. The view must hold as long as this.
  std::uint32_t name_slot(std::string_view database);
  /// `parts`: the times of the reply are those of the one who waits for it.
  void note(const ConnectionSlots& slots, const CallReading& reading, const QueryCaller& caller,
            bool parts);

  /// The rows that took the most time; the others are summed in one more, "(other)".
  std::vector<QueryRow> rows(const QueryNames& names) const;

 private:
  struct Key {
    QueryId id = 0;
    std::uint32_t database = 0, name = kNoSlot;
    bool operator==(const Key&) const = default;
  };
  struct Query {
    Key key;
    CallSums calls;
    std::vector<std::pair<std::array<char, 14>, std::uint64_t>> errors;
    std::uint64_t given_up = 0, other_errors = 0;
    std::uint64_t rows = 0, with_rows = 0;
    std::uint64_t request_bytes = 0, reply_bytes = 0;
    std::uint64_t with_parts = 0, server_ns = 0, pickup_ns = 0, stream_ns = 0;
    std::uint64_t with_server = 0, answer_ns = 0, unread_ns = 0, cpu_ns = 0, run_queue_ns = 0,
                  disk_ns = 0;

    void note(const CallReading& reading, bool parts);
    void note_error(const Call& call);
    void add(const Query& other);
    void fill(QueryRow& row) const;
  };
  /// Calls of one query with the same arguments, which have the place by what is frequent (the
  /// majority vote of Boyer and Moore 1981): another's call takes one of its votes, and the place
  /// with the last.
  struct Repeats {
    std::uint32_t query = 0, arguments = 0;  ///< 0 arguments: nobody's
    std::uint64_t votes = 0;
    std::uint64_t reply_bytes = 0;              ///< of the latest
    std::uint64_t unchanged = 0, total_ns = 0;  ///< whose reply had the size of the one before
  };
  static constexpr std::size_t kRepeatPlaces = 2048;
  struct CallerSums {
    std::uint64_t calls = 0, total_ns = 0;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return hash_numbers(key.id, key.database, key.name);
    }
    std::size_t operator()(const std::pair<std::uint32_t, QueryCaller>& key) const {
      return hash_numbers(key.first, key.second.process, key.second.task, key.second.endpoint);
    }
  };
  std::vector<std::uint32_t> busiest(const QueryNames& names) const;
  QueryRow row(const Query& query, const QueryNames& names) const;
  QueryRow other_row(const std::vector<std::uint32_t>& slots, const QueryNames& names) const;
  void note_repeat(std::uint32_t query, const Call& call);
  void add_repeats(std::vector<QueryRow>& rows, const std::vector<std::uint32_t>& slots) const;
  void add_callers(std::vector<QueryRow>& rows, const std::vector<std::uint32_t>& slots,
                   const QueryNames& names) const;

  std::vector<Query> queries_;
  std::unordered_map<Key, std::uint32_t, Hash> slots_;
  // by number of the query and who
  std::unordered_map<std::pair<std::uint32_t, QueryCaller>, CallerSums, Hash> callers_;
  std::vector<Repeats> repeats_;  ///< by hash; empty before the first
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, std::uint32_t> name_slots_;
};

}  // namespace culprit
