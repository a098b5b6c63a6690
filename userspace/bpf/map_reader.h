// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace culprit {

/// Reads one key of a per-CPU array: a value for each possible CPU. Values are a multiple
/// of 8 bytes, as the kernel lays them out. Empty when the map cannot be read.
template <typename Value>
std::vector<Value> read_per_cpu(int map_fd, std::uint32_t key) {
  static_assert(sizeof(Value) % 8 == 0);
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return {};
  std::vector<Value> values(static_cast<std::size_t>(cpus));
  if (bpf_map_lookup_elem(map_fd, &key, values.data())) return {};
  return values;
}

/// Calls `visit(key, value)` for each entry of a hash map that no program writes to now.
template <typename Key, typename Value, typename Visit>
void for_each_entry(int map_fd, Visit visit) {
  Key key{}, next{};
  Value value{};
  const Key* previous = nullptr;
  while (!bpf_map_get_next_key(map_fd, previous, &next)) {
    if (!bpf_map_lookup_elem(map_fd, &next, &value)) visit(next, value);
    key = next;
    previous = &key;
  }
}

/// One call of bpf_map_lookup_batch or bpf_map_lookup_and_delete_batch.
using MapBatch = int (*)(int, void*, void*, void*, void*, __u32*, const bpf_map_batch_opts*);

/// Calls `visit(key, value)` for the entries of a hash map, a batch at a time.
template <typename Key, typename Value, typename Visit>
void for_each_in_batches(MapBatch next_batch, int map_fd, std::size_t batch_size, Visit visit) {
  std::vector<Key> keys(batch_size);
  std::vector<Value> values(batch_size);
  std::uint32_t in = 0, out = 0;
  bool first = true;
  for (;;) {
    std::uint32_t count = static_cast<std::uint32_t>(batch_size);
    const int error = next_batch(map_fd, first ? nullptr : &in, &out, keys.data(), values.data(),
                                 &count, nullptr);
    if (error && error != -ENOENT) return;
    for (std::uint32_t i = 0; i < count; i++) visit(keys[i], values[i]);
    if (error == -ENOENT) return;
    in = out;
    first = false;
  }
}

/// The same, and leaves them there. One that comes or goes meanwhile may be left out.
template <typename Key, typename Value, typename Visit>
void read_entries(int map_fd, std::size_t batch_size, Visit visit) {
  for_each_in_batches<Key, Value>(bpf_map_lookup_batch, map_fd, batch_size, visit);
}

/// Takes all entries out of a hash map that no program writes to now.
template <typename Key, typename Value, typename Visit>
void drain_entries(int map_fd, std::size_t batch_size, Visit visit) {
  for_each_in_batches<Key, Value>(bpf_map_lookup_and_delete_batch, map_fd, batch_size, visit);
}

}  // namespace culprit
