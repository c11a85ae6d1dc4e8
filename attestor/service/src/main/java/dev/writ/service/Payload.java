// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.Ear;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.SignedDrill;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.Octets;
import dev.writ.ledger.Entry;
import dev.writ.policy.Decision;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What lies beside a leaf and can be erased: the values that its commitments and digests stand for,
 * with the salts. Canonical JSON; bytes are base64url. The leaf names its SHA-256, so that each has 32
 * random bytes as its {@code salt}: once they are erased nobody can tell by guessing what it was.
 */
final class Payload {
  private Payload() {}

  private static final String EK_PUBLIC = "ek_public";
  private static final String EK_CERTIFICATE = "ek_certificate";
  private static final String EK_CHAIN = "ek_chain";
  private static final String AK_NAME = "ak_name";
  private static final String AK_PUBLIC = "ak_public";
  private static final String EVIDENCE = "evidence";
  private static final String ARTIFACT = "artifact";
  private static final String RESULT = "ear";
  private static final String INITIATOR = "initiator";
  private static final String INITIATOR_TOKEN = "initiator_token_sha256";
  private static final String SALT = "salt";
  private static final int MAX_NAME = 128;
  private static final int MAX_BYTES = 64 * 1024;
  private static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();
  private static final int MAX_DECISION_BYTES = 256 * 1024;
  private static final int MAX_INPUTS_BYTES = 128 * 1024;

  /** What an enrolment keeps so that the TPM's maker can be asked again. */
  record Endorsement(Octets ekPublic, Octets ekCertificate, Octets ekChain) {}

