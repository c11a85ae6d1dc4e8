// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The proposer's word that an operation is not to be done after all; of one that the service proposed, any
 * operator's.
 *
 * @param operation {@link Operation#digest}
 * @param signature over {@link #signingInput}, whose label no approval has
 */
public record OperationWithdrawal(Hash operation, OperatorSignature signature) {
  /** Longest withdrawal, in bytes: an assertion in base64url. */
  public static final int MAX_BYTES = 4 * 1024;

  private static final byte[] SIGNING_LABEL =
      "writ-operation-withdrawal-v1\0".getBytes(StandardCharsets.US_ASCII);

  /** Whether a withdrawal holds. */
  public sealed interface Outcome {
    /** It does. */
    record Holds() implements Outcome {}

    /**
     * It does not.
     *
     * @param reason a stable word
     * @param message what must hold and what was
     */
    record Refused(Reason reason, String message) implements Outcome {}
  }

  /** Why a withdrawal does not hold. */
  public enum Reason implements Wire {
    /** It is of another operation. */
    OTHER_OPERATION("other_operation"),
    /** The operation has ended. */
    EXPIRED("withdrawal_expired"),
    /** The signer is no operator, or the signature is not over these bytes. */
    SIGNATURE("withdrawal_signature"),
    /** The signer is an operator, and another proposed it. */
    NOT_PROPOSER("withdrawer_is_not_proposer");

    private final String wire;

    Reason(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /**
   * What is signed: {@code writ-operation-withdrawal-v1 ‖ 0x00 ‖} the digest's 32 bytes.
   *
   * @param operation {@link Operation#digest}
   */
  public static byte[] signingInput(Hash operation) {
    byte[] digest = operation.bytes();
    byte[] input = Arrays.copyOf(SIGNING_LABEL, SIGNING_LABEL.length + digest.length);
    System.arraycopy(digest, 0, input, SIGNING_LABEL.length, digest.length);
    return input;
  }

  /** RFC 7638 thumbprint of the key of whoever withdraws. */
  public Hash withdrawer() {
    return signature.kid();
  }

  /**
   * Judges it. That the operation has not ended otherwise is the ledger's to say.
   *
   * @param asked the operation
   * @param operators of the trust file in force
   */
  public Outcome judge(Operation asked, KeyQuorum operators, Instant now) {
    if (!operation.equals(asked.digest())) {
      return refused(
          Reason.OTHER_OPERATION, "of operation " + asked.digest().hex(), "of " + operation.hex());
    }
    if (!asked.isOpen(now)) {
      return refused(Reason.EXPIRED, "given before " + asked.expires(), "given at " + now);
    }
    if (!signature.verifies(operators, signingInput(operation))) {
      return refused(
          Reason.SIGNATURE, "signed by an operator over the operation's digest", "not so signed");
    }
    Optional<Hash> proposer = asked.proposer();
    if (proposer.isPresent() && !proposer.get().equals(withdrawer())) {
      return refused(Reason.NOT_PROPOSER, "of the proposer himself", "of another operator");
    }
    return new Outcome.Holds();
  }

  private static Outcome refused(Reason reason, String mustBe, String was) {
    return new Outcome.Refused(reason, "the withdrawal must be " + mustBe + ", and is " + was);
  }

  /** The withdrawal that {@code json} spells. */
  public static OperationWithdrawal parse(byte[] json) throws MalformedOperationException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.version();
      OperationWithdrawal withdrawal =
          new OperationWithdrawal(
              members.hash("operation"), OperatorSignature.take(members.object("signature")));
      members.end();
      return withdrawal;
    } catch (MalformedJsonException e) {
      throw new MalformedOperationException(e);
    } catch (InvalidValueException e) {
      throw new MalformedOperationException(e);
    }
  }

  /** As JSON, in its one spelling. */
  public byte[] toJson() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("operation", operation);
    map.put("signature", signature.toMap());
    return Jcs.canonical(map);
  }
}
