// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedLogPolicyException;
import dev.writ.tlog.NoteKeyType;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a verifier believes to start with, as a file. Its bytes are its identity: version 1 is believed
 * because its SHA-256 came by another way ({@link #pinned}), each later version because enough
 * operators of the one before signed it ({@link #verifySuccessor}). Reading one believes nothing.
 *
 * <p>Version 1 says of nobody that he signed it, so that whoever hands one to a verifier vouches for it.
 * A later version does not become believable by being read: no verifier takes one that is neither
 * pinned nor accepted ({@link #mayBeBelieved}).
 */
public final class TrustFile {
  /** Longest trust file accepted, in bytes. */
  public static final int MAX_BYTES = 512 * 1024;

  static final int MAX_SIGNATURES = KeyQuorum.MAX_KEYS;

  static final String MUST_BE_INTRODUCED =
      "of version 1, pinned by its SHA-256, or accepted as the successor of one that is believed";

  /** Whether a trust file may follow another. */
  public sealed interface SuccessorOutcome {
    /**
     * It may.
     *
     * @param next what is to be believed from here on, and may be
     */
    record Accepted(TrustFile next) implements SuccessorOutcome {}

    /**
     * It may not: what is believed stays as it is.
     *
     * @param reason what must hold and what was
     */
    record Refused(String reason) implements SuccessorOutcome {}
  }

  private final TrustContent content;
  private final List<OperatorSignature> signatures;
  private final byte[] bytes;
  private final Hash digest;
  private final LogPolicy logPolicy;
  private final boolean introduced;

  private TrustFile(TrustContent content, List<OperatorSignature> signatures, byte[] bytes)
      throws MalformedLogPolicyException {
    this.content = content;
    this.signatures = Require.distinct("signatures", signatures, 0, MAX_SIGNATURES);
    this.bytes = bytes;
    this.digest = Hash.sha256(bytes);
    this.logPolicy = LogPolicy.parse(content.logPolicy());
    this.introduced = false;
    requireOneP256Log(content, logPolicy);
    if (signatures.stream().map(OperatorSignature::kid).distinct().count() != signatures.size()) {
      throw new InvalidValueException("signatures", "one of each operator", "two of one");
    }
  }

  /** The same file, for which a pin or the operators of the version before speak. */
  private TrustFile(TrustFile read) {
    this.content = read.content;
    this.signatures = read.signatures;
    this.bytes = read.bytes;
    this.digest = read.digest;
    this.logPolicy = read.logPolicy;
    this.introduced = true;
  }

  /**
   * The checkpoint's P-256 key alone gives issuing authority, so the Ed25519 key beside it is not
   * listed; and a key that signs artifacts must not sign checkpoints. Who reads the log policy alone must
   * believe no more than who reads the windows beside it, but for their times: a compromised key is no log's.
   */
  private static void requireOneP256Log(TrustContent content, LogPolicy policy) {
    for (LogPolicy.Log log : policy.logs()) {
      if (log.key().type() != NoteKeyType.ECDSA_P256) {
        throw new InvalidValueException(
            "log_policy", "logs with keys of note type 0x02", log.key().vkey());
      }
      for (TrustedKey key : content.keys()) {
        boolean fits = key.role() == KeyRole.CHECKPOINT && key.state() != KeyState.COMPROMISED;
        if (!fits && key.isOf(log)) {
          throw new InvalidValueException(
              "log_policy",
              "logs whose keys are among jwks as checkpoint keys that are not compromised, or not at all",
              log.key().vkey() + ", " + key.role().wire() + ", " + key.state().wire());
        }
      }
    }
    for (TrustedKey key : content.keysOf(KeyRole.CHECKPOINT)) {
      if (key.state() != KeyState.COMPROMISED && policy.logs().stream().noneMatch(key::isOf)) {
        throw new InvalidValueException(
            "jwks.keys",
            "checkpoint keys that are logs of log_policy, or compromised",
            Base64Url.encode(key.key().kid().bytes()) + ", " + key.state().wire());
      }
    }
    if (policy.logs().stream().map(log -> log.key().name()).distinct().count() != 1) {
      throw new InvalidValueException(
          "log_policy", "keys of one log origin", policy.logs().size() + " logs");
    }
    if (content.assurance() != TrustContent.Assurance.DEV && !policy.needsWitnesses()) {
      throw new InvalidValueException(
          "log_policy", "of a quorum of witnesses where assurance is not dev", "quorum none");
    }
  }

  /**
   * A trust file of this content, in canonical JSON.
   *
   * @throws IllegalArgumentException if its log policy is none, or does not go with the rest
   */
  public static TrustFile of(TrustContent content, List<OperatorSignature> signatures) {
    Map<String, Object> map = content.toMap();
    map.put("signatures", signatures.stream().map(OperatorSignature::toMap).toList());
    try {
      return new TrustFile(content, signatures, Jcs.canonical(map));
    } catch (MalformedLogPolicyException e) {
      throw new InvalidValueException("log_policy", "a C2SP tlog-policy", e.getMessage());
    }
  }

  /** The trust file that these bytes spell. Nothing is believed yet. */
  public static TrustFile parse(byte[] json) throws MalformedTrustFileException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      TrustContent content = TrustContent.take(members);
      List<OperatorSignature> signatures = new ArrayList<>();
      for (JsonMembers signature : members.objects("signatures", MAX_SIGNATURES)) {
        signatures.add(OperatorSignature.take(signature));
      }
      members.end();
      return new TrustFile(content, signatures, json.clone());
    } catch (MalformedJsonException e) {
      throw new MalformedTrustFileException(e);
    } catch (InvalidValueException e) {
      throw new MalformedTrustFileException(e);
    } catch (MalformedLogPolicyException e) {
      throw new MalformedTrustFileException("log_policy", "a C2SP tlog-policy", e.getMessage());
    }
  }

  /**
   * The trust file whose SHA-256 was given out of band. Any version may be pinned: the pin says more
   * than signatures could.
   *
   * @throws MalformedTrustFileException if the bytes have another digest, or are no trust file
   */
  public static TrustFile pinned(byte[] json, Hash pin) throws MalformedTrustFileException {
    Hash digest = Hash.sha256(json);
    if (!digest.equals(pin)) {
      throw new MalformedTrustFileException(
          "", "the file with the pinned SHA-256 " + pin, "one with " + digest);
    }
    return new TrustFile(parse(json));
  }

  /**
   * Whether a verifier may start from this object: it is of version 1, or it came from {@link #pinned}
   * or {@link SuccessorOutcome.Accepted}. The same bytes read by {@link #parse} alone are another
   * object, for which nobody speaks.
   */
  public boolean mayBeBelieved() {
    return introduced || content.version() == 1;
  }

  /**
   * Whether {@code next} may take this one's place: the next version of the same issuer and assurance,
   * naming this file's digest, signed by enough of this file's operators. What its own operators say
   * counts nothing, nor does what a file says that may not be believed itself.
   */
  public SuccessorOutcome verifySuccessor(TrustFile next) {
    if (!mayBeBelieved()) {
      return refused("the file before", MUST_BE_INTRODUCED, "read only");
    }
    TrustContent successor = next.content;
    if (!successor.issuer().equals(content.issuer())) {
      return refused("issuer", content.issuer(), successor.issuer());
    }
    if (successor.assurance() != content.assurance()) {
      return refused("assurance", content.assurance().wire(), successor.assurance().wire());
    }
    if (successor.version() != content.version() + 1) {
      return refused("version", content.version() + 1 + "", successor.version() + "");
    }
    if (!successor.previous().equals(Optional.of(digest))) {
      return refused(
          "previous", digest.hex(), successor.previous().map(Hash::hex).orElse("absent"));
    }
    int signed = operatorsThatSigned(next);
    return signed < content.operators().threshold()
        ? refused(
            "operators that signed", content.operators().threshold() + " or more", signed + "")
        : new SuccessorOutcome.Accepted(new TrustFile(next));
  }

  private int operatorsThatSigned(TrustFile next) {
    byte[] input = next.content.signingInput();
    return (int)
        next.signatures.stream()
            .filter(signature -> signature.verifies(content.operators(), input))
            .count();
  }

  private static SuccessorOutcome refused(String field, String mustBe, String was) {
    return new SuccessorOutcome.Refused(field + " must be " + mustBe + ", was " + was);
  }

  /** What it says. */
  public TrustContent content() {
    return content;
  }

  /** Its signatures, of which none is verified. */
  public List<OperatorSignature> signatures() {
    return signatures;
  }

  /** The same content with one more signature: a file with another digest. */
  public TrustFile with(OperatorSignature signature) {
    List<OperatorSignature> all = new ArrayList<>(signatures);
    all.add(signature);
    return of(content, all);
  }

  /** SHA-256 of the file's bytes: what is pinned, and what the next version names. */
  public Hash digest() {
    return digest;
  }

  /** The file's bytes, as they were read or first written. */
  public byte[] toJson() {
    return bytes.clone();
  }

  /** The origin of the one log that it believes. */
  public String logOrigin() {
    return logPolicy.logs().get(0).key().name();
  }

  /** Its log policy, verifying on the platform's own providers. */
  public LogPolicy logPolicy() {
    return logPolicy;
  }

  /**
   * Its log policy, verifying on {@code provider}.
   *
   * @throws IllegalArgumentException if the provider has no SHA256withECDSA for P-256 keys
   */
  LogPolicy logPolicy(Provider provider) {
    try {
      return LogPolicy.parse(content.logPolicy(), provider);
    } catch (MalformedLogPolicyException e) {
      throw new IllegalStateException("bug: a log policy was read once and then not again", e);
    }
  }

  /**
   * The keys of one role as a JWK Set (RFC 7517 section 5), for an ordinary JOSE library: such a library
   * heeds neither role nor state, so other roles and compromised keys are left out. It does not heed
   * their windows either.
   */
  public String jwks(KeyRole role) {
    List<Map<String, Object>> keys =
        content.keys().stream()
            .filter(key -> key.role() == role && key.state() != KeyState.COMPROMISED)
            .map(TrustedKey::toMap)
            .toList();
    return new String(Jcs.canonical(Map.of("keys", keys)), StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "trust file of " + content.issuer() + ", version " + content.version() + ", " + digest;
  }
}
