// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.MADE;
import static dev.writ.artifact.TestWorld.NOW;
import static dev.writ.artifact.TestWorld.hash;

import dev.writ.tlog.Hash;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Dual control in {@link TestWorld}: a trust file whose operators are three, of whom two decide, the one
 * that follows it, an operation of each kind, and what operators and keys sign for it.
 */
final class Operations {
  static final TestKey ALICE = TestKey.OPERATOR;
  static final TestKey BOB = TestKey.random();
  static final TestKey CAROL = TestKey.random();

  /** The issuer's next key. */
  static final TestKey SUCCESSOR = TestKey.random();

  private Operations() {}

  /** Version 1, in force. */
  static TrustFile first() {
    return TestWorld.trust(
        TrustContents.operators(
            TestWorld.statusTrust(),
            new KeyQuorum(
                2, List.of(ALICE.verification(), BOB.verification(), CAROL.verification()))));
  }

  /** Version 2: it announces {@link #SUCCESSOR}, and is signed by nobody. */
  static TrustContent second() {
    return next(
        first(),
        TestWorld.issuerKey(TestKey.ISSUER, KeyState.ACTIVE),
        TestWorld.issuerKey(SUCCESSOR, KeyState.PREPUBLISHED));
  }

  /** The content that follows {@code before}, of these issuer's keys and its status key. */
  static TrustContent next(TrustFile before, TrustedKey... issuers) {
    TrustContent content = before.content();
    return TrustContents.keys(
        TrustContents.successor(content, content.version() + 1, before.digest()),
        Stream.concat(Arrays.stream(issuers), content.keysOf(KeyRole.STATUS).stream()).toList());
  }

  static TrustFile signed(TrustContent content, TestKey... operators) {
    return TrustFile.of(
        content,
        Arrays.stream(operators).map(key -> signature(key, content.signingInput())).toList());
  }

  static OperatorSignature signature(TestKey key, byte[] input) {
    return new OperatorSignature(key.kid(), key.sign(input));
  }

  static Hash digest(TrustContent content) {
    return Hash.sha256(content.signingInput());
  }

  /** Proposed by Alice, of {@link #first}, open for a day. */
  static Operation operation(Operation.Change change) {
    return new Operation(
        TestWorld.ISSUER,
        1,
        hash("nonce"),
        MADE,
        MADE.plus(Duration.ofDays(1)),
        Optional.of(ALICE.kid()),
        change);
  }

  static Operation rotation() {
    return operation(
        new Operation.RotateKey(
            KeyRole.ISSUER,
            TestKey.ISSUER.kid(),
            SUCCESSOR.kid(),
            NOW.plusSeconds(3630),
            digest(second())));
  }

  static Operation compromise() {
    return operation(
        new Operation.CompromiseKey(
            KeyRole.ISSUER,
            TestKey.ISSUER.kid(),
            OptionalLong.of(6),
            Optional.of(SUCCESSOR.kid()),
            digest(second())));
  }

  static Operation destruction() {
    return operation(new Operation.DestroyKey(TestKey.ISSUER.kid()));
  }

  static Operation publication() {
    return operation(new Operation.PublishTrust(digest(second())));
  }

  /** Of a newest leaf an hour ahead. */
  static Operation acceptance() {
    return operation(new Operation.AcceptClock(NOW.plusSeconds(3600).plusMillis(7)));
  }

  static Stream<Operation> all() {
    return Stream.of(
        acceptance(),
        rotation(),
        compromise(),
        operation(
            new Operation.CompromiseKey(
                KeyRole.STATUS,
                TestKey.STATUS.kid(),
                OptionalLong.empty(),
                Optional.empty(),
                digest(second()))),
        destruction(),
        operation(new Operation.Unfreeze(9)),
        publication(),
        new Operation(
            TestWorld.ISSUER,
            7,
            hash("nonce"),
            MADE,
            MADE.plus(Operation.MAX_LIFETIME),
            Optional.empty(),
            rotation().change()));
  }

