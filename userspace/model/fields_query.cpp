// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>

#include "model/field.h"
#include "model/field_value.h"
#include "model/latency_fields.h"

namespace culprit {
namespace {

// A member of an optional part of the row; absent where the part is.
template <auto part, auto member>
Value of(const QueryRow& row, double) {
  return row.*part ? Value((*(row.*part)).*member) : Value();
}

using Q = QueryRow;

constexpr Field<Q> seconds(std::string_view id, std::string_view title, std::string_view help,
                           Value (*get)(const Q&, double)) {
  return {id, title, Unit::kSeconds, FieldKind::kCounter, 6, help, get};
}

constexpr Field<Q> kQueryFields[] = {
    {"id", "ID", Unit::kNone, FieldKind::kLabel, 16,
     "names its text, on every host and after every restart",
     [](const Q& row, double) { return Value(query_id_text(row.id)); }},
    {"system", "SYS", Unit::kNone, FieldKind::kLabel, 10, "kind of database or cache",
     [](const Q& row, double) { return Value(std::string(protocol_name(row.protocol))); }},
    {"address", "ADDRESS", Unit::kNone, FieldKind::kLabel, 21, "where the database listens",
     [](const Q& row, double) { return Value(row.address); }},
    {"database", "DB", Unit::kNone, FieldKind::kLabel, 10, "name of the database within it",
     [](const Q& row, double) { return value_of(row.database); }},
    {"operation", "OP", Unit::kNone, FieldKind::kLabel, 8, "its first word: SELECT, GET",
     [](const Q& row, double) { return value_of(row.operation); }},
    {"calls", "CALLS/s", Unit::kCount, FieldKind::kCounter, 7, "times it was answered",
     [](const Q& row, double) { return Value(row.calls); }},
    {"errors", "ERR/s", Unit::kCount, FieldKind::kCounter, 6, "of those, times it failed",
     [](const Q& row, double) { return Value(row.errors); }},
    {"rows", "ROWS/s", Unit::kCount, FieldKind::kCounter, 6, "rows it returned or changed",
     [](const Q& row, double) { return value_of(row.rows); }},
    {"request_bytes", "REQB/s", Unit::kBytes, FieldKind::kCounter, 6, "bytes of its requests",
     [](const Q& row, double) { return Value(row.request_bytes); }},
    {"reply_bytes", "REPB/s", Unit::kBytes, FieldKind::kCounter, 6, "bytes of their replies",
     [](const Q& row, double) { return Value(row.reply_bytes); }},
    seconds("seconds", "TIME%", "time its calls took, summed; over 100 % several ran at once",
            [](const Q& row, double) { return Value(row.seconds); }),
    latency_field::mean<Q>,
    latency_field::p50<Q>,
    latency_field::p95<Q>,
    latency_field::p99<Q>,
    latency_field::max<Q>,
    seconds("parts.server_seconds", "SRV%", "of that, until the reply began to arrive",
            of<&Q::parts, &CallParts::server_seconds>),
    seconds("parts.pickup_seconds", "PICK%", "of that, until the process read what had arrived",
            of<&Q::parts, &CallParts::pickup_seconds>),
    seconds("parts.stream_seconds", "STRM%", "of that, until all of the reply was read",
            of<&Q::parts, &CallParts::stream_seconds>),
    seconds("server.seconds", "", "a server on this host: from a request's arrival to its answer",
            of<&Q::server, &ServerView::seconds>),
    seconds("server.cpu_seconds", "SCPU%", "of that, on a CPU",
            of<&Q::server, &ServerView::cpu_seconds>),
    seconds("server.run_queue_seconds", "SRUNQ%", "of that, ready to run, waiting for a CPU",
            of<&Q::server, &ServerView::run_queue_seconds>),
    seconds("server.disk_seconds", "SDSK%", "of that, waiting for a disk",
            of<&Q::server, &ServerView::disk_seconds>),
    seconds("server.unread_seconds", "SUNRD%", "of that, its thread did other things first",
            of<&Q::server, &ServerView::unread_seconds>),
    {"repeated_calls", "SAME/s", Unit::kCount, FieldKind::kCounter, 7,
     "calls with its most frequent arguments whose reply had the size of the one before",
     [](const Q& row, double) { return value_of(row.repeated_calls); }},
    seconds("repeated_seconds", "", "time those took",
            [](const Q& row, double) {
              return row.repeated_calls ? Value(row.repeated_seconds) : Value();
            }),
    {"text", "QUERY", Unit::kNone, FieldKind::kLabel, 24,
     "what was asked, without its literals; absent when it was prepared before culprit came",
     [](const Q& row, double) { return value_of(row.text); }},
};

}  // namespace

std::span<const Field<QueryRow>> query_fields() {
  return kQueryFields;
}

std::string query_id_text(QueryId id) {
  std::array<char, 16> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), id, 16);
  const std::string text(digits.data(), end);
  return std::string(digits.size() - text.size(), '0') + text;
}

}  // namespace culprit
