// SPDX-License-Identifier: Apache-2.0
#include "model/service_fault.h"

#include <algorithm>
#include <string_view>

#include "model/call_sums.h"

namespace culprit {
namespace {

/// Connection, resources, operator, system, internal; not for what is read-only after a failover.
constexpr std::string_view kPostgresqlClasses[] = {"08", "53", "57P", "58", "XX", "25006"};

/// Too many connections, shutdown, read-only, no memory, no disk, cannot make threads.
constexpr std::string_view kMysqlNumbers[] = {"1021", "1037", "1038", "1040", "1041",
                                              "1053", "1077", "1114", "1135", "1203",
                                              "1290", "1792", "1836", "3169"};

constexpr std::string_view kRedisWords[] = {"LOADING",     "OOM",        "MISCONF",    "READONLY",
                                            "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "BUSY"};

template <std::size_t size>
bool is_one_of(std::string_view text, const std::string_view (&words)[size]) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

template <std::size_t size>
bool begins_with_one_of(std::string_view text, const std::string_view (&words)[size]) {
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return text.starts_with(word); });
}

}  // namespace

bool is_service_fault(Protocol protocol, const Call& call) {
  if (!failed(call)) return false;
  if (call.outcome != Outcome::kError) return true;
  const auto end = std::find(call.error.begin(), call.error.end(), '\0');
  const std::string_view error(call.error.data(),
                               static_cast<std::size_t>(end - call.error.begin()));
  switch (protocol) {
    case Protocol::kPostgresql:
      return begins_with_one_of(error, kPostgresqlClasses);
    case Protocol::kMysql:
      return is_one_of(error, kMysqlNumbers);
    case Protocol::kRedis:
      return is_one_of(error, kRedisWords);
    case Protocol::kMemcached:
      return error == "SERVER_ERROR";
    case Protocol::kUnknown:
    case Protocol::kHttp1:
    case Protocol::kTls:
      return true;
  }
  return true;
}

}  // namespace culprit