  static byte[] enrolment(EnrolmentSession session, byte[] hostSalt, byte[] salt) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("host", session.hostName());
    map.put("host_salt", text(hostSalt));
    map.put(SALT, text(salt));
    map.put(AK_PUBLIC, text(session.ak().bytes()));
    map.put(EK_PUBLIC, text(session.ek().bytes()));
    map.put(EK_CERTIFICATE, text(session.ekCertificate().bytes()));
    if (!session.ekChain().equals(EkChain.NONE)) {
      map.put(EK_CHAIN, text(session.ekChain().bytes().bytes()));
    }
    return Jcs.canonical(map);
  }

  static byte[] start(StartEvidence start, byte[] salt) {
    return Jcs.canonical(
        Map.of(
            AK_PUBLIC, text(start.akPublic().bytes()),
            EVIDENCE, text(start.evidence().bytes()),
            SALT, text(salt)));
  }

  /** The evidence in what {@link #start(StartEvidence, byte[])} wrote, in any bytes that somebody put there. */
  static StartEvidence start(byte[] payload) throws MalformedJsonException {
    JsonMembers members = StrictJson.parse(payload, MAX_BYTES);
    StartEvidence start =
        new StartEvidence(
            Octets.of(members.base64UrlUpTo(AK_PUBLIC, MAX_BYTES)),
            Octets.of(members.base64UrlUpTo(EVIDENCE, MAX_BYTES)));
    if (members.has(SALT)) {
      byte[] unused = members.base64Url(SALT, Commitment.SALT_BYTES);
    }
    members.end();
    return start;
  }

  static byte[] invitation(String hostName, byte[] hostSalt, byte[] salt) {
    return Jcs.canonical(Map.of("host", hostName, "host_salt", text(hostSalt), SALT, text(salt)));
  }

  /** Which workload a revocation names. */
  static byte[] workload(String sub, byte[] subjectSalt, byte[] salt) {
    return Jcs.canonical(
        Map.of("subject", sub, "subject_salt", text(subjectSalt), SALT, text(salt)));
  }

  static byte[] statement(String statement, byte[] salt) {
    return Jcs.canonical(Map.of("statement", statement, SALT, text(salt)));
  }

  /** The statement in compact serialization out of a payload of one. */
  static String statement(byte[] payload) throws MalformedJsonException {
    return StrictJson.parse(payload, Entry.MAX_PAYLOAD_BYTES).text("statement");
  }

  static byte[] drill(SignedDrill drill, byte[] salt) {
    return Jcs.canonical(Map.of("drill", text(drill.toJson()), SALT, text(salt)));
  }

  /** The artifact in what {@link #allowed} wrote, in compact serialization. */
  static String artifact(byte[] payload) throws MalformedJsonException {
    return StrictJson.parse(payload, Entry.MAX_PAYLOAD_BYTES).text(ARTIFACT);
  }

  /**
   * The host's attestation key in what {@link #allowed} or {@link #denied} wrote.
   *
   * @throws IllegalArgumentException if it is no name of one
   */
  static AkName akName(byte[] payload) throws MalformedJsonException {
    return AkName.of(
        StrictJson.parse(payload, Entry.MAX_PAYLOAD_BYTES).base64UrlUpTo(AK_NAME, MAX_NAME));
  }

  /** The Attestation Result in what {@link #allowed} or {@link #denied} wrote, with its rules. */
  static Optional<Ear> result(byte[] payload) throws MalformedJsonException {
    Optional<JsonMembers> result =
        StrictJson.parse(payload, Entry.MAX_PAYLOAD_BYTES).optionalObject(RESULT);
    return result.isPresent() ? Optional.of(Ear.take(result.get())) : Optional.empty();
  }

  /** The endorsement in what {@link #enrolment} wrote. */
  static Endorsement endorsement(byte[] payload) throws MalformedJsonException {
    JsonMembers members = StrictJson.parse(payload, MAX_BYTES);
    return new Endorsement(
        bytes(members.text(EK_PUBLIC)),
        bytes(members.text(EK_CERTIFICATE)),
        members.has(EK_CHAIN) ? bytes(members.text(EK_CHAIN)) : Octets.EMPTY);
  }

  /**
   * Of a permission: what came, what was found, what the policy was shown, and what was issued. The
   * decision itself is not kept: the policy, which is beside its own leaf, gives it again from the inputs,
   * byte for byte.
   */
  static byte[] allowed(Decision.Allow allow, Grounds grounds, Salts salts, String artifact) {
    Application application = grounds.application();
    Members members =
        new Members()
            .bytes(AK_NAME, application.akName().bytes())
            .bytes("args_salt", salts.args())
            .text(ARTIFACT, artifact)
            .bytes("challenge", application.challenge().encode())
            .json(RESULT, grounds.result().toJson())
            .bytes(EVIDENCE, application.evidence().kept());
    putExec(members, application);
    members.text("host", grounds.host().name()).bytes("host_salt", salts.host());
    grounds.initiator().ifPresent(initiator -> members.json(INITIATOR, initiator.toJson()));
    members.json("inputs", allow.inputsJson());
    putParent(members, application);
    return members
        .json("request", application.request().jcs())
        .bytes(SALT, salts.payload())
        .bytes("subject_salt", salts.subject())
        .end();
  }

  /** Of a denial: what came, and why it was denied; what was found and what the policy said, if any. */
  static byte[] denied(Application application, Judgement.Refused refused, byte[] salt) {
    Members members =
        new Members()
            .bytes(AK_NAME, application.akName().bytes())
            .bytes("challenge", application.challenge().encode())
            .text("code", refused.denial().code().wire());
    refused.decision().ifPresent(decision -> putDecision(members, decision));
    refused.result().ifPresent(result -> members.json(RESULT, result.toJson()));
    members.bytes(EVIDENCE, application.evidence().kept());
    putExec(members, application);
    // The token itself would let whoever reads this pass for the initiator.
    application
        .initiatorToken()
        .ifPresent(token -> members.text(INITIATOR_TOKEN, token.digest().hex()));
    refused.decision().ifPresent(decision -> putInputs(members, decision));
    members.text("message", refused.denial().message());
    putParent(members, application);
    return members
        .text("reason", refused.denial().reason())
        .json("request", application.request().jcs())
        .bytes(SALT, salt)
        .end();
  }

  /**
   * Of an answer to an enforcement point: what the policy was shown, who asked and what among it, and where
   * it denied, what it said.
   */
  static byte[] evaluation(Decision decision, byte[] questionSalt, byte[] salt) {
    Members members = new Members();
    if (decision instanceof Decision.Deny) {
      putDecision(members, decision);
    }
    return members
        .json("inputs", decision.inputsJson())
        .bytes("question_salt", questionSalt)
        .bytes(SALT, salt)
        .end();
  }

  /** Of an answer to an enforcement point that showed an artifact: what it asked. */
  static byte[] shown(byte[] question, byte[] questionSalt, byte[] salt) {
    return new Members()
        .json("question", question)
        .bytes("question_salt", questionSalt)
        .bytes(SALT, salt)
        .end();
  }

  /** Whole, though the inputs show most of it: the request's {@code args_digest} is of these bytes. */
  private static void putExec(Members members, Application application) {
    application.exec().ifPresent(exec -> members.json("exec", exec.jcs()));
  }

  /** What was shown of the parent: it is judged again by it. */
  private static void putParent(Members members, Application application) {
    application
        .parentProof()
        .ifPresent(proof -> members.json("parent", Jcs.canonical(proof.toMap())));
  }

  /** Where a policy of very many rules makes it too long to be kept, its digest is enough. */
  private static void putDecision(Members members, Decision decision) {
    byte[] json = decision.toJson();
    if (json.length <= MAX_DECISION_BYTES) {
      members.json("decision", json);
    } else {
      members.text("decision_digest", decision.digest().hex());
    }
  }

  /** The policy allows nothing upon inputs beyond its bounds, and keeping them is no reason to fail. */
  private static void putInputs(Members members, Decision decision) {
    byte[] json = decision.inputsJson();
    if (json.length <= MAX_INPUTS_BYTES) {
      members.json("inputs", json);
    } else {
      members.text("inputs_digest", decision.inputs().digest().hex());
    }
  }

  /**
   * Writes a canonical object whose members come in order, as {@link Jcs} would, but copies what is
   * canonical already: there are thousands of these a second, of kilobytes each.
   */
  private static final class Members {
    private static final int USUAL_BYTES = 8 * 1024;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(USUAL_BYTES);
    private char separator = '{';
    private String last = "";

    /** A member whose value is canonical JSON. */
    @CanIgnoreReturnValue
    Members json(String name, byte[] canonical) {
      name(name);
      out.writeBytes(canonical);
      return this;
    }

    @CanIgnoreReturnValue
    Members bytes(String name, byte[] value) {
      name(name);
      out.write('"');
      out.writeBytes(BASE64_URL.encode(value));
      out.write('"');
      return this;
    }

    @CanIgnoreReturnValue
    Members text(String name, String value) {
      return json(name, Jcs.canonical(value));
    }

    private void name(String name) {
      if (name.compareTo(last) <= 0) {
        throw new IllegalStateException("bug: " + name + " must come after " + last);
      }
      last = name;
      out.write(separator);
      out.writeBytes(("\"" + name + "\":").getBytes(StandardCharsets.US_ASCII));
      separator = ',';
    }

    byte[] end() {
      out.write('}');
      return out.toByteArray();
    }
  }

  private static String text(byte[] bytes) {
    return BASE64_URL.encodeToString(bytes);
  }

  private static Octets bytes(String text) {
    return Octets.of(Base64.getUrlDecoder().decode(text));
  }
}
