// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One approver's word for one request of one initiator, under one policy, until a time. It is good for one
 * decision: whoever changes an argument, a limit or the instance key asks for another request, who asks for
 * the same in another's name is another initiator, and the next version of the policy is another policy.
 *
 * @param signature ES256 over {@link Terms#signingInput}, r ‖ s, 64 bytes
 */
public record RequestApproval(Terms terms, byte[] signature) {
  /** Longest one in bytes. */
  public static final int MAX_BYTES = 2048;

  /** Longest that one holds. */
  public static final Duration MAX_LIFETIME = Duration.ofDays(1);

  private static final byte[] SIGNING_LABEL =
      "writ-request-approval-v1\0".getBytes(StandardCharsets.US_ASCII);

  /**
   * What is approved, by whom.
   *
   * @param issuer the trust file's, of whose service it is
   * @param requestDigest {@link ExecutionRequest#digest}
   * @param policyDigest of the policy document that asks for approvals
   * @param initiator commits to who set the request in motion, as was proven ({@link #committed}); absent
   *     where nobody was, and then it is worth nothing to anybody who is
   * @param nonce 32 random bytes, so that a second approval of the same is another
   * @param given when, in whole seconds
   * @param expires first moment at which it is worth nothing any more, in whole seconds
   * @param kid RFC 7638 thumbprint of the approver's key
   */
  public record Terms(
      String issuer,
      Hash requestDigest,
      Hash policyDigest,
      Optional<Commitment> initiator,
      Hash nonce,
      Instant given,
      Instant expires,
      Hash kid) {
    /**
     * The terms as given.
     *
     * @throws IllegalArgumentException if a value is outside its bounds
     */
    public Terms {
      Require.visible("issuer", issuer, 256);
      Require.wholeSecond("given", given);
      Require.wholeSecond("expires", expires);
      if (!expires.isAfter(given) || expires.isAfter(given.plus(MAX_LIFETIME))) {
        throw new InvalidValueException(
            "expires",
            "after given " + given + " by at most " + MAX_LIFETIME.toHours() + " hours",
            expires.toString());
      }
    }

    /**
     * The commitment to an initiator's name. An approval lies in a log that anybody reads: whom it is for can
     * tell who has the request, whose instance key nobody guesses.
     *
     * @param nonce the approval's, so that two for one initiator do not look alike
     */
    public static Commitment committed(ExecutionRequest request, Hash nonce, String initiator) {
      Hash salt = LabelledHash.of("writ-approval-initiator-v1", nonce, Hash.sha256(request.jcs()));
      return Commitment.of(salt.bytes(), initiator.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether it is of this request, as this initiator set it in motion, or nobody who was proven. */
    public boolean isFor(ExecutionRequest request, Optional<String> by) {
      return requestDigest.equals(request.digest())
          && initiator.equals(by.map(name -> committed(request, nonce, name)));
    }

    /** What the approver signs: {@code writ-request-approval-v1 ‖ 0x00 ‖} JCS of the members. */
    public byte[] signingInput() {
      byte[] document = Jcs.canonical(toMap());
      byte[] input = Arrays.copyOf(SIGNING_LABEL, SIGNING_LABEL.length + document.length);
      System.arraycopy(document, 0, input, SIGNING_LABEL.length, document.length);
      return input;
    }

    /** SHA-256 of {@link #signingInput}: the approval's name, since ECDSA has two signatures for it. */
    public Hash digest() {
      return Hash.sha256(signingInput());
    }

    /** The approver, as policies and their rules name one: the thumbprint in base64url. */
    public String approver() {
      return Base64Url.encode(kid.bytes());
    }

    /** Whether it is good for something at this time, as far as time goes. */
    public boolean holdsAt(Instant now) {
      return now.isBefore(expires);
    }

    private Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("v", 1);
      map.put("issuer", issuer);
      map.put("request_digest", requestDigest);
      map.put("policy_digest", policyDigest);
      initiator.ifPresent(commitment -> map.put("initiator", commitment.digest()));
      map.put("nonce", nonce);
      map.put("given", given.getEpochSecond());
      map.put("expires", expires.getEpochSecond());
      map.put("kid", approver());
      return map;
    }
  }

  /** Whether it is an approver's word. */
  public sealed interface Outcome {
    /**
     * It is.
     *
     * @param role as what the trust file names the key
     */
    record Holds(ApproverRole role) implements Outcome {}

    /**
     * It is not.
     *
     * @param reason a stable word
     * @param message what must hold and what was
     */
    record Refused(Reason reason, String message) implements Outcome {}
  }

  /** Why it is nobody's word. */
  public enum Reason implements Wire {
    /** It is of another issuer's service. */
    OTHER_ISSUER("approval_of_another_issuer"),
    /** The trust file names the key neither as an operator's nor as a policy approver's. */
    UNKNOWN_APPROVER("approver_unknown"),
    /** The signature is not the key's over these bytes. */
    SIGNATURE("approval_signature");

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
   * @throws IllegalArgumentException if the signature is not of 64 bytes
   */
  public RequestApproval {
    Require.between("signature length", signature.length, 64, 64);
    signature = signature.clone();
  }

  @Override
  public byte[] signature() {
    return signature.clone();
  }

  /**
   * Whether it is the word of somebody whom a trust file names. When, whether the policy lists them, and
   * whether it was used, others say.
   */
  public Outcome judge(TrustContent trust) {
    if (!terms.issuer().equals(trust.issuer())) {
      return refused(Reason.OTHER_ISSUER, "of issuer " + trust.issuer(), "of " + terms.issuer());
    }
    Optional<ApproverRole.Named> named = ApproverRole.named(trust, terms.kid());
    if (named.isEmpty()) {
      return refused(
          Reason.UNKNOWN_APPROVER,
          "of an operator or policy approver of trust file version " + trust.version(),
          "of key " + terms.approver() + ", which is neither's");
    }
    return P256Verifier.of(named.get().key().key()).verifyP1363(terms.signingInput(), signature)
        ? new Outcome.Holds(named.get().role())
        : refused(Reason.SIGNATURE, "signed by the key that it names", "not so signed");
  }

  private static Outcome refused(Reason reason, String mustBe, String was) {
    return new Outcome.Refused(reason, "the approval must be " + mustBe + ", and is " + was);
  }

  /** The approval that {@code json} spells, which must be its one spelling, {@link #toJson}. */
  public static RequestApproval parse(byte[] json) throws MalformedRequestApprovalException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      RequestApproval approval = take(members);
      if (!Arrays.equals(json, approval.toJson())) {
        throw new MalformedRequestApprovalException(
            "", "canonical JSON (RFC 8785)", "another spelling of it");
      }
      return approval;
    } catch (MalformedJsonException e) {
      throw new MalformedRequestApprovalException(e);
    } catch (InvalidValueException e) {
      throw new MalformedRequestApprovalException(e);
    }
  }

  static RequestApproval take(JsonMembers json) throws MalformedJsonException {
    json.version();
    RequestApproval approval =
        new RequestApproval(
            new Terms(
                json.text("issuer"),
                json.hash("request_digest"),
                json.hash("policy_digest"),
                json.optionalHash("initiator").map(Commitment::new),
                json.hash("nonce"),
                json.seconds("given"),
                json.seconds("expires"),
                json.thumbprint("kid")),
            json.base64Url("signature", CompactJws.SIGNATURE_BYTES));
    json.end();
    return approval;
  }

  /** As JSON, in its one spelling. */
  public byte[] toJson() {
    return Jcs.canonical(toMap());
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = terms.toMap();
    map.put("signature", Base64Url.encode(signature));
    return map;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RequestApproval that
        && terms.equals(that.terms)
        && Arrays.equals(signature, that.signature);
  }

  @Override
  public int hashCode() {
    return terms.hashCode();
  }

  @Override
  public String toString() {
    return "approval of request " + terms.requestDigest() + " by " + terms.approver();
  }
}
