// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperatorClient;
import dev.writ.agent.ScopeRequest;
import dev.writ.artifact.UuidV7;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ revoke}: withdraws an artifact, or all that stand of a scope. */
@Command(
    name = "revoke",
    description = {
      "Withdraws an artifact, or all artifacts of a host, an issuer's key, a policy epoch, a workload",
      "or a range of the ledger that stand, each with all that were issued under it: the ledger says",
      "so in one leaf, and so do the status tokens that are in force when this command ends. What is",
      "issued afterwards is not withdrawn."
    },
    mixinStandardHelpOptions = true)
final class RevokeCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @ArgGroup(multiplicity = "1")
  RevokedWhat what = new RevokedWhat();

  @Option(
      names = "--preview",
      description = "Says how many artifacts of the scope stand, and withdraws none.")
  boolean preview;

  @Option(
      names = "--most",
      paramLabel = "N",
      description = "Withdraws none where more than so many of the scope stand.")
  @Nullable Long most;

  @Mixin ReasonOption reason = new ReasonOption();
  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    String word = reason.word();
    Optional<UuidV7> artifact = what.artifact();
    Map<String, Object> facts =
        artifact.isPresent() ? revoked(artifact.get(), word) : of(what.scope(), word);
    new Printer(spec.commandLine().getOut(), operator.output).print(facts);
    return ExitStatus.DONE;
  }

  private Map<String, Object> revoked(UuidV7 artifact, String word) throws CommandFailure {
    if (preview || most != null) {
      throw CommandFailure.usage("--preview and --most are of a scope, and JTI names one artifact");
    }
    OperatorClient.Revoked revoked =
        operator.ask(client -> CommandFailure.granted(client.revoke(artifact, word)));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("jti", revoked.jti());
    facts.put("leaf_index", revoked.leafIndex());
    facts.put("time", revoked.time());
    return facts;
  }

  private Map<String, Object> of(ScopeRequest scope, String word) throws CommandFailure {
    OptionalLong bound = most == null ? OptionalLong.empty() : OptionalLong.of(most);
    OperatorClient.Scope answer =
        operator.ask(
            client ->
                CommandFailure.granted(
                    preview ? client.countScope(scope) : client.revokeScope(scope, word, bound)));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("scope", answer.scope());
    answer.places().ifPresent(places -> facts.put("leaves", places.get(0) + ".." + places.get(1)));
    facts.put("artifacts", answer.artifacts());
    answer
        .revoked()
        .ifPresent(
            leaf -> {
              facts.put("leaf_index", leaf.leafIndex());
              facts.put("time", leaf.time());
            });
    return facts;
  }
}
