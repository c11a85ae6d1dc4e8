// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperationClient.Approved;
import dev.writ.agent.OperationClient.Proposed;
import dev.writ.agent.ProposedChange;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * How a change is put before operators: by an operator, who signs the proposal and does not count among
 * those who approve it; or, under a dev trust file, by the service itself.
 */
final class ProposalOptions {
  @Mixin SigningOptions signing = new SigningOptions();

  @Option(
      names = "--valid",
      paramLabel = "TIME",
      defaultValue = "24h",
      converter = EnrolCommand.TimeConverter.class,
      description =
          "For how long it can be approved, such as 30m, 24h (default: ${DEFAULT-VALUE}).")
  Duration valid = Duration.ofHours(24);

  /** Proposes it, and prints what became of it. */
  int propose(ProposedChange change, CommandSpec spec) throws CommandFailure {
    PrintWriter err = spec.commandLine().getErr();
    Map<String, Object> facts =
        signing.operatorKey == null ? ofService(change, err) : ofOperator(change, err);
    new Printer(spec.commandLine().getOut(), signing.output).print(facts);
    return ExitStatus.DONE;
  }

  private Map<String, Object> ofService(ProposedChange change, PrintWriter err)
      throws CommandFailure {
    Proposed proposed =
        signing.ask(
            client ->
                CommandFailure.granted(
                    client.operations().propose(change, valid, Optional.empty())));
    requireAsked(change, proposed, Optional.empty());
    if (proposed.draft()) {
      throw CommandFailure.integrity(
          "the service must open what it proposes itself, and waits for a proposer's signature");
    }
    tellHowToApprove(proposed, err);
    return facts(proposed, "open", proposed.leafIndex().orElseThrow());
  }

  private Map<String, Object> ofOperator(ProposedChange change, PrintWriter err)
      throws CommandFailure {
    try (OperatorKey key = signing.key()) {
      return ofOperator(change, key, err);
    }
  }

  private Map<String, Object> ofOperator(ProposedChange change, OperatorKey key, PrintWriter err)
      throws CommandFailure {
    TrustFile believed = signing.newestTrust(sentence -> err.println("writ: " + sentence));
    Proposed draft =
        signing.ask(
            client ->
                CommandFailure.granted(
                    client.operations().propose(change, valid, Optional.of(key.kid()))));
    SigningOptions.review(draft.documents(), draft.digest(), believed, Instant.now(), err);
    requireAsked(change, draft, Optional.of(key.kid()));
    signing.confirm();
    Operation operation = draft.documents().operation();
    // The proposer does not count as approver: the trust file is the others' to sign.
    OperationApproval signed =
        new OperationApproval(
            operation.digest(), key.sign(operation.signingInput()), Optional.empty());
    Approved opened =
        signing.ask(client -> CommandFailure.granted(client.operations().approve(signed)));
    requireSame(operation.digest(), opened.operation());
    tellHowToApprove(draft, err);
    return facts(draft, opened.state(), opened.leafIndex());
  }

  private static void tellHowToApprove(Proposed proposed, PrintWriter err) {
    err.println(
        "writ: proposed; let operators read and approve it: writ approve "
            + proposed.digest().hex()
            + " --operator-key KEY --trust FILE --socket PATH");
  }

  /** The service makes the document: that it says what was asked for is seen to here. */
  private void requireAsked(ProposedChange change, Proposed proposed, Optional<Hash> proposer)
      throws CommandFailure {
    Operation operation = proposed.documents().operation();
    requireSame(operation.digest(), proposed.digest());
    Optional<String> contradiction =
        change.contradiction(operation, proposed.documents().trust().map(TrustFile::content));
    if (contradiction.isEmpty() && !operation.proposer().equals(proposer)) {
      contradiction = Optional.of("its proposer must be " + named(proposer) + ", was another");
    }
    Duration open = Duration.between(operation.proposed(), operation.expires());
    if (contradiction.isEmpty() && !open.equals(valid)) {
      contradiction = Optional.of("it must be open for " + valid + ", was for " + open);
    }
    if (contradiction.isPresent()) {
      throw CommandFailure.integrity(
          "the service must propose what it was asked to, and does not: " + contradiction.get());
    }
  }

  private static String named(Optional<Hash> proposer) {
    return proposer.map(Thumbprint::text).orElse("the service");
  }

  private static void requireSame(Hash operation, Hash named) throws CommandFailure {
    if (!operation.equals(named)) {
      throw CommandFailure.integrity(
          "the service must answer of operation "
              + operation.hex()
              + ", and answers of "
              + named.hex());
    }
  }

  private static Map<String, Object> facts(Proposed proposed, String state, long leafIndex) {
    Operation operation = proposed.documents().operation();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("operation", operation.digest().hex());
    facts.put("state", state);
    facts.put("does", OperationWords.change(operation.change()));
    facts.put("expires", operation.expires());
    facts.put("leaf_index", leafIndex);
    return facts;
  }
}
