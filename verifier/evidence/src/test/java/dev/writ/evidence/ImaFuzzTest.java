// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;

/**
 * Measurement lists, positions and file signatures under arbitrary bytes: nothing but {@link
 * MalformedEvidenceException} comes out. {@code JAZZER_FUZZ=1} searches; without it the inputs found
 * so far run.
 */
class ImaFuzzTest {
  private static final ImaPolicy POLICY =
      ImaPolicy.builder()
          .allow(SoftwareIma.content("/usr/bin/init"))
          .allow("/usr/bin/sh", SoftwareIma.content("/usr/bin/sh"))
          .key(".ima", SoftwareIma.content("key").value())
          .exclude("/run/user/*/")
          .build();

  private static final List<ImaSigningKey> KEYS =
      List.of(SoftwareImaSigner.rsa().key(), SoftwareImaSigner.ecdsa(TpmCurve.P256).key());

  @FuzzTest(maxDuration = "5m")
  void binary(byte[] bytes) {
    wholeList(ImaFormat.BINARY, bytes);
  }

  @FuzzTest(maxDuration = "5m")
  void ascii(byte[] bytes) {
    wholeList(ImaFormat.ASCII, bytes);
  }

  /** Judges a list against the PCR that it gives, whatever it holds, and one that it does not. */
  private static void wholeList(ImaFormat format, byte[] bytes) {
    ImaSegment segment = ImaSegment.of(0, format, TpmAlg.SHA1, bytes);
    try {
      TpmDigest value = ImaReplay.valueAfter(segment, TpmAlg.SHA256);
      PcrValues quoted = new PcrValues(PcrSelection.of(TpmAlg.SHA256, 10), List.of(value));
      if (ImaReplay.resume(ImaPosition.START, segment, quoted) instanceof ImaReplayed replayed) {
        ImaAppraisal appraisal = ImaAppraiser.appraise(replayed, POLICY);
        assertThat(appraisal.tally().judged()).isEqualTo(replayed.entries());
        assertThat(ImaPosition.parse(appraisal.position().encode()))
            .isEqualTo(appraisal.position());
      }
      PcrValues other = Statement.values(SoftwareIma.SHA256_PCRS);
      assertThat(ImaReplay.resume(ImaPosition.START, segment, other)).isInstanceOf(Refusal.class);
    } catch (MalformedEvidenceException e) {
      assertThat(e.offset()).isBetween(0, bytes.length);
      assertThat(e.field()).startsWith("imaList");
    }
  }

  @FuzzTest(maxDuration = "5m")
  void segment(byte[] bytes) {
    try {
      ImaSegment segment = ImaSegment.parse(bytes);
      assertThat(segment.encode()).isEqualTo(bytes);
      PcrValues quoted = Statement.values(SoftwareIma.SHA256_PCRS);
      assertThat(ImaReplay.resume(ImaPosition.START, segment, quoted)).isInstanceOf(Refusal.class);
    } catch (MalformedEvidenceException e) {
      assertThat(e.offset()).isBetween(0, bytes.length);
    }
  }

  @FuzzTest(maxDuration = "5m")
  void position(byte[] bytes) {
    try {
      assertThat(ImaPosition.parse(bytes).encode()).isEqualTo(bytes);
    } catch (MalformedEvidenceException e) {
      assertThat(e.offset()).isBetween(0, bytes.length);
    }
  }

  @FuzzTest(maxDuration = "5m")
  void signature(byte[] bytes) {
    try {
      ImaSignature signature = ImaSignature.parse(bytes);
      assertThat(signature.encode()).isEqualTo(bytes);
      byte[] digest = new byte[signature.hash().digestBytes()];
      for (ImaSigningKey key : KEYS) {
        assertThat(key.verifies(signature.hash(), digest, signature.value().bytes())).isFalse();
      }
    } catch (MalformedEvidenceException e) {
      assertThat(e.offset()).isBetween(0, bytes.length);
    }
  }

  @FuzzTest(maxDuration = "5m")
  void signingKey(byte[] bytes) {
    for (boolean certificate : new boolean[] {false, true}) {
      try {
        assertThat(certificate ? ImaSigningKey.ofCertificate(bytes) : ImaSigningKey.of(bytes))
            .isNotNull();
      } catch (MalformedEvidenceException e) {
        assertThat(e.field()).startsWith("imaKey");
      }
    }
  }
}
