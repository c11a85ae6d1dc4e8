// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Octets;
import dev.writ.policy.Decision;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What lies beside a leaf and can be erased: the values that its commitments and digests stand for,
 * with the salts. Canonical JSON; bytes are base64url.
 */
final class Payload {
  private Payload() {}

  private static final String EK_PUBLIC = "ek_public";
  private static final String EK_CERTIFICATE = "ek_certificate";
  private static final int MAX_BYTES = 64 * 1024;
  private static final int MAX_DECISION_BYTES = 256 * 1024;

  /** What an enrolment keeps so that the TPM's maker can be asked again. */
  record Endorsement(Octets ekPublic, Octets ekCertificate) {}

  static byte[] enrolment(EnrolmentSession session, byte[] hostSalt) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("host", session.hostName());
    map.put("host_salt", text(hostSalt));
    map.put("ak_public", text(session.ak().bytes()));
    map.put(EK_PUBLIC, text(session.ek().bytes()));
    map.put(EK_CERTIFICATE, text(session.ekCertificate().bytes()));
    return Jcs.canonical(map);
  }

  /** The endorsement in what {@link #enrolment} wrote. */
  static Endorsement endorsement(byte[] payload) throws MalformedJsonException {
    JsonMembers members = StrictJson.parse(payload, MAX_BYTES);
    return new Endorsement(bytes(members.text(EK_PUBLIC)), bytes(members.text(EK_CERTIFICATE)));
  }

  static byte[] allowed(Decision.Allow allow, Grounds grounds, Salts salts, String artifact) {
    Map<String, Object> map = decided(grounds.application());
    map.put("host", grounds.host().name());
    putDecision(map, allow);
    map.put("artifact", artifact);
    map.put("subject_salt", text(salts.subject()));
    map.put("host_salt", text(salts.host()));
    map.put("args_salt", text(salts.args()));
    return Jcs.canonical(map);
  }

  static byte[] denied(Application application, Judgement.Refused refused) {
    Map<String, Object> map = decided(application);
    map.put("code", refused.denial().code().wire());
    map.put("reason", refused.denial().reason());
    map.put("message", refused.denial().message());
    refused.decision().ifPresent(decision -> putDecision(map, decision));
    return Jcs.canonical(map);
  }

  /**
   * The decision comes again from the policy and its inputs; so where a policy of very many rules makes
   * it too long to be kept, its digest is enough to check that.
   */
  private static void putDecision(Map<String, Object> map, Decision decision) {
    map.put("inputs", text(decision.inputs().toJson()));
    byte[] json = decision.toJson();
    if (json.length <= MAX_DECISION_BYTES) {
      map.put("decision", text(json));
    } else {
      map.put("decision_digest", decision.digest().hex());
    }
  }

  private static Map<String, Object> decided(Application application) {
    Challenge challenge = application.challenge();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("ak_name", text(application.akName().bytes()));
    map.put("challenge", text(challenge.encode()));
    map.put("request", text(application.request().jcs()));
    map.put("evidence", text(application.evidence().bytes()));
    return map;
  }

  private static String text(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static Octets bytes(String text) {
    return Octets.of(Base64.getUrlDecoder().decode(text));
  }
}
