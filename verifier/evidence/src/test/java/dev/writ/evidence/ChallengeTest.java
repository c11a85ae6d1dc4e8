// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The challenge's form. */
class ChallengeTest {
  private static final TpmName AK = SoftwareAk.p256().publicArea.name();
  private static final Instant EXPIRES = Instant.parse("2026-11-21T10:15:30.123Z");

  private static Challenge challenge() {
    return new Challenge(octets(1), EXPIRES, Statement.ASKED, 42, octets(2));
  }

  private static Octets octets(int fill) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) fill);
    return Octets.of(bytes);
  }

  @Test
  void challenge_encodedAndParsed_isTheSame() throws Exception {
    Challenge challenge = challenge();

    assertThat(Challenge.parse(challenge.encode())).isEqualTo(challenge);
  }

  @Test
  void encoding_isAsDrawnInThePackageDocumentation() {
    Instant expires = Instant.ofEpochMilli(0x0123456789abL);
    Challenge challenge = new Challenge(octets(1), expires, Statement.ASKED, 42, octets(2));

    assertThat(Octets.of(challenge.encode()).hex())
        .isEqualTo(
            "57524348"
                + "0001"
                + "01".repeat(32)
                + "00000123456789ab"
                + "000000000000002a"
                + "00000002000b03830000000c03110000"
                + "02".repeat(32));
  }

  @Test
  void expiry_finerThanMilliseconds_isCut() throws Exception {
    Challenge challenge =
        new Challenge(octets(1), EXPIRES.plusNanos(999), Statement.ASKED, 0, octets(2));

    assertThat(challenge.expires()).isEqualTo(EXPIRES);
    assertThat(Challenge.parse(challenge.encode())).isEqualTo(challenge);
  }

  @Test
  void macInput_coversEverythingButTheMacAndTheKeysName() throws Exception {
    Challenge challenge = challenge();
    byte[] input = challenge.macInput(AK);

    byte[] encoded = challenge.encode();
    assertThat(input).startsWith(Arrays.copyOf(encoded, encoded.length - 32)).endsWith(AK.bytes());
    assertThat(Challenge.macInput(octets(1), EXPIRES, Statement.ASKED, 42, AK)).isEqualTo(input);
    assertThat(challenge.macInput(SoftwareAk.p256().publicArea.name())).isNotEqualTo(input);
  }

  @Test
  void case01_truncatedAtEveryOffset_isMalformed() {
    byte[] bytes = challenge().encode();
    for (int length = 0; length < bytes.length; length++) {
      byte[] truncated = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Challenge.parse(truncated))
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @Test
  void case02_trailingByte_isMalformed() {
    byte[] bytes = challenge().encode();

    assertThatThrownBy(() -> Challenge.parse(Arrays.copyOf(bytes, bytes.length + 1)))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  @Test
  void magicVersionExpiryEpochOrEmptyBank_wrong_isMalformed() {
    int[][] changes = {{0, 0}, {5, 2}, {38, 0x80}, {46, 0x80}, {54 + 4 + 3, 0}};
    String[] fields = {"magic", "version", "expires", "epoch", "selection"};
    for (int i = 0; i < changes.length; i++) {
      byte[] bytes = challenge().encode();
      bytes[changes[i][0]] = (byte) changes[i][1];
      assertThatThrownBy(() -> Challenge.parse(bytes))
          .isInstanceOf(MalformedEvidenceException.class)
          .hasMessageStartingWith(fields[i]);
    }
  }

  @Test
  void challenge_ofOtherLengthsOrNegativeNumbers_isNotMade() {
    assertThatThrownBy(() -> new Challenge(Octets.EMPTY, EXPIRES, Statement.ASKED, 1, octets(2)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Challenge(octets(1), EXPIRES, Statement.ASKED, -1, octets(2)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