  /** The word of {@code operator} for {@code operation}, and for {@link #second} where it comes with it. */
  static OperationApproval approval(Operation operation, TestKey operator) {
    return new OperationApproval(
        operation.digest(),
        signature(operator, operation.signingInput()),
        operation.change().trust().map(content -> signature(operator, second().signingInput())));
  }

  static OperationWithdrawal withdrawal(Operation operation, TestKey operator) {
    Hash digest = operation.digest();
    return new OperationWithdrawal(
        digest, signature(operator, OperationWithdrawal.signingInput(digest)));
  }

  static KeyHandover handover() {
    return new KeyHandover(
        TestWorld.ISSUER,
        KeyRole.ISSUER,
        TestKey.ISSUER.kid(),
        SUCCESSOR.verification(),
        NOW.plusSeconds(3630),
        rotation().digest());
  }

  static KeyHandover.Signed signedHandover() {
    byte[] input = handover().signingInput();
    return new KeyHandover.Signed(handover(), TestKey.ISSUER.sign(input), SUCCESSOR.sign(input));
  }

  /** All that becomes of operations in the ledger. */
  static Stream<LeafBody> leaves() {
    Optional<TrustReference> trust =
        Optional.of(new TrustReference(2, signed(second(), BOB, CAROL).digest()));
    Hash operation = rotation().digest();
    return Stream.of(
        proposed(rotation()),
        new OperationStep.Approved(
            OperationKind.ROTATE_KEY,
            new OperationApproval(
                operation,
                Authenticator.of(BOB).sign(rotation().signingInput()),
                Optional.of(Authenticator.of(BOB).sign(second().signingInput())))),
        new OperationStep.Approved(OperationKind.DESTROY_KEY, approval(destruction(), CAROL)),
        new OperationStep.Ended(
            OperationKind.PUBLISH_TRUST, publication().digest(), OperationStep.End.EXECUTED, trust),
        new OperationStep.Ended(
            OperationKind.ROTATE_KEY, operation, OperationStep.End.EXPIRED, Optional.empty()),
        new OperationStep.Ended(
            OperationKind.ROTATE_KEY, operation, OperationStep.End.FAILED, Optional.empty()),
        new OperationStep.Ended(
            OperationKind.ACCEPT_CLOCK,
            acceptance().digest(),
            OperationStep.End.EXECUTED,
            Optional.empty()),
        new OperationStep.Ended(OperationKind.ROTATE_KEY, withdrawal(rotation(), ALICE)),
        new KeyChange(
            SUCCESSOR.kid(),
            KeyRole.ISSUER,
            KeyState.PREPUBLISHED,
            operation,
            Optional.of(signedHandover()),
            Optional.empty(),
            OptionalLong.empty(),
            trust),
        change(SUCCESSOR, KeyState.ACTIVE, Optional.of(TestKey.ISSUER.kid())),
        change(TestKey.ISSUER, KeyState.RETIRING, Optional.empty()),
        change(TestKey.ISSUER, KeyState.RETIRED, Optional.empty()),
        change(TestKey.ISSUER, KeyState.DESTROYED, Optional.empty()),
        new KeyChange(
            TestKey.ISSUER.kid(),
            KeyRole.ISSUER,
            KeyState.COMPROMISED,
            compromise().digest(),
            Optional.empty(),
            Optional.of(SUCCESSOR.kid()),
            OptionalLong.of(6),
            trust));
  }

  private static KeyChange change(TestKey key, KeyState state, Optional<Hash> other) {
    return new KeyChange(
        key.kid(),
        KeyRole.ISSUER,
        state,
        rotation().digest(),
        Optional.empty(),
        other,
        OptionalLong.empty(),
        Optional.empty());
  }

  /** As its proposer, who is Alice where it has one, signed it. */
  static OperationStep.Proposed proposed(Operation operation) {
    return new OperationStep.Proposed(
        operation,
        operation
            .proposer()
            .map(kid -> new OperatorSignature(kid, ALICE.sign(operation.signingInput()))));
  }
}
