// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.RedemptionClaims;
import dev.writ.artifact.RedemptionStatement;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TpmtPublic;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.GrubBoot;
import dev.writ.fixtures.SoftwareTpm;
import dev.writ.fixtures.SoftwareTpmKey;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A host with a software TPM, which enrols as any host does and then asks for artifacts at little cost:
 * one signature and two hashes each. What does not change from one application to the next is written
 * once, after the first challenge; into it go challenge, qualifying data and signature. Used by one
 * thread.
 */
final class LoadHost {
  // Where things stand in a challenge (dev.writ.evidence), in bytes, and in its base64url form,
  // where
  // three bytes are four characters.
  private static final int NONCE_AT = 6;
  private static final int SELECTION_AT = NONCE_AT + Challenge.NONCE_BYTES + 8 + 8;
  private static final int MAC_CHARS = 44;

  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
  private static final Base64.Decoder FROM_BASE64URL = Base64.getUrlDecoder();

  private final String name;
  private final SoftwareTpm tpm;
  private final Optional<byte[]> bootLog;
  private final Optional<String> initiatorToken;
  private final SoftwareTpmKey ak;
  private final SoftwareTpmKey instanceKey;
  private final String akName;
  private final ExecutionRequest request;
  private final Hash requestDigest;
  private final byte[] challengeRequest;
  private @Nullable Template template;

  /**
   * A host that is not enrolled yet.
   *
   * @param signatures signs with the attestation key
   */
  LoadHost(String name, EndorsementAuthority maker, Provider signatures, Target target) {
    this(name, maker, signatures, target::request, Optional.empty(), Optional.empty());
  }

  /**
   * The same.
   *
   * @param asks for what, by the host's name and the thumbprint of its instance key
   * @param boot whose log it sends, in the place of the boot that all others have and of which there is none
   * @param initiatorToken says who sets its requests in motion, JWS compact
   */
  LoadHost(
      String name,
      EndorsementAuthority maker,
      Provider signatures,
      BiFunction<String, Hash, ExecutionRequest> asks,
      Optional<GrubBoot> boot,
      Optional<String> initiatorToken) {
    this.name = name;
    this.initiatorToken = initiatorToken;
    this.tpm = SoftwareTpm.manufacture(maker);
    this.bootLog = boot.map(GrubBoot::log);
    if (boot.isPresent()) {
      boot.get().measureInto(tpm::extend);
    } else {
      MeasuredBoot.digests().forEach((pcr, digest) -> tpm.extend(pcr, digest.bytes()));
    }
    this.ak = SoftwareTpmKey.attestation(signatures);
    this.instanceKey = SoftwareTpmKey.instance();
    this.akName = BASE64URL.encodeToString(ak.name());
    Hash jkt = JwkThumbprint.of((ECPublicKey) instanceKey.publicKey());
    this.request = asks.apply(name, jkt);
    this.requestDigest = request.digest();
    String body = "{\"ak_name\":\"" + akName + "\"}";
    this.challengeRequest = post("/v1/challenges", body).getBytes(StandardCharsets.US_ASCII);
  }

  String name() {
    return name;
  }

  /** The attestation key's public area. */
  TpmtPublic attestationKey() throws MalformedEvidenceException {
    return TpmtPublic.parse(ak.publicArea());
  }

  /** Thumbprint of its instance key. */
  Hash jkt() {
    return request.jkt();
  }

  /** What it asks for with an artifact of its own that the service judges. */
  RedemptionStatement redemption(Artifact artifact, Hash key, Instant at) {
    byte[] input =
        RedemptionStatement.signingInput(
            new OutcomeStatement.Signer.Holder((ECPublicKey) instanceKey.publicKey()),
            new RedemptionClaims(
                artifact.claims().jti(),
                artifact.digest(),
                key,
                ActionAtHand.of(artifact.claims().act()),
                at.truncatedTo(ChronoUnit.MILLIS),
                Optional.empty()));
    return RedemptionStatement.assemble(input, instanceKey.signRaw(input));
  }

  /** Enrols by an invitation that it asks the operator's door for. */
  void enrol(HttpDoor service, HttpDoor operator) throws IOException, GeneralSecurityException {
    String invitation =
        operator
            .post("/v1/invitations", "{\"host\":\"" + name + "\",\"valid_s\":3600}")
            .require(201)
            .member("secret");
    HttpDoor.Response begun =
        service
            .post(
                "/v1/enrolments",
                String.format(
                    "{\"host\":\"%s\",\"ek_certificate\":\"%s\",\"ek_public\":\"%s\","
                        + "\"ak_public\":\"%s\",\"invitation\":\"%s\"}",
                    name,
                    BASE64URL.encodeToString(tpm.endorsementCertificate()),
                    BASE64URL.encodeToString(tpm.endorsementArea()),
                    BASE64URL.encodeToString(ak.publicArea()),
                    invitation))
            .require(200);
    byte[] secret =
        tpm.activate(
            ak.name(),
            withoutSize(begun.bytes("id_object")),
            withoutSize(begun.bytes("encrypted_secret")));
    String enrolled =
        service
            .post(
                "/v1/activations",
                String.format(
                    "{\"session\":\"%s\",\"secret\":\"%s\"}",
                    begun.member("session"), BASE64URL.encodeToString(secret)))
            .require(201)
            .member("ak_name");
    if (!enrolled.equals(akName)) {
      throw new IOException("the key enrolled must be " + akName + ", was " + enrolled);
    }
  }

  /** The content of a TPM2B. */
  private static byte[] withoutSize(byte[] tpm2b) {
    return Arrays.copyOfRange(tpm2b, 2, tpm2b.length);
  }

  /** Writes the request for a challenge. */
  void askForChallenge(ByteBuffer out) {
    out.put(challengeRequest);
  }

