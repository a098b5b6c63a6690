// SPDX-License-Identifier: Apache-2.0
#include <linux/capability.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/daemon_loop.h"
#include "cli/stop_request.h"
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
  auto config = read_daemon_config(setup.file, setup.file_has_to_be);
  if (!config) return tl::unexpected<Error>(config.error());
  setup.config = std::move(*config);
  RuleSource rules(setup.config.rules);
  if (const Status loaded = rules.reload(); !loaded) return tl::unexpected<Error>(loaded.error());
  setup.rules = rules.rules();
  return setup;
}

/// What is needed after the start: docs/socket.md says for what each of them is.
Result<std::string> give_up_capabilities() {
  return keep_capabilities({CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH,
                            CAP_CHECKPOINT_RESTORE, CAP_SYSLOG, CAP_SYS_ADMIN});
}

Status run(DaemonSetup setup) {
  StopRequest stop;
  HangupScope hangup;
  const InterruptScope interruptible(stop);
  spdlog::set_level(spdlog::level::from_str(setup.config.log_level));
  const SocketConfig socket = setup.config.socket;
  const ServiceNotifier notifier(std::getenv("NOTIFY_SOCKET"));

  auto listener = SocketListener::listen(socket.path, socket.group);
  if (!listener) return tl::unexpected<Error>(listener.error());
  const std::string readers = listener->group() ? "root and group " + socket.group : "root";
  auto source = make_collector(collector_options(setup.config));
  if (!source) return tl::unexpected<Error>(source.error());
  const auto kept = give_up_capabilities();
  if (!kept) return tl::unexpected<Error>(kept.error());
  auto server = SocketServer::start(std::move(*listener), (*source)->host(), socket.most_clients,
                                    initial_status(setup));
  if (!server) return tl::unexpected<Error>(server.error());

  spdlog::info("listening on {} for {}; {} rules; keeps {}", socket.path.string(), readers,
               setup.rules->rules().size(), kept->empty() ? "no capability" : *kept);
  DaemonLoop loop(std::move(setup), std::move(*source), **server, notifier);
  const Status done = loop.run(stop, hangup);
  spdlog::info("ending");
  return done;
}

}  // namespace

int run_daemon(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("config,c", po::value<std::string>()->default_value(kConfigPath),
                        "the configuration: JSON with comments")(
      "check", "read the configuration and the rules, say whether they are right, and end");
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
