// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperationClient.Shown;
import dev.writ.agent.OperationClient.Withdrawn;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationWithdrawal;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ keys withdraw}: takes a proposal back. */
@Command(
    name = "withdraw",
    description = {
      "Takes back a proposal that too few have approved, by a signature of its proposer's key; where the",
      "service proposed it, of any operator's."
    },
    mixinStandardHelpOptions = true)
final class KeysWithdrawCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "OPERATION",
      converter = Digest.class,
      description = "The operation's digest; see writ keys operations.")
  Hash operation = Hash.of(new byte[Hash.BYTES]);

  @Mixin SigningOptions signing = new SigningOptions();

  @Override
  public Integer call() throws CommandFailure {
    PrintWriter err = spec.commandLine().getErr();
    try (OperatorKey key = signing.key()) {
      TrustFile believed = signing.newestTrust(sentence -> err.println("writ: " + sentence));
      Shown shown =
          signing.ask(client -> CommandFailure.granted(client.operations().show(operation)));
      err.println("writ: what is signed takes this operation back:");
      SigningOptions.requireNamed(shown.documents(), operation);
      try {
        SigningOptions.review(shown.documents(), operation, believed, Instant.now(), err);
      } catch (CommandFailure e) {
        // What must not be approved is what one most wants to be gone; and this signature approves
        // nothing.
        err.println("writ: nobody should approve it: " + e.getMessage());
      }
      if (!shown.listed().state().equals("open")) {
        throw CommandFailure.invalid(
            "the operation must be open to be withdrawn, and is " + shown.listed().state());
      }
      OperationWithdrawal withdrawal =
          signed(shown.documents().operation(), key, believed.content().operators());
      Withdrawn withdrawn =
          signing.ask(client -> CommandFailure.granted(client.operations().withdraw(withdrawal)));
      if (!withdrawn.operation().equals(operation)) {
        throw CommandFailure.integrity(
            "the service must answer of the operation that was withdrawn, and answers of "
                + withdrawn.operation().hex());
      }
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("operation", operation.hex());
      facts.put("withdrawer", Thumbprint.text(key.kid()));
      facts.put("state", "withdrawn");
      facts.put("leaf_index", withdrawn.leafIndex());
      new Printer(spec.commandLine().getOut(), signing.output).print(facts);
      return ExitStatus.DONE;
    }
  }

  /** Judged before it is sent, and before anybody is asked whether to sign. */
  private OperationWithdrawal signed(Operation asked, OperatorKey key, KeyQuorum operators)
      throws CommandFailure {
    if (operators.key(key.kid()).isEmpty()) {
      throw CommandFailure.invalid(
          "the key must be an operator's, and " + Thumbprint.text(key.kid()) + " is none");
    }
    if (asked.proposer().isPresent() && !asked.proposer().get().equals(key.kid())) {
      throw CommandFailure.invalid(
          "only its proposer withdraws an operation, operator "
              + Thumbprint.text(asked.proposer().get())
              + ": others let it end without approving it");
    }
    signing.confirm();
    return new OperationWithdrawal(
        operation, key.sign(OperationWithdrawal.signingInput(operation)));
  }
}