  /**
   * Writes the application that answers a challenge.
   *
   * @param answer holds, from {@code from} to {@code to}, the base64url form of the challenge
   */
  void apply(byte[] answer, int from, int to, ByteBuffer out) throws IOException {
    Template prepared = template;
    if (prepared == null || !prepared.fits(answer, from, to)) {
      prepared = prepare(Arrays.copyOfRange(answer, from, to));
      template = prepared;
    }
    prepared.write(answer, from, out);
  }

  private Template prepare(byte[] challengeText) throws IOException {
    try {
      Challenge challenge = Challenge.parse(FROM_BASE64URL.decode(challengeText));
      PcrSelection selection = challenge.selection();
      byte[] qualifying = qualifyingData(Hash.of(challenge.nonce().bytes())).bytes();
      SoftwareTpm.Statement quote = tpm.quote(ak, selection.encode(), qualifying);
      SoftwareTpm.Statement certified =
          tpm.certify(ak, instanceKey, EvidenceBinding.keyCertification(request.jkt()).bytes());
      Evidence.Builder builder =
          Evidence.builder()
              .quote(quote.attest(), quote.signature())
              .pcrValues(values(selection))
              .keyCertification(
                  instanceKey.publicArea(), certified.attest(), certified.signature());
      bootLog.ifPresent(builder::bootLog);
      byte[] evidence = builder.build().bytes();
      return new Template(challengeText, evidence, quote, qualifying);
    } catch (MalformedEvidenceException | IllegalArgumentException e) {
      throw new IOException("the service's challenge cannot be answered", e);
    }
  }

  private Hash qualifyingData(Hash nonce) {
    return EvidenceBinding.qualifyingData(nonce, requestDigest, request.jkt());
  }

  private PcrValues values(PcrSelection selection) {
    List<TpmDigest> digests = new ArrayList<>();
    for (PcrSelection.Bank bank : selection.banks()) {
      bank.indices().forEach(index -> digests.add(TpmDigest.of(bank.hash(), tpm.pcr(index))));
    }
    return new PcrValues(selection, digests);
  }

  private static String post(String path, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  /** A whole application, and the places in it that are another's in the next. */
  private final class Template {
    private final byte[] http;
    private final byte[] evidence;
    private final byte[] attest;
    private final int challengeAt;
    private final int challengeLength;
    private final int evidenceAt;
    private final int qualifyingAt;
    private final int qualifyingInAttest;
    private final int signatureAt;
    private final byte[] nonce = new byte[Challenge.NONCE_BYTES];

    Template(
        byte[] challenge, byte[] evidence, SoftwareTpm.Statement quote, byte[] qualifyingData) {
      this.evidence = evidence;
      this.attest = quote.attest();
      String challengeText = new String(challenge, StandardCharsets.US_ASCII);
      String evidenceText = BASE64URL.encodeToString(evidence);
      String text =
          post(
              "/v1/artifacts",
              "{\"ak_name\":\""
                  + akName
                  + "\",\"challenge\":\""
                  + challengeText
                  + "\",\"request\":"
                  + new String(request.jcs(), StandardCharsets.US_ASCII)
                  + ",\"evidence\":\""
                  + evidenceText
                  + initiatorToken.map(token -> "\",\"initiator_token\":\"" + token).orElse("")
                  + "\"}");
      this.http = text.getBytes(StandardCharsets.US_ASCII);
      this.challengeAt = text.indexOf(challengeText);
      this.challengeLength = challenge.length;
      this.evidenceAt = text.lastIndexOf(evidenceText);
      this.qualifyingAt = indexOf(evidence, qualifyingData);
      this.qualifyingInAttest = indexOf(attest, qualifyingData);
      this.signatureAt = indexOf(evidence, quote.signature());
    }

    /** Whether a challenge asks for the same PCRs. */
    boolean fits(byte[] answer, int from, int to) {
      int selectionChars = SELECTION_AT / 3 * 4;
      return to - from == challengeLength
          && Arrays.equals(
              answer,
              from + selectionChars,
              to - MAC_CHARS,
              http,
              challengeAt + selectionChars,
              challengeAt + challengeLength - MAC_CHARS);
    }

    void write(byte[] answer, int from, ByteBuffer out) {
      System.arraycopy(answer, from, http, challengeAt, challengeLength);
      int nonceChars = NONCE_AT / 3 * 4;
      byte[] decoded =
          FROM_BASE64URL.decode(
              Arrays.copyOfRange(answer, from + nonceChars, from + nonceChars + MAC_CHARS));
      System.arraycopy(decoded, 0, nonce, 0, nonce.length);
      Hash qualifying = qualifyingData(Hash.of(nonce));
      qualifying.copyTo(evidence, qualifyingAt);
      qualifying.copyTo(attest, qualifyingInAttest);
      // In TPMS_ATTEST clockInfo.clock follows upon extraData.
      long ticks = tpm.timing().clock();
      ByteBuffer.wrap(evidence).putLong(qualifyingAt + Hash.BYTES, ticks);
      ByteBuffer.wrap(attest).putLong(qualifyingInAttest + Hash.BYTES, ticks);
      byte[] signature = ak.sign(attest);
      System.arraycopy(signature, 0, evidence, signatureAt, signature.length);
      byte[] encoded = BASE64URL.encode(evidence);
      System.arraycopy(encoded, 0, http, evidenceAt, encoded.length);
      out.put(http);
    }

    private static int indexOf(byte[] whole, byte[] part) {
      for (int i = 0; i <= whole.length - part.length; i++) {
        if (Arrays.equals(whole, i, i + part.length, part, 0, part.length)) {
          return i;
        }
      }
      throw new IllegalStateException("bug: what was put in must be found again");
    }
  }
}
