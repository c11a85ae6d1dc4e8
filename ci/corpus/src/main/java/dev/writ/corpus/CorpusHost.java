// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.corpus.ServiceUnderTest.Reply;
import dev.writ.evidence.Challenge;
import dev.writ.fixtures.SoftwareTpm;
import dev.writ.fixtures.SoftwareTpmKey;
import dev.writ.load.MeasuredBoot;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A host with a software TPM and a boot that the policy knows, and what it asks for as JSON. */
final class CorpusHost {
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
  private static final Base64.Decoder FROM_BASE64URL = Base64.getUrlDecoder();

  private final String name;
  private final ServiceUnderTest service;
  private final SoftwareTpm tpm;
  private final SoftwareTpmKey ak;
  private final SoftwareTpmKey instanceKey = SoftwareTpmKey.instance();

  private CorpusHost(String name, ServiceUnderTest service, SoftwareTpm tpm, SoftwareTpmKey ak) {
    this.name = name;
    this.service = service;
    this.tpm = tpm;
    this.ak = ak;
  }

  static CorpusHost manufacture(String name, ServiceUnderTest service) {
    SoftwareTpm tpm = SoftwareTpm.manufacture(service.own().maker());
    MeasuredBoot.digests().forEach((pcr, digest) -> tpm.extend(pcr, digest.bytes()));
    return new CorpusHost(name, service, tpm, SoftwareTpmKey.attestation());
  }

  /** Another host of this TPM. */
  CorpusHost renamed(String other) {
    return new CorpusHost(other, service, tpm, SoftwareTpmKey.attestation());
  }

  /** A TPM of its own under this host's name. */
  CorpusHost impostor() {
    return manufacture(name, service);
  }

  SoftwareTpm tpm() {
    return tpm;
  }

  SoftwareTpmKey instanceKey() {
    return instanceKey;
  }

  String akName() {
    return BASE64URL.encodeToString(ak.name());
  }

  byte[] akNameBytes() {
    return ak.name();
  }

  /** An activation that was begun, with the secret that its TPM opens. */
  record Activation(String session, byte[] secret) {
    String json(byte[] otherSecret) {
      return object("session", session, "secret", BASE64URL.encodeToString(otherSecret));
    }

    String json() {
      return json(secret);
    }
  }

  /** An invitation in its name. */
  byte[] invitation() throws IOException {
    return service.invite(name);
  }

  /** Asks to enrol by an invitation. */
  Reply begin(byte[] invitation) throws IOException, InterruptedException {
    return service.post(
        "/v1/enrolments",
        object(
            "host", name,
            "ek_certificate", BASE64URL.encodeToString(tpm.endorsementCertificate()),
            "ek_public", BASE64URL.encodeToString(tpm.endorsementArea()),
            "ak_public", BASE64URL.encodeToString(ak.publicArea()),
            "invitation", BASE64URL.encodeToString(invitation)));
  }

  Activation activation() throws Exception {
    return activation(invitation());
  }

  private Activation activation(byte[] invitation) throws Exception {
    Reply begun = begin(invitation);
    require(200, begun);
    byte[] secret =
        tpm.activate(
            ak.name(),
            withoutSize(begun.required("id_object")),
            withoutSize(begun.required("encrypted_secret")));
    return new Activation(begun.required("session"), secret);
  }

  private static byte[] withoutSize(String base64Url) {
    byte[] tpm2b = FROM_BASE64URL.decode(base64Url);
    return Arrays.copyOfRange(tpm2b, 2, tpm2b.length);
  }

  /** All of it; the answer to the last step. */
  Reply enrol() throws Exception {
    return enrol(invitation());
  }

  Reply enrol(byte[] invitation) throws Exception {
    try {
      return service.post("/v1/activations", activation(invitation).json());
    } catch (GeneralSecurityException e) {
      throw new IOException("a credential must be for the host that asks, was not", e);
    }
  }

  /** Asks for a challenge. */
  Reply ask() throws IOException, InterruptedException {
    return service.post("/v1/challenges", object("ak_name", akName()));
  }

  byte[] challenge() throws IOException, InterruptedException {
    Reply reply = ask();
    require(200, reply);
    return FROM_BASE64URL.decode(reply.required("challenge"));
  }

  /** An answer to a challenge in which all holds. */
  String application(byte[] challenge) throws Exception {
    return application(challenge, challenge, instanceKey);
  }

  /**
   * An answer to a challenge.
   *
   * @param quoted the challenge over whose nonce the TPM quotes
   * @param holder the key that the request names, beside the certification of this host's own
   */
  String application(byte[] challenge, byte[] quoted, SoftwareTpmKey holder) throws Exception {
    Challenge parsed = Challenge.parse(quoted);
    ExecutionRequest request =
        service.own().target().request(name, JwkThumbprint.of((ECPublicKey) holder.publicKey()));
    Hash bound =
        EvidenceBinding.qualifyingData(
            Hash.of(parsed.nonce().bytes()), request.digest(), request.jkt());
    byte[] selection = parsed.selection().encode();
    SoftwareTpm.Statement quote = tpm.quote(ak, selection, bound.bytes());
    Hash ownKey = JwkThumbprint.of((ECPublicKey) instanceKey.publicKey());
    SoftwareTpm.Statement certified =
        tpm.certify(ak, instanceKey, EvidenceBinding.keyCertification(ownKey).bytes());
    Map<Integer, byte[]> sections = new LinkedHashMap<>();
    sections.put(EvidencePackage.QUOTE, quote.attest());
    sections.put(EvidencePackage.QUOTE_SIGNATURE, quote.signature());
    sections.put(EvidencePackage.PCR_VALUES, values(parsed).encode());
    sections.put(EvidencePackage.KEY, instanceKey.publicArea());
    sections.put(EvidencePackage.KEY_ATTEST, certified.attest());
    sections.put(EvidencePackage.KEY_SIGNATURE, certified.signature());
    return "{\"ak_name\":\""
        + akName()
        + "\",\"challenge\":\""
        + BASE64URL.encodeToString(challenge)
        + "\",\"request\":"
        + new String(request.jcs(), StandardCharsets.UTF_8)
        + ",\"evidence\":\""
        + BASE64URL.encodeToString(EvidencePackage.of(sections).encode())
        + "\"}";
  }

  private Pcrs values(Challenge challenge) {
    Pcrs pcrs = new Pcrs(List.of());
    for (var bank : challenge.selection().banks()) {
      int[] indices = bank.indices().stream().mapToInt(Integer::intValue).toArray();
      pcrs = pcrs.and(bank.hash().id(), (hash, index) -> tpm.pcr(index), indices);
    }
    return pcrs;
  }

  /** Asks for an artifact, all in order. */
  Reply attest() throws Exception {
    return service.post("/v1/artifacts", application(challenge()));
  }

  static void require(int status, Reply reply) throws IOException {
    if (reply.status() != status) {
      throw new IOException("the answer must be " + status + ", was " + reply);
    }
  }

  /** A JSON object of strings that need no escape. */
  static String object(String... namesAndValues) {
    StringBuilder json = new StringBuilder("{");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      json.append(i == 0 ? "\"" : ",\"").append(namesAndValues[i]).append("\":\"");
      json.append(namesAndValues[i + 1]).append('"');
    }
    return json.append('}').toString();
  }
}
