// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TpmsAttest;
import dev.writ.evidence.TpmtSignature;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PCRs and quotes, judged by the verifier. */
final class QuoteTest {
  private static SwtpmHost made;

  private static final PcrSelection ALL =
      PcrSelection.of(TpmAlg.SHA256, IntStream.range(0, 24).toArray());
  private static final byte[] QUALIFYING = new byte[32];

  @TempDir private Path folder;
  private SwtpmHost host;
  private Tpm tpm;

  @BeforeAll
  static void manufacture(@TempDir Path factory) throws Exception {
    made =
        SwtpmHost.manufacture(
            factory, EndorsementAuthority.create(Instant.now(), new SecureRandom()));
    made.close();
  }

  @BeforeEach
  void start() throws Exception {
    host = made.asManufactured(folder);
    tpm = Tpm.open(host.tcti());
  }

  @AfterEach
  void stop() {
    tpm.close();
    host.close();
  }

  @Test
  void quote_ofAllPcrs_isVerified() throws Exception {
    for (int pcr = 0; pcr < 16; pcr++) {
      tpm.extendPcr(pcr, PcrBank.SHA256, sha256(new byte[] {(byte) pcr}));
    }

    QuoteOutcome outcome = quoteAndVerify(ALL, values(ALL));

    assertThat(outcome).isInstanceOf(VerifiedQuote.class);
  }

  /** Case 49's kin: swtpm was made with the SHA-256 bank alone, and the TPM clears the other. */
  @Test
  void readPcrs_ofAnInactiveBank_givesNoValues() throws Exception {
    assertThat(tpm.readPcrs(PcrSelection.of(TpmAlg.SHA384, 0, 1).encode()).values()).isEmpty();
  }

  @Test
  void extendPcr_hashesTheOldValueAndTheDigest() throws Exception {
    byte[] digest = sha256(new byte[] {1});
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA256, 4);

    tpm.extendPcr(4, PcrBank.SHA256, digest);

    assertThat(tpm.readPcrs(selection.encode()).values())
        .containsExactly(sha256(new byte[32], digest));
  }

  @Test
  void extendPcr_betweenReadAndQuote_isSeenByTheVerifier() throws Exception {
    PcrValues read = values(ALL);
    tpm.extendPcr(10, PcrBank.SHA256, new byte[32]);

    assertThat(quoteAndVerify(ALL, read)).isInstanceOf(QuoteOutcome.PcrDigestMismatch.class);
  }

  @Test
  void extendPcr_outsideItsBounds_isRefused() {
    assertThatThrownBy(() -> tpm.extendPcr(24, PcrBank.SHA256, new byte[32]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 to 23");
    assertThatThrownBy(() -> tpm.extendPcr(0, PcrBank.SHA256, new byte[31]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("32 bytes, was 31");
  }

  @Test
  void quote_withQualifyingDataTooLong_isRefused() {
    assertThatThrownBy(() -> tpm.quote(ALL.encode(), new byte[66]))
        .isInstanceOf(TpmException.class);
  }

  /** Case 43: a reboot shows in resetCount, and an orderly one leaves the clock safe. */
  @Test
  void case43_reboot_raisesResetCount() throws Exception {
    TpmClock before = tpm.readClock();
    tpm.close();
    host.reboot();
    tpm = Tpm.open(host.tcti());

    TpmClock after = tpm.readClock();

    assertThat(after.resetCount()).isEqualTo(before.resetCount() + 1);
    assertThat(after.safe()).isTrue();
    assertThat(after.clock()).isGreaterThanOrEqualTo(before.clock());
  }

  /** Case 42: after a power cut the clock may have gone back, and the TPM says so. */
  @Test
  void case42_powerCut_leavesTheClockUnsafe() throws Exception {
    TpmClock before = tpm.readClock();
    tpm.close();
    host.cutPower();
    host.powerOn();
    tpm = Tpm.open(host.tcti());

    assertThat(tpm.readClock().safe()).isFalse();
    assertThat(tpm.readClock().resetCount()).isEqualTo(before.resetCount() + 1);
  }

  @Test
  void quotes_fromManyThreads_takeTurns() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<QuoteOutcome>> outcomes =
          IntStream.range(0, 200)
              .mapToObj(i -> threads.submit(() -> quoteAndVerify(ALL, values(ALL))))
              .toList();
      for (Future<QuoteOutcome> outcome : outcomes) {
        assertThat(outcome.get()).isInstanceOf(VerifiedQuote.class);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void close_whileOthersUseTheTpm_waitsAndEndsThem() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Integer>> users =
          IntStream.range(0, 4)
              .mapToObj(
                  i ->
                      threads.submit(
                          () -> {
                            for (int quotes = 0; ; quotes++) {
                              try {
                                assertThat(tpm.quote(ALL.encode(), QUALIFYING).attest())
                                    .isNotEmpty();
                              } catch (IllegalStateException closed) {
                                return quotes;
                              }
                            }
                          }))
              .toList();
      Thread.sleep(100);
      tpm.close();
      tpm.close();
      for (Future<Integer> user : users) {
        assertThat(user.get()).isNotNegative();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private QuoteOutcome quoteAndVerify(PcrSelection selection, PcrValues values) throws Exception {
    SignedAttest quote = tpm.quote(selection.encode(), QUALIFYING);
    return QuoteVerifier.verify(
        TpmsAttest.parse(quote.attest()),
        TpmtSignature.parse(quote.signature()),
        values,
        (EnrolledAk) EnrolledAk.of(tpm.attestationKey().publicArea()),
        QUALIFYING,
        selection);
  }

  private PcrValues values(PcrSelection selection) throws Exception {
    return new PcrValues(
        selection,
        tpm.readPcrs(selection.encode()).values().stream()
            .map(value -> TpmDigest.of(TpmAlg.SHA256, value))
            .toList());
  }

  private static byte[] sha256(byte[]... parts) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }
}
