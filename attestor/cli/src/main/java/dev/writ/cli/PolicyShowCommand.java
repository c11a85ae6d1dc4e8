// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ListedPolicy;
import dev.writ.agent.PolicyClient;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.service.GivenPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy show}: one policy, and who signed it. */
@Command(
    name = "show",
    description = {
      "Shows a policy that is or was in force, who wrote and who signed it. What lies beside its leaf is",
      "compared with the digest that the service tells."
    },
    mixinStandardHelpOptions = true)
final class PolicyShowCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "EPOCH",
      arity = "0..1",
      description = "Its epoch; see writ policy list. Without it, the one in force.")
  @Nullable Long epoch;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Writes the policy's canonical JSON into a new file.")
  @Nullable Path out;

  @Option(
      names = "--envelope-out",
      paramLabel = "FILE",
      description = "Writes what was published, signatures and all, into a new file.")
  @Nullable Path envelopeOut;

  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    PolicyClient.Shown shown = ask();
    PolicyDocument document = verified(shown);
    if (out != null) {
      write("--out", out, document.canonical());
    }
    if (envelopeOut != null) {
      write("--envelope-out", envelopeOut, shown.policy());
    }
    Map<String, Object> facts = PolicyListCommand.row(shown.listed());
    facts.put("author", shown.author());
    facts.put("signers", shown.signers().stream().map(Thumbprint::text).toList());
    facts.put("effective_from", document.effectiveFrom());
    facts.put("expires", document.expires());
    facts.put("rules", document.rules().size());
    if (out == null && operator.output == OutputFormat.json) {
      facts.put("document", new String(document.canonical(), StandardCharsets.UTF_8));
    }
    new Printer(spec.commandLine().getOut(), operator.output).print(facts);
    return ExitStatus.DONE;
  }

  private PolicyClient.Shown ask() throws CommandFailure {
    if (epoch != null) {
      return ask(epoch);
    }
    List<ListedPolicy> newest =
        operator.ask(client -> CommandFailure.read(client.policies().newest()));
    if (newest.isEmpty()) {
      throw CommandFailure.invalid("a policy must be in force, and the service knows of none");
    }
    return ask(newest.get(0).policy().epoch());
  }

  private PolicyClient.Shown ask(long named) throws CommandFailure {
    return operator.ask(client -> CommandFailure.read(client.policies().shown(named)));
  }

  /** The policy, which must be that whose digest is told. */
  static PolicyDocument verified(PolicyClient.Shown shown) throws CommandFailure {
    PolicyDocument document;
    try {
      document = GivenPolicy.parse(shown.policy()).document();
    } catch (MalformedPolicyException | MalformedEnvelopeException e) {
      throw CommandFailure.integrity(
          "the service must show a policy, and does not: " + e.getMessage());
    }
    if (!document.digest().hex().equals(shown.listed().policy().digest().hex())) {
      throw CommandFailure.integrity(
          "the service must show the policy whose digest it tells, "
              + shown.listed().policy().digest().hex()
              + ", and shows "
              + document.digest().hex());
    }
    return document;
  }

  private static void write(String option, Path file, byte[] bytes) throws CommandFailure {
    try {
      Path unused =
          Files.write(file, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw CommandFailure.configuration(option, e);
    }
  }
}
