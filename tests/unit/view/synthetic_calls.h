// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "synthetic.h"

namespace culprit::synthetic {

inline Latency latency(double seconds) {
  return {100, seconds, seconds * 0.8, seconds * 2, seconds * 4, seconds * 10};
}

inline ProcessName name_of(const ProcessRow& row) {
  return {row.id, row.name};
}

inline ProbeRow call_probe(ProbeState state, std::string reason) {
  ProbeRow probe;
  probe.name = "call";
  probe.attach = "fexit/tcp_sendmsg";
  probe.state = state;
  probe.reason = std::move(reason);
  return probe;
}

inline QueryRow query(QueryId id, Protocol protocol, std::string text, double seconds) {
  QueryRow row;
  row.id = id;
  row.protocol = protocol;
  row.operation = text.substr(0, text.find(' '));
  row.text = text;
  row.calls = 100;
  row.seconds = seconds;
  row.request_bytes = 12'000;
  row.reply_bytes = 430'000;
  row.latency = latency(seconds / 100);
  return row;
}

inline EndpointRow endpoint(ProcessName process, std::string route) {
  EndpointRow row;
  row.process = std::move(process);
  row.method = "GET";
  row.route = std::move(route);
  return row;
}

inline ServiceRow service(std::string address, std::string protocol) {
  ServiceRow row;
  row.address = std::move(address);
  row.protocol = std::move(protocol);
  return row;
}

/// snapshot() with gunicorn (10) that answers HTTP and asks PostgreSQL (20) and Redis.
Snapshot snapshot_with_calls();

}  // namespace culprit::synthetic
