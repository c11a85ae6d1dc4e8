// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A policy with the signatures of its author and its approvers: a DSSE envelope
 * (secure-systems-lab/dsse, version 1). What the policy says is not read here; that its bytes are
 * canonical JSON is, so that one policy has one envelope's payload.
 *
 * <p>Reading one believes nothing: {@link #judge} says who signed.
 */
public final class PolicyEnvelope {
  /** What the payload is. */
  public static final String PAYLOAD_TYPE = "application/vnd.writ.policy.v1+json";

  /** Longest envelope accepted, in bytes: as long as what lies beside a leaf may be. */
  public static final int MAX_BYTES = 1 << 20;

  static final int MAX_SIGNATURES = 64;

  /** A key's name may be another scheme's, and its signature of another algorithm. */
  private static final int MAX_KEYID = 256;

  private static final int MAX_SIGNATURE_BYTES = 1024;

  /** What whoever has still to sign types, with his own file and key in place of the words in capitals. */
  private static final String SIGN = "writ policy sign ENVELOPE --key KEY --out ENVELOPE";

  /**
   * One signature, of which nothing is verified.
   *
   * @param keyid how the signer's key is called; empty where the envelope does not say
   * @param bytes ES256 in DER where the key is one of ours
   */
  private record Signed(String keyid, byte[] bytes) {
    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("keyid", keyid);
      map.put("sig", Base64.getEncoder().encodeToString(bytes));
      return map;
    }

    static Signed take(JsonMembers json) throws MalformedJsonException {
      String keyid = json.optionalText("keyid").orElse("");
      if (keyid.length() > MAX_KEYID) {
        throw new MalformedJsonException(
            json.pathOf("keyid"),
            "at most " + MAX_KEYID + " characters",
            keyid.length() + " characters");
      }
      byte[] bytes = base64(json.pathOf("sig"), json.text("sig"));
      if (bytes.length > MAX_SIGNATURE_BYTES) {
        throw new MalformedJsonException(
            json.pathOf("sig"),
            "of at most " + MAX_SIGNATURE_BYTES + " bytes",
            bytes.length + " bytes");
      }
      json.end();
      return new Signed(keyid, bytes);
    }
  }

  /** Whether enough approvers signed, and the author. */
  public sealed interface Outcome {
    /**
     * They did.
     *
     * @param author RFC 7638 thumbprint of the author's key
     * @param approvers thumbprints of the approvers that signed, the author not among them
     */
    record Approved(Hash author, List<Hash> approvers) implements Outcome {}

    /**
     * They did not.
     *
     * @param message what must hold and what was
     */
    record Refused(Reason reason, String message) implements Outcome {}
  }

  /** Why an envelope is not believed. */
  public enum Reason implements Wire {
    /** The trust file names nobody who could approve. */
    NO_APPROVERS("policy_approvers_missing"),
    /** The author's key is neither an approver's nor an operator's. */
    AUTHOR_UNKNOWN("policy_author_unknown"),
    /** Who is named as the author did not sign. */
    AUTHOR_NOT_SIGNED("policy_author_not_signed"),
    /** Fewer approvers than it takes signed, the author not counted. */
    TOO_FEW("policy_approvals_missing");

    private final String wire;

    Reason(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  private final byte[] payload;
  private final List<Signed> signatures;
  private final byte[] bytes;

  private PolicyEnvelope(byte[] payload, List<Signed> signatures, byte[] bytes) {
    this.payload = payload;
    this.signatures = List.copyOf(signatures);
    this.bytes = bytes;
  }

  /**
   * An envelope that nobody signed yet.
   *
   * @param policy canonical JSON
   * @throws IllegalArgumentException if it is not
   */
  public static PolicyEnvelope of(byte[] policy) {
    try {
      requireCanonical(policy);
    } catch (MalformedJsonException e) {
      throw new InvalidValueException("payload", e.mustBe(), e.was());
    }
    return written(policy.clone(), List.of());
  }

  /** The envelope that these bytes spell; they are kept as they came. */
  public static PolicyEnvelope parse(byte[] json) throws MalformedEnvelopeException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.constant("payloadType", PAYLOAD_TYPE);
      byte[] payload = base64("payload", members.text("payload"));
      requireCanonical(payload);
      List<Signed> signatures = new ArrayList<>();
      for (JsonMembers each : members.objects("signatures", MAX_SIGNATURES)) {
        signatures.add(Signed.take(each));
      }
      members.end();
      return new PolicyEnvelope(payload, signatures, json.clone());
    } catch (MalformedJsonException e) {
      throw new MalformedEnvelopeException(e);
    } catch (InvalidValueException e) {
      throw new MalformedEnvelopeException(e);
    }
  }

  /** Whether bytes look like an envelope rather than a policy without one. */
  public static boolean isLike(byte[] json) {
    try {
      return StrictJson.parse(json, MAX_BYTES).has("payloadType");
    } catch (MalformedJsonException e) {
      return false;
    }
  }

  private static void requireCanonical(byte[] policy) throws MalformedJsonException {
    Map<String, Object> tree;
    try {
      tree = StrictJson.tree(policy, MAX_BYTES);
    } catch (MalformedJsonException e) {
      throw new MalformedJsonException(
          e.field().isEmpty() ? "payload" : JsonMembers.join("payload", e.field()),
          e.mustBe(),
          e.was());
    }
    if (!Arrays.equals(Jcs.canonical(tree), policy)) {
      throw new MalformedJsonException(
          "payload", "canonical JSON (RFC 8785)", "the same in another spelling");
    }
  }

  /** Standard base64 with padding, in its one spelling (RFC 4648 section 4). */
  private static byte[] base64(String field, String text) throws MalformedJsonException {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (bytes.length > 0 && Base64.getEncoder().encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new MalformedJsonException(field, "standard base64 of at least a byte, padded", text);
  }

  private static PolicyEnvelope written(byte[] payload, List<Signed> signatures) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("payload", Base64.getEncoder().encodeToString(payload));
    map.put("payloadType", PAYLOAD_TYPE);
    map.put("signatures", signatures.stream().map(Signed::toMap).toList());
    byte[] json = Jcs.canonical(map);
    Require.between("envelope length", json.length, 1, MAX_BYTES);
    Require.between("signatures", signatures.size(), 0, MAX_SIGNATURES);
    return new PolicyEnvelope(payload, signatures, json);
  }

  /** The policy's bytes, canonical JSON. */
  public byte[] payload() {
    return payload.clone();
  }

  /** The envelope, as it was received or first written. */
  public byte[] toJson() {
    return bytes.clone();
  }

  /**
   * What is signed: DSSE's pre-authentication encoding, {@code DSSEv1 LEN(type) type LEN(payload)
   * payload} with a blank between each and lengths in decimal.
   */
  public byte[] signingInput() {
    byte[] head =
        ("DSSEv1 " + PAYLOAD_TYPE.length() + " " + PAYLOAD_TYPE + " " + payload.length + " ")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] input = Arrays.copyOf(head, head.length + payload.length);
    System.arraycopy(payload, 0, input, head.length, payload.length);
    return input;
  }

  /** Whether a signature in this key's name is there; whether it is one is {@link #judge}'s to say. */
  public boolean names(Hash kid) {
    String keyid = Base64Url.encode(kid.bytes());
    return signatures.stream().anyMatch(each -> each.keyid().equals(keyid));
  }

  /**
   * The same with one more signature.
   *
   * @param kid RFC 7638 thumbprint of the signer's key
   * @param der ECDSA over SHA-256 of {@link #signingInput}, in DER (RFC 3279 section 2.2.3)
   * @throws IllegalArgumentException if the envelope would be too long
   */
  public PolicyEnvelope with(Hash kid, byte[] der) {
    List<Signed> all = new ArrayList<>(signatures);
    all.add(new Signed(Base64Url.encode(kid.bytes()), der.clone()));
    return written(payload, all);
  }

  /**
   * The same with one more signature, of ES256 over {@link #signingInput}: r ‖ s, as it is made, is written
   * in DER.
   *
   * @throws IllegalArgumentException if it is an authenticator's, which signs something else, or the
   *     envelope would be too long
   */
  public PolicyEnvelope with(OperatorSignature signature) {
    if (signature.assertion().isPresent()) {
      throw new InvalidValueException(
          "signature", "of a key that signs the bytes themselves", "an authenticator's");
    }
    return with(signature.kid(), P256Verifier.der(signature.signature()));
  }

  /** The names of the keys whose signatures it says to have, in their order; who made them is not said. */
  public List<String> keyids() {
    return signatures.stream().map(Signed::keyid).toList();
  }

  /** Those of {@code keys} whose signature is there and holds; each once. */
  public Set<Hash> signers(List<VerificationKey> keys) {
    byte[] input = signingInput();
    Set<Hash> signers = new LinkedHashSet<>();
    for (VerificationKey key : keys) {
      String keyid = Base64Url.encode(key.kid().bytes());
      P256Verifier verifier = P256Verifier.of(key.key());
      boolean signed =
          signatures.stream()
              .filter(each -> each.keyid().equals(keyid))
              .anyMatch(each -> verifier.verifyDer(input, each.bytes()));
      if (signed) {
        signers.add(key.kid());
      }
    }
    return signers;
  }

  /**
   * Whether the policy may be in force under a trust file: signed by its author, an approver or an
   * operator, and by as many other approvers as it takes. A key that the trust file does not name is passed
   * over, and one that signed twice counts once.
   *
   * @param author the {@code author} in the payload, which names a key by its thumbprint
   */
  public Outcome judge(String author, TrustContent trust) {
    Optional<KeyQuorum> approvers = trust.policyApprovers();
    if (approvers.isEmpty()) {
      return new Outcome.Refused(
          Reason.NO_APPROVERS,
          "the trust file must name policy_approvers, and version "
              + trust.version()
              + " names none: let operators publish one that does");
    }
    List<VerificationKey> known = new ArrayList<>(approvers.get().keys());
    known.addAll(trust.operators().keys());
    Optional<Hash> writer =
        known.stream()
            .map(VerificationKey::kid)
            .filter(kid -> Base64Url.encode(kid.bytes()).equals(author))
            .findFirst();
    if (writer.isEmpty()) {
      return new Outcome.Refused(
          Reason.AUTHOR_UNKNOWN,
          "the policy's author must be the thumbprint of a policy approver's or an operator's key of trust"
              + " file version "
              + trust.version()
              + ", was "
              + author);
    }
    Set<Hash> signers = signers(known);
    if (!signers.contains(writer.get())) {
      return new Outcome.Refused(
          Reason.AUTHOR_NOT_SIGNED,
          "the policy's author must have signed it, and no signature of "
              + author
              + " holds: let the author run "
              + SIGN);
    }
    List<Hash> counting =
        signers.stream()
            .filter(kid -> !kid.equals(writer.get()) && approvers.get().key(kid).isPresent())
            .toList();
    return counting.size() < approvers.get().threshold()
        ? new Outcome.Refused(
            Reason.TOO_FEW,
            "the policy must be signed by "
                + approvers.get().threshold()
                + " of the policy approvers of trust file version "
                + trust.version()
                + " other than its author, and is by "
                + counting.size()
                + ": let one of "
                + approvers.get().keys().stream()
                    .map(VerificationKey::kid)
                    .filter(kid -> !kid.equals(writer.get()) && !counting.contains(kid))
                    .map(kid -> Base64Url.encode(kid.bytes()))
                    .collect(Collectors.joining(", "))
                + " run "
                + SIGN)
        : new Outcome.Approved(writer.get(), counting);
  }

  @Override
  public String toString() {
    return "policy envelope with " + signatures.size() + " signatures";
  }
}
