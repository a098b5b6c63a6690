// SPDX-License-Identifier: Apache-2.0
#include "view/report.h"

#include <array>
#include <cstdio>

#include "util/rfc3339.h"
#include "view/format.h"
#include "view/report_parts.h"

namespace culprit {
namespace {

using document::Document;

std::string seconds_text(double seconds) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  return text.data();
}

std::string subtitle(const Snapshot& snapshot) {
  const HostIdentity& host = snapshot.host;
  std::string text = "Linux " + host.kernel + ", " + std::to_string(host.cpu_count) +
                     (host.cpu_count == 1 ? " CPU, " : " CPUs, ") +
                     format_bytes(static_cast<double>(host.memory_bytes)) + " of memory";
  if (host.cloud) text += ", " + host.cloud->instance_type + " " + host.cloud->instance_id;
  return text + ". Watched from " + rfc3339(snapshot.start_wall_ns) + " to " +
         rfc3339(snapshot.end_wall_ns) + " (" + seconds_text(snapshot.seconds) + ").";
}

/// What the numbers rest on, and what they lack.
void how_measured(Document& out, const Snapshot& snapshot) {
  const CollectorRow& own = snapshot.collector;
  out.blocks.push_back(document::Heading{"How it was measured"});
  std::string text =
      own.bpf ? "By culprit, with programs in the kernel: nothing was changed or restarted. "
              : "By culprit from /proc only: without BPF, waits and short-lived processes are not "
                "seen (culprit doctor tells why). ";
  text += "That took " + format_latency(own.user_seconds) + " of CPU in user space";
  if (own.kernel_seconds) text += " and " + format_latency(*own.kernel_seconds) + " in the kernel";
  text += ". ";
  if (const auto& books = snapshot.system.accounting)
    text += "Of the " + seconds_text(books->cpu_seconds) +
            " of CPU time that the kernel says were used, " +
            seconds_text(books->attributed_seconds) + " were processes, " +
            seconds_text(books->kernel_seconds) + " the kernel's own work, " +
            seconds_text(books->unattributed_seconds) + " are not known. ";
  text += "A dash is a number that is not known; 100 % of CPU is one CPU.";
  out.blocks.push_back(document::Paragraph{std::move(text)});
  if (own.events_lost == 0) return;
  std::string lost = "Lost events, so that numbers may be too low:";
  for (const auto& [cause, count] : own.lost_by_cause)
    lost += " " + cause + " " + std::to_string(count) + ";";
  lost.back() = '.';
  out.blocks.push_back(document::Paragraph{std::move(lost)});
}

}  // namespace

Document report_document(const Snapshot& snapshot) {
  Document out{"What slows " + snapshot.host.hostname, subtitle(snapshot), {}};
  report_parts::verdict(out, snapshot);
  if (snapshot.judgement) {
    report_parts::findings(out, snapshot);
    report_parts::plan(out, *snapshot.judgement);
  }
  report_parts::charts(out, snapshot);
  report_parts::tables(out, snapshot);
  how_measured(out, snapshot);
  return out;
}

}  // namespace culprit
