// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.Provider;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A whole evidence package, of quote, signature, PCR values, instance key, certification and its
 * signature, with one byte changed at a time: none is accepted, whichever byte and however changed.
 */
class EvidenceMutationTest {
  /** In bulk the platform's own provider is slow at P-256. */
  private static final Provider PROVIDER = new BouncyCastleProvider();

  private static final int[] CHANGES = {0x01, 0x80, 0xff};

  /** What such a change can end in: the steps before and after the signature are reached, too. */
  private static final List<String> REASONS =
      List.of(
          "attest_magic_wrong",
          "evidence_malformed",
          "key_name_mismatch",
          "pcr_digest_mismatch",
          "signature_invalid");

  static Stream<SoftwareAk> keys() {
    return Stream.of(SoftwareAk.p256(), SoftwareAk.rsa(TpmAlg.RSAPSS));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void case17_anyByteOfThePackageChanged_isRefused(SoftwareAk key) throws Exception {
    EnrolledAk ak = (EnrolledAk) EnrolledAk.of(key.publicArea, PROVIDER);
    byte[] good = signedBy(key).bytes();
    assertThat(refusal(good, ak)).as("the package as it is").isEmpty();
    TreeMap<String, Integer> seen = new TreeMap<>();

    for (int i = 0; i < good.length; i++) {
      for (int change : CHANGES) {
        byte[] changed = good.clone();
        changed[i] ^= (byte) change;
        Optional<String> reason = refusal(changed, ak);
        assertThat(reason).as("byte %d changed by %02x", i, change).isPresent();
        seen.merge(reason.get(), 1, Integer::sum);
      }
    }
    assertThat(seen.keySet()).containsAll(REASONS);
  }

  /** One byte that is taken out, or put in as one that is there, moves all that follow. */
  @ParameterizedTest
  @MethodSource("keys")
  void anyByteOfThePackageRemovedOrDoubled_isRefused(SoftwareAk key) throws Exception {
    EnrolledAk ak = (EnrolledAk) EnrolledAk.of(key.publicArea, PROVIDER);
    byte[] good = signedBy(key).bytes();

    for (int i = 0; i < good.length; i++) {
      byte[] shorter = Arrays.copyOf(good, good.length - 1);
      System.arraycopy(good, i + 1, shorter, i, good.length - i - 1);
      byte[] longer = Arrays.copyOf(good, good.length + 1);
      System.arraycopy(good, i, longer, i + 1, good.length - i);
      assertThat(refusal(shorter, ak)).as("byte %d removed", i).isPresent();
      assertThat(refusal(longer, ak)).as("byte %d doubled", i).isPresent();
    }
  }

  private static Evidence signedBy(SoftwareAk key) throws MalformedEvidenceException {
    byte[] quote = Statement.quote(TpmAlg.SHA256).bytes();
    TpmtPublic instance = InstanceKey.publicArea();
    byte[] certification = Statement.certification(instance).bytes();
    return Evidence.builder()
        .quote(quote, key.sign(quote).encode())
        .pcrValues(Statement.values(Statement.ASKED))
        .keyCertification(instance.bytes(), certification, key.sign(certification).encode())
        .build();
  }

  /** Why a package does not give a verified quote with a certified key; empty where it does. */
  private static Optional<String> refusal(byte[] bytes, EnrolledAk ak) {
    Evidence evidence;
    try {
      evidence = Evidence.parse(bytes);
    } catch (MalformedEvidenceException e) {
      return Optional.of(e.reason());
    }
    QuoteOutcome quote =
        QuoteVerifier.verify(evidence, ak, Statement.QUALIFYING_DATA, Statement.ASKED);
    if (quote instanceof QuoteOutcome.Refused refused) {
      return Optional.of(refused.reason());
    }
    KeyCertificationOutcome key =
        KeyCertificationVerifier.verify(
            evidence.keyCertification().orElseThrow(), ak, Statement.QUALIFYING_DATA);
    return key instanceof KeyCertificationOutcome.Refused refused
        ? Optional.of(refused.reason())
        : Optional.empty();
  }
}
