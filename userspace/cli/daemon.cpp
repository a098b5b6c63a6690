// SPDX-License-Identifier: Apache-2.0
#include <linux/capability.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/daemon_loop.h"
#include "cli/stop_request.h"
#include "util/blocked_signals.h"
#include "util/capabilities.h"
#include "util/interrupt.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr char kEpilogue[] =
    "\nWatches until SIGTERM or SIGINT; SIGHUP reads the configuration and the rules anew. It "
    "stays\n"
    "in the foreground and logs to stderr. Clients come to its socket: top, analyze, export, why\n"
    "and record by themselves, other tools as docs/socket.md says.\n";

Result<DaemonSetup> read_setup(const po::variables_map& values) {
  DaemonSetup setup;
  setup.file = values["config"].as<std::string>();
  setup.file_has_to_be = !values["config"].defaulted();
  if (values.count("mode")) {
    const auto mode = parse_mode(values["mode"].as<std::string>());
    if (!mode) return tl::unexpected<Error>(mode.error());
    setup.mode = *mode;
  }
  if (const Status read = read_files(setup); !read) return tl::unexpected<Error>(read.error());
  return setup;
}

/// Keeps what is needed after the start: docs/socket.md says for what each of them is.
Result<std::string> give_up_capabilities(Mode mode) {
  std::vector<int> kept = {CAP_BPF,        CAP_PERFMON,
                           CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH,
                           CAP_SYSLOG,     CAP_CHECKPOINT_RESTORE,
                           CAP_SYS_ADMIN};
  if (acts(mode)) kept.insert(kept.end(), {CAP_DAC_OVERRIDE, CAP_SYS_NICE, CAP_SYS_RESOURCE});
  return keep_capabilities(kept);
}

/// What fails here is left out, and told: to see the host is what matters most.
void add_history(DaemonParts& parts, const HistoryConfig& config) {
  if (!config.enabled) return;
  const BlockedSignals for_the_sampling_loop;
  auto history = HistoryWriter::open(config.path.string(), config.options);
  if (history)
    parts.history = std::move(*history);
  else
    spdlog::error("no history is kept: {}", history.error().message);
}

void add_engine(DaemonParts& parts, const ActConfig& config) {
  if (config.mode == Mode::kOff) return;
  auto engine = DaemonEngine::start(config);
  if (engine)
    parts.engine = std::move(*engine);
  else
    spdlog::error("nothing is proposed or done: {}", engine.error().message);
}

Status run(DaemonSetup setup) {
  StopRequest stop;
  HangupScope hangup;
  const InterruptScope interruptible(stop);
  const DaemonConfig config = setup.config;
  spdlog::set_level(spdlog::level::from_str(config.log_level));
  const ServiceNotifier notifier(std::getenv("NOTIFY_SOCKET"));

  auto listener = SocketListener::listen(config.socket.path, config.socket.group);
  if (!listener) return tl::unexpected<Error>(listener.error());
  const std::string readers = listener->group() ? "root and group " + config.socket.group : "root";
  auto source = make_collector(collector_options(config));
  if (!source) return tl::unexpected<Error>(source.error());
  DaemonParts parts{std::move(*source), nullptr, nullptr};
  add_engine(parts, config.act);  // which takes back what a crash has left, in whatever mode
  const auto kept = give_up_capabilities(config.act.mode);
  if (!kept) return tl::unexpected<Error>(kept.error());
  add_history(parts, config.history);
  auto server = SocketServer::start(std::move(*listener), parts.source->host(),
                                    config.socket.most_clients, initial_status(setup));
  if (!server) return tl::unexpected<Error>(server.error());

  spdlog::info("listening on {} for {}; mode {}; {} rules; keeps {}", config.socket.path.string(),
               readers, mode_name(config.act.mode), setup.rules->rules().size(),
               kept->empty() ? "no capability" : *kept);
  DaemonLoop loop(std::move(setup), std::move(parts), **server, notifier);
  const Status done = loop.run(stop, hangup);
  spdlog::info("ending");
  return done;
}

}  // namespace

int run_daemon(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("config,c", po::value<std::string>()->default_value(kConfigPath),
                        "the configuration: JSON with comments")(
      "mode", po::value<std::string>(),
      "what it may do, in place of what the configuration says: off, observe, dry-run, approve or "
      "auto")("check", "read the configuration and the rules, say whether they are right, and end");
  const auto parsed = parse_arguments(arguments, "daemon [OPTION...]", options, {}, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  auto setup = read_setup(parsed->values);
  if (!setup) return report(setup.error());
  if (parsed->values.count("check")) {
    std::cout << setup->file.string() << ": is right; " << setup->rules->rules().size()
              << " rules\n";
    return kExitDone;
  }
  const Status done = run(std::move(*setup));
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
