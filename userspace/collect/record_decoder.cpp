// SPDX-License-Identifier: Apache-2.0
#include "collect/record_decoder.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "bpf/lifecycle.h"
#include "bpf/memory.h"
#include "bpf/network.h"

namespace culprit {
namespace {

std::string text_of(const char* characters, std::size_t capacity) {
  return std::string(characters, strnlen(characters, capacity));
}

/// Copies a record of a fixed size out of the ring; false when it is too short.
template <typename Record>
bool copy_record(const char* data, std::size_t size, Record& record) {
  if (size < sizeof(Record)) return false;
  std::memcpy(&record, data, sizeof(Record));
  return true;
}

}  // namespace

std::string command_line(std::string_view arguments, bool truncated) {
  while (!arguments.empty() && arguments.back() == '\0') arguments.remove_suffix(1);
  std::string line(arguments);
  for (char& character : line) {
    if (character == '\0')
      character = ' ';
    else if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f)
      character = '?';
  }
  if (truncated) line += "…";
  return line;
}

void RecordDecoder::decode(const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  record_header header{};
  received_++;
  if (!copy_record(bytes, size, header)) {
    malformed_++;
    return;
  }
  switch (header.kind) {
    case RECORD_THREAD:
      if (thread_record record; copy_record(bytes, size, record)) {
        pending_.ended.push_back(record);
        return;
      }
      break;
    case RECORD_FORK:
      if (fork_record record; copy_record(bytes, size, record)) {
        pending_.forks.push_back({record.pid, record.parent_pid, record.uid, record.start_time_ns,
                                  record.cgroup_id, text_of(record.name, COMM_SIZE)});
        return;
      }
      break;
    case RECORD_EXEC:
      return decode_exec(bytes, size);
    case RECORD_OOM_KILL:
      if (oom_kill_record record; copy_record(bytes, size, record)) {
        pending_.oom_kills.push_back({record.pid, record.trigger_pid, record.header.time_ns,
                                      record.cgroup_id, record.limit_bytes, record.usage_bytes});
        return;
      }
      break;
    case RECORD_PYTHON_CODE:
      if (python_code_record record; copy_record(bytes, size, record)) {
        codes_.push_back(record);
        return;
      }
      break;
    case RECORD_LOOKUP:
      if (lookup_record record; copy_record(bytes, size, record)) {
        lookups_.take(record);
        return;
      }
      break;
    case RECORD_RETRANSMIT:
      return decode_retransmit(bytes, size);
  }
  malformed_++;
}

void RecordDecoder::decode_exec(const char* data, std::size_t size) {
  constexpr std::size_t kFixed = offsetof(exec_record, text);
  exec_record record{};
  if (size < kFixed) {
    malformed_++;
    return;
  }
  std::memcpy(&record, data, std::min(size, sizeof(record)));
  const std::size_t text_size = std::min<std::size_t>(record.text_size, size - kFixed);
  pending_.execs.push_back({record.pid, record.parent_pid, record.uid, record.start_time_ns,
                            record.cgroup_id, text_of(record.name, COMM_SIZE),
                            command_line({record.text, std::min(text_size, sizeof(record.text))},
                                         record.truncated != 0)});
}

void RecordDecoder::decode_retransmit(const char* data, std::size_t size) {
  retransmit_record record{};
  if (!copy_record(data, size, record)) {
    malformed_++;
    return;
  }
  std::array<char, INET6_ADDRSTRLEN> address{};
  inet_ntop(record.family == AF_INET6 ? AF_INET6 : AF_INET, record.remote_address, address.data(),
            address.size());
  const std::string remote = (record.family == AF_INET6 ? "[" + std::string(address.data()) + "]"
                                                        : std::string(address.data())) +
                             ":" + std::to_string(record.remote_port);
  retransmits_[{record.pid, remote}]++;
}

void RecordDecoder::deliver(Sample& sample) {
  sample.ended = std::exchange(pending_.ended, {});
  sample.forks = std::exchange(pending_.forks, {});
  sample.execs = std::exchange(pending_.execs, {});
  sample.oom_kills = std::exchange(pending_.oom_kills, {});
  sample.lookups = lookups_.take_ended(sample.monotonic_ns);
  sample.collector.losses[LOSS_LOOKUPS] = lookups_.lost();
  for (auto& [owner, count] : std::exchange(retransmits_, {}))
    sample.retransmits.push_back({owner.first, owner.second, count});
}

}  // namespace culprit
