// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.PolicyClient;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy publish}: a signed policy comes into force. */
@Command(
    name = "publish",
    description = {
      "Has the service put a policy in force that its author and enough approvers signed. Its version is one",
      "more than the one in force, its previous that one's digest: to go back to an older policy, give its",
      "content the next version. What is refused changes nothing."
    },
    mixinStandardHelpOptions = true)
final class PolicyPublishCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "ENVELOPE", description = "The envelope that writ policy sign wrote.")
  Path file = Path.of("");

  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    PolicyEnvelope envelope;
    PolicyDocument document;
    try {
      byte[] bytes = BoundedFile.read(file, PolicyEnvelope.MAX_BYTES);
      requireEnvelope(bytes);
      envelope = PolicyEnvelope.parse(bytes);
      document = PolicyDocument.parse(envelope.payload());
    } catch (IOException | MalformedEnvelopeException | MalformedPolicyException e) {
      throw CommandFailure.configuration("the envelope " + file, e);
    }
    PolicyClient.Published published =
        operator.ask(client -> CommandFailure.granted(client.policies().publish(envelope)));
    if (!published.policy().digest().hex().equals(document.digest().hex())) {
      throw CommandFailure.integrity(
          "the service must answer of policy "
              + document.digest().hex()
              + ", and answers of "
              + published.policy().digest().hex());
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("policy", published.policy().id());
    facts.put("version", published.policy().version());
    facts.put("digest", published.policy().digest().hex());
    facts.put("epoch", published.policy().epoch());
    facts.put("ends_earlier_artifacts", published.endsEarlier());
    facts.put("leaf_index", published.leafIndex());
    new Printer(spec.commandLine().getOut(), operator.output).print(facts);
    return ExitStatus.DONE;
  }

  private void requireEnvelope(byte[] bytes) throws CommandFailure {
    FileKind kind = FileKind.of(bytes);
    if (kind == FileKind.ENVELOPE || bytes.length > PolicyEnvelope.MAX_BYTES) {
      return;
    }
    throw CommandFailure.configuration(
        file
            + " must be a policy envelope, and is "
            + (kind == FileKind.POLICY
                ? "a policy itself: sign it with writ policy sign"
                : kind.words() + ": writ policy sign makes one of a policy"));
  }
}
