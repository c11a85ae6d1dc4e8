// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One operator's word for an operation, and for the trust file that comes with it.
 *
 * @param operation {@link Operation#digest}
 * @param signature over {@link Operation#signingInput}
 * @param trustSignature over the {@link TrustContent#signingInput} that the operation names, by the same
 *     key; present exactly where it names one
 */
public record OperationApproval(
    Hash operation, OperatorSignature signature, Optional<OperatorSignature> trustSignature) {
  /** Longest approval, in bytes: two assertions in base64url. */
  public static final int MAX_BYTES = 8 * 1024;

  /** Whether an approval counts. */
  public sealed interface Outcome {
    /** It does. */
    record Counts() implements Outcome {}

    /**
     * It does not.
     *
     * @param reason a stable word
     * @param message what must hold and what was
     */
    record Refused(Reason reason, String message) implements Outcome {}
  }

  /** Why an approval does not count. */
  public enum Reason implements Wire {
    /** It is of another operation. */
    OTHER_OPERATION("other_operation"),
    /** The operation has ended. */
    EXPIRED("approval_expired"),
    /** The trust file in force is another than the operation's. */
    OTHER_TRUST("other_trust_version"),
    /** The signer is no operator, or the signature is not over these bytes. */
    SIGNATURE("approval_signature"),
    /** The signer proposed it. */
    PROPOSER("approver_is_proposer");

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
   * The approval as given.
   *
   * @throws IllegalArgumentException if two operators speak in it
   */
  public OperationApproval {
    trustSignature.ifPresent(
        other -> {
          if (!other.kid().equals(signature.kid())) {
            throw new InvalidValueException(
                "trust_signature.kid", "that of signature", Base64Url.encode(other.kid().bytes()));
          }
        });
  }

  /** RFC 7638 thumbprint of the operator's key. */
  public Hash approver() {
    return signature.kid();
  }

  /**
   * Judges it. That nobody approves twice is the ledger's to say.
   *
   * @param asked the operation
   * @param content the trust file that comes with it, whose digest the operation names; with another
   *     no approval counts
   * @param inForce the trust file whose operators decide
   */
  public Outcome judge(
      Operation asked, Optional<TrustContent> content, TrustContent inForce, Instant now) {
    if (!operation.equals(asked.digest())) {
      return refused(
          Reason.OTHER_OPERATION, "operation " + asked.digest().hex(), "of " + operation.hex());
    }
    if (!asked.isOpen(now)) {
      return refused(Reason.EXPIRED, "given before " + asked.expires(), "given at " + now);
    }
    if (inForce.version() != asked.trustVersion()) {
      return refused(
          Reason.OTHER_TRUST,
          "under trust file version " + asked.trustVersion(),
          "under version " + inForce.version());
    }
    if (asked.proposer().equals(Optional.of(approver()))) {
      return refused(
          Reason.PROPOSER, "of another operator than the proposer", "of the proposer himself");
    }
    if (!signature.verifies(inForce.operators(), asked.signingInput())) {
      return refused(Reason.SIGNATURE, "signed by an operator over the operation", "not so signed");
    }
    Optional<Hash> given = content.map(trust -> Hash.sha256(trust.signingInput()));
    if (!given.equals(asked.change().trust())) {
      return refused(
          Reason.SIGNATURE,
          "judged with the trust file " + named(asked.change().trust()),
          "judged with " + named(given));
    }
    if (content.isPresent() != trustSignature.isPresent()
        || (content.isPresent()
            && !trustSignature.get().verifies(inForce.operators(), content.get().signingInput()))) {
      return refused(
          Reason.SIGNATURE,
          content.isPresent()
              ? "signed by the operator over the trust file that comes with the operation"
              : "without a signature over a trust file",
          "not so");
    }
    return new Outcome.Counts();
  }

  private static String named(Optional<Hash> content) {
    return content.map(Hash::hex).orElse("none");
  }

  private static Outcome refused(Reason reason, String mustBe, String was) {
    return new Outcome.Refused(reason, "the approval must be " + mustBe + ", and is " + was);
  }

  /** The approval that {@code json} spells. */
  public static OperationApproval parse(byte[] json) throws MalformedOperationException {
    try {
      return take(StrictJson.parse(json, MAX_BYTES));
    } catch (MalformedJsonException e) {
      throw new MalformedOperationException(e);
    } catch (InvalidValueException e) {
      throw new MalformedOperationException(e);
    }
  }

  static OperationApproval take(JsonMembers json) throws MalformedJsonException {
    json.version();
    Optional<JsonMembers> trust = json.optionalObject("trust_signature");
    OperationApproval approval =
        new OperationApproval(
            json.hash("operation"),
            OperatorSignature.take(json.object("signature")),
            trust.isPresent()
                ? Optional.of(OperatorSignature.take(trust.get()))
                : Optional.empty());
    json.end();
    return approval;
  }

  /** As JSON, in its one spelling. */
  public byte[] toJson() {
    return Jcs.canonical(toMap());
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("operation", operation);
    map.put("signature", signature.toMap());
    trustSignature.ifPresent(other -> map.put("trust_signature", other.toMap()));
    return map;
  }
}
