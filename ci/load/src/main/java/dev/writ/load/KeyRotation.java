// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.agent.Answer;
import dev.writ.agent.KeyClient;
import dev.writ.agent.ListedKey;
import dev.writ.agent.OperationClient;
import dev.writ.agent.OperationDocuments;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.ProposedChange;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.OperationApproval;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The whole life of an issuer key, as the operator of a dev service has it: the next is made, approved,
 * announced and signs at its time; the one before is retired and destroyed.
 */
final class KeyRotation {
  private static final Duration VALIDITY = Duration.ofSeconds(6);
  private static final Duration LEAD = Duration.ofSeconds(2);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration GLANCE = Duration.ofMillis(200);

  private final OperatorClient client;
  private final SigningKey operator;

  /**
   * Nothing is asked yet.
   *
   * @param operator the one operator's key
   */
  KeyRotation(Path socket, SigningKey operator) {
    this.client = new OperatorClient(socket, Timeouts.STANDARD);
    this.operator = operator;
  }

  /**
   * What came of it.
   *
   * @param from the key before
   * @param to the next
   * @param problems what does not hold, in words; empty if all holds
   */
  record Rotated(Hash from, Hash to, List<String> problems) {}

  Rotated play() throws IOException, InterruptedException {
    List<String> problems = new ArrayList<>();
    Hash from = only(KeyState.ACTIVE);
    approve(new ProposedChange.RotateKey(KeyRole.ISSUER, LEAD));
    Hash to = only(KeyState.PREPUBLISHED);
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!only(KeyState.ACTIVE).equals(to)) {
      if (System.nanoTime() - end > 0) {
        throw new IOException("the announced key must sign at its time, and does not");
      }
      Thread.sleep(GLANCE.toMillis());
    }
    var step = granted(client.keys().step(from, KeyClient.KeyStep.RETIRE));
    if (!only(KeyState.RETIRED).equals(from)) {
      problems.add("the key before must be retired, after " + step);
    }
    approve(new ProposedChange.DestroyKey(from));
    List<ListedKey> left = issuers();
    if (left.stream()
        .anyMatch(key -> key.kid().equals(Optional.of(from)) && key.inToken().isPresent())) {
      problems.add("the key before must be gone from the token, and is there");
    }
    return new Rotated(from, to, problems);
  }

  private void approve(ProposedChange change) throws IOException {
    OperationClient.Proposed proposed =
        granted(client.operations().propose(change, VALIDITY, Optional.empty()));
    OperationDocuments shown = proposed.documents();
    try {
      OperationApproval approval =
          new OperationApproval(
              shown.operation().digest(),
              operator.sign(shown.operation().signingInput()),
              shown.trust().isPresent()
                  ? Optional.of(operator.sign(shown.trust().get().content().signingInput()))
                  : Optional.empty());
      OperationClient.Approved approved = granted(client.operations().approve(approval));
      if (!approved.state().equals("executed")) {
        throw new IOException("an approved operation must be executed, is " + approved.state());
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("the operator's key must sign, and does not", e);
    }
  }

  private List<ListedKey> issuers() throws IOException {
    return granted(client.keys().list()).stream()
        .filter(key -> key.role().equals(KeyRole.ISSUER.wire()))
        .toList();
  }

  /** The one key of the role that is there. */
  private Hash only(KeyState state) throws IOException {
    List<Hash> found =
        issuers().stream()
            .filter(key -> key.known().isPresent() && key.known().get().state() == state)
            .map(key -> key.kid().orElseThrow())
            .toList();
    if (found.size() != 1) {
      throw new IOException("one issuer key must be " + state.wire() + ", are " + found);
    }
    return found.get(0);
  }

  private static <T> T granted(Answer<T> answer) throws IOException {
    if (answer instanceof Answer.Granted<T> granted) {
      return granted.value();
    }
    throw new IOException("what an operator asks for must be granted, was " + answer);
  }
}
