// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HostClient;
import dev.writ.artifact.HostStanding;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which host is to stand otherwise, and why. */
final class HostStateOptions {
  @Parameters(
      paramLabel = "HOST",
      arity = "1",
      description = "The host, by the name under which it is enrolled.")
  private String host = "";

  @Option(names = "--preview", description = "Says what it would do, and does nothing.")
  private boolean preview;

  @Mixin private ReasonOption reason = new ReasonOption();

  @Mixin private OperatorOptions operator = new OperatorOptions();

  /** Has the host stand so, and prints how it stood and stands. */
  int set(HostStanding next, CommandSpec spec) throws CommandFailure {
    String word = reason.word();
    HostClient.Stands stands =
        operator.ask(
            client -> CommandFailure.granted(client.hosts().set(host, next, word, preview)));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("host", host);
    facts.put("was", stands.was().wire());
    facts.put("state", stands.state().wire());
    facts.put("artifacts", stands.artifacts());
    stands
        .changed()
        .ifPresent(
            leaf -> {
              facts.put("leaf_index", leaf.leafIndex());
              facts.put("time", leaf.time());
            });
    new Printer(spec.commandLine().getOut(), operator.output).print(facts);
    return ExitStatus.DONE;
  }
}
