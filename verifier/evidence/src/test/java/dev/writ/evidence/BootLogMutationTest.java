// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every single-byte change of a log beside a quote that stays what it is: it is malformed, refused, or
 * leaves a PCR unexplained; or all that digests cover is told as before, and only words differ that
 * no digest covers.
 */
class BootLogMutationTest {
  private static final int[] MASKS = {0x01, 0x80, 0xff};

  static Stream<SoftwareBootLog> logs() {
    return Stream.of(
        SoftwareBootLog.grub(),
        SoftwareBootLog.uki(),
        SoftwareBootLog.grub(TpmAlg.SHA1, TpmAlg.SHA256));
  }

  @ParameterizedTest
  @MethodSource("logs")
  void anyByteOfTheLog_changed_isNoticedOrSaysTheSame(SoftwareBootLog machine) {
    byte[] bytes = machine.bytes();
    VerifiedQuote quote = SoftwareBootLog.quote(machine.values(SoftwareBootLog.QUOTED));
    VerifiedBootLog whole = (VerifiedBootLog) verify(bytes, quote);
    List<Object> bound = bound(whole);
    List<BootMeasurement> names = names(whole);
    int noticed = 0;
    for (int at = 0; at < bytes.length; at++) {
      for (int mask : MASKS) {
        byte[] changed = bytes.clone();
        changed[at] ^= (byte) mask;
        try {
          BootLogOutcome outcome = verify(changed, quote);
          if (outcome instanceof VerifiedBootLog verified
              && verified.results().stream().allMatch(PcrReplay::matches)) {
            assertThat(bound(verified)).as("byte %d", at).isEqualTo(bound);
            assertThat(names(verified)).as("byte %d", at).isSubsetOf(names);
            // A text in PCR 4 that is relabelled counts as one image more.
            assertThat(images(verified)).as("byte %d", at).containsSubsequence(images(whole));
          } else {
            noticed++;
          }
        } catch (AssertionError e) {
          if (!(e.getCause() instanceof MalformedEvidenceException)) {
            throw e;
          }
          noticed++;
        }
      }
    }
    assertThat(noticed).isGreaterThan(bytes.length);
  }

  private static BootLogOutcome verify(byte[] bytes, VerifiedQuote quote) {
    return BootLogVerifier.verify(SoftwareBootLog.parsed(bytes), quote);
  }

  /** Measurements whose names are covered by their digests. */
  private static List<BootMeasurement> names(VerifiedBootLog log) {
    return log.measurements().stream().filter(BootMeasurement::nameBound).toList();
  }

  private static List<List<TpmDigest>> images(VerifiedBootLog log) {
    return log.bootApplications().stream().map(BootImage::digests).toList();
  }

  /** What decisions rest on. */
  private static List<Object> bound(VerifiedBootLog log) {
    SecureBootState state = log.secureBoot().orElseThrow();
    return List.of(
        state.text(),
        state.platformKey().entries(),
        state.keyExchangeKeys().entries(),
        state.db().entries(),
        state.dbx().entries(),
        state.authorities(),
        state.notes(),
        log.events().stream().map(event -> log.digests(event)).toList());
  }
}
