// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.StateFolder;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.TrustFile;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a drill is made: a service, a host that is enrolled there, and what both believe.
 *
 * @param folder for the drill's own files, with {@code tmp} in it
 * @param url the service's
 * @param service the way there
 * @param trust what is believed
 * @param trustOptions how a command is told of it
 * @param tenant on whose behalf programs run
 * @param workload in whose name: the policy lets it touch a file
 * @param host that asks and runs
 * @param commands run on it
 * @param operator the operators' way to the service, if there is one
 */
record DrillSite(
    Path folder,
    URI url,
    HttpServiceEndpoint service,
    TrustFile trust,
    List<String> trustOptions,
    String tenant,
    String workload,
    DrillHost host,
    HeldCommands commands,
    Optional<OperatorClient> operator,
    Clock clock,
    SecureRandom random) {
  /** What is run: it leaves a file, so that everybody sees whether it ran. */
  static final String PROGRAM = "touch";

  /** Where a program leaves its file if it runs. */
  Path marker(String name) {
    return folder.resolve("ran-" + name);
  }

  /** The ledger of the service. */
  DrillLog ledger() throws CommandFailure {
    return DrillLog.of(url, trust, clock);
  }

  /** What is asked for to run a command here, as {@code writ attest} asks. */
  RequestFile request(StateFolder state, List<String> command)
      throws IOException, InterruptedException, CommandFailure, MalformedDocumentException {
    List<String> arguments = new ArrayList<>(List.of("attest", "--print-request"));
    arguments.addAll(trustOptions);
    arguments.addAll(asking());
    arguments.addAll(host.options(state));
    arguments.add("--");
    arguments.addAll(command);
    HeldCommands.Ended ended = commands.run(arguments, Map.of());
    if (ended.status() != ExitStatus.DONE) {
      throw CommandFailure.configuration(
          "writ attest --print-request must print what is asked for "
              + command
              + ", and ended with "
              + ended.status()
              + ": "
              + ended.said().strip());
    }
    return RequestFile.parse(
        ended.printed().strip().getBytes(StandardCharsets.UTF_8), trust.content().issuer());
  }

  /** How a command asks the service. */
  List<String> asking() {
    return List.of("--service", url.toString(), "--tenant", tenant, "--workload", workload);
  }
}
