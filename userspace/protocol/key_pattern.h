// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace culprit {

/// Keys of caches to patterns: `user:123:posts` becomes `user:?:posts`. Numbers, hex ids,
/// UUIDs, dates, e-mail addresses, what looks random and what cannot be printed become `?`.
/// Words stay, but a place of a key that takes too many words (names of users) becomes `?`,
/// too. Bounded over all applications.
class KeyPatterns {
 public:
  /// At most 64 bytes. `cut`: the end of the key was not seen. The view holds until the next
  /// call.
  std::string_view pattern(std::uint64_t application, std::string_view key, bool cut = false);

 private:
  void add_segment(std::string_view segment);
  void add_word(std::string_view word);
  void add(std::string_view text);
  bool learn(std::string_view word);

  std::string pattern_, word_;
  std::uint64_t place_ = 0;  ///< hash of application and pattern so far
  bool at_start_ = true;     ///< no word of the key was seen yet
  std::unordered_map<std::uint64_t, std::uint32_t> places_;  ///< words learned of each
  std::unordered_set<std::uint64_t> words_;                  ///< hashes of place and word
};

}  // namespace culprit
