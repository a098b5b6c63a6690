// SPDX-License-Identifier: Apache-2.0
#include "model/endpoint_totals.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace culprit {
namespace {

/// What follows "METHOD ".
std::string_view route_of(const QueryText& text) {
  std::string_view route = text.text;
  if (route.starts_with(text.operation) && route.size() > text.operation.size() &&
      route[text.operation.size()] == ' ')
    route.remove_prefix(text.operation.size() + 1);
  return route;
}

}  // namespace

void EndpointTotals::note_request(std::uint32_t process, const Call& call,
                                  std::uint64_t duration_ns) {
  const Key key{process, call.query};
  const auto [place, is_new] =
      slots_.try_emplace(key, static_cast<std::uint32_t>(endpoints_.size()));
  if (is_new) {
    endpoints_.emplace_back();
    endpoints_.back().key = key;
  }
  Endpoint& endpoint = endpoints_[place->second];
  endpoint.requests.note(call, duration_ns);
  endpoint.reply_bytes += call.reply_bytes;
  if (call.status >= 100 && call.status < 1000) endpoint.status[call.status / 100]++;
}

void EndpointTotals::note_calls(std::uint32_t process, const EndpointCalls& calls) {
  const auto found = slots_.find({process, calls.endpoint});
  if (found == slots_.end()) return;
  endpoints_[found->second].calls += calls.calls;
  endpoints_[found->second].sure_calls += calls.sure_calls;
}

EndpointRow EndpointTotals::row(const Endpoint& endpoint, const QueryText& text,
                                const CallProcesses& processes) {
  EndpointRow row;
  row.process = processes.name(endpoint.key.process);
  row.method = text.operation;
  row.route = route_of(text);
  row.requests = endpoint.requests.count;
  row.errors = endpoint.requests.errors;
  for (std::size_t digit = 1; digit < endpoint.status.size(); digit++)
    if (endpoint.status[digit]) row.status[std::to_string(digit) + "xx"] = endpoint.status[digit];
  row.latency = endpoint.requests.latency.latency();
  const auto requests = static_cast<double>(endpoint.requests.count);
  row.calls_per_request = endpoint.calls / requests;
  if (endpoint.calls > 0) row.calls_confidence = endpoint.sure_calls / endpoint.calls;
  row.bytes_per_response = static_cast<double>(endpoint.reply_bytes) / requests;
  return row;
}

std::vector<EndpointRow> EndpointTotals::rows(const CallProcesses& processes,
                                              const QueryTexts& texts) const {
  std::vector<std::pair<std::uint64_t, EndpointRow>> ranked;
  for (const Endpoint& endpoint : endpoints_)
    if (const QueryText* text = texts.find(endpoint.key.endpoint))
      ranked.emplace_back(endpoint.requests.total_ns, row(endpoint, *text, processes));
  std::sort(ranked.begin(), ranked.end(), [](const auto& left, const auto& right) {
    if (left.first != right.first) return left.first > right.first;
    const EndpointRow &a = left.second, &b = right.second;
    return std::tie(a.route, a.method, a.process.name, a.process.id) <
           std::tie(b.route, b.method, b.process.name, b.process.id);
  });
  std::vector<EndpointRow> rows;
  rows.reserve(ranked.size());
  for (auto& [total_ns, row] : ranked) rows.push_back(std::move(row));
  return rows;
}

}  // namespace culprit
