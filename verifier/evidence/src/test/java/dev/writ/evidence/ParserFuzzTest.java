// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Objects;

/**
 * Every parser under arbitrary bytes: nothing but {@link MalformedEvidenceException} comes out, and
 * what is accepted marshals back to the bytes that were read. {@code JAZZER_FUZZ=1} searches; without
 * it the inputs found so far run.
 */
class ParserFuzzTest {
  private static final EndorsementVerifier ENDORSEMENTS = SoftwareCa.verifier(SoftwareCa.root());

  /** The key that the certificate among the inputs is for, so that it is judged to its chain. */
  private static final TpmtPublic EK = SoftwareAk.parsed(input("publicArea/ek-rsa-2048"));

  private static final byte[] EK_CERTIFICATE = input("endorsementCertificate/swtpm-rsa-2048");

  private static byte[] input(String name) {
    try (InputStream in =
        ParserFuzzTest.class.getResourceAsStream("ParserFuzzTestInputs/" + name)) {
      return Objects.requireNonNull(in).readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private interface RoundTrip {
    byte[] apply(byte[] bytes) throws MalformedEvidenceException;
  }

  private static void holds(byte[] bytes, RoundTrip roundTrip) {
    try {
      assertThat(roundTrip.apply(bytes)).isEqualTo(bytes);
    } catch (MalformedEvidenceException e) {
      assertThat(e.offset()).isBetween(0, bytes.length);
      assertThat(e.field()).isNotBlank();
      assertThat(e.expected()).isNotBlank();
    }
  }

  @FuzzTest(maxDuration = "5m")
  void evidence(byte[] bytes) {
    holds(bytes, b -> rebuilt(Evidence.parse(b)));
  }

  private static byte[] rebuilt(Evidence evidence) throws MalformedEvidenceException {
    Evidence.Builder builder =
        Evidence.builder()
            .quote(evidence.quote().bytes(), evidence.quoteSignature().encode())
            .pcrValues(evidence.pcrValues());
    evidence
        .keyCertification()
        .ifPresent(
            key ->
                builder.keyCertification(
                    key.key().bytes(), key.attest().bytes(), key.signature().encode()));
    return builder.build().bytes();
  }

  @FuzzTest(maxDuration = "5m")
  void challenge(byte[] bytes) {
    holds(bytes, b -> Challenge.parse(b).encode());
  }

  @FuzzTest(maxDuration = "5m")
  void attest(byte[] bytes) {
    holds(
        bytes,
        b -> {
          TpmsAttest attest = TpmsAttest.parse(b);
          return TpmsAttest.marshal(
              attest.magic(),
              attest.qualifiedSigner(),
              attest.extraData(),
              attest.clockInfo(),
              attest.firmwareVersion(),
              attest.attested());
        });
  }

  @FuzzTest(maxDuration = "5m")
  void publicArea(byte[] bytes) {
    holds(
        bytes,
        b -> {
          TpmtPublic area = TpmtPublic.parse(b);
          // Judged as each kind of key too: any outcome will do, an exception will not.
          assertThat(EnrolledAk.of(area)).isNotNull();
          return TpmtPublic.marshal(
              area.nameAlg(), area.attributes(), area.authPolicy(), area.key());
        });
  }

  @FuzzTest(maxDuration = "5m")
  void signature(byte[] bytes) {
    holds(
        bytes,
        b -> {
          TpmtSignature signature = TpmtSignature.parse(b);
          if (signature instanceof TpmtSignature.Ecdsa ecdsa) {
            for (TpmCurve curve : TpmCurve.values()) {
              assertThat(ecdsa.der(curve).isPresent()).isEqualTo(ecdsa.p1363(curve).isPresent());
            }
          }
          return signature.encode();
        });
  }

  @FuzzTest(maxDuration = "5m")
  void pcrSelection(byte[] bytes) {
    holds(bytes, b -> PcrSelection.parse(b).encode());
  }

  @FuzzTest(maxDuration = "5m")
  void pcrValues(byte[] bytes) {
    holds(bytes, b -> PcrValues.parse(b).encode());
  }

  @FuzzTest(maxDuration = "5m")
  void credential(byte[] bytes) {
    holds(bytes, b -> TpmCredential.parse(b).encode());
  }

  @FuzzTest(maxDuration = "5m")
  void creationData(byte[] bytes) {
    holds(bytes, b -> Creations.remarshalled(CreationData.parse(b)));
  }

  @FuzzTest(maxDuration = "5m")
  void ekChain(byte[] bytes) {
    holds(
        bytes,
        b -> {
          EkChain chain = EkChain.parse(b);
          // Each certificate of it is read, too.
          assertThat(ENDORSEMENTS.verify(EK_CERTIFICATE, chain, EK, Instant.EPOCH))
              .isInstanceOf(EndorsementOutcome.Refused.class);
          return chain.bytes().bytes();
        });
  }

  @FuzzTest(maxDuration = "5m")
  void endorsementCertificate(byte[] bytes) {
    assertThat(ENDORSEMENTS.verify(bytes, EK, Instant.EPOCH))
        .isInstanceOf(EndorsementOutcome.Refused.class);
  }
}
