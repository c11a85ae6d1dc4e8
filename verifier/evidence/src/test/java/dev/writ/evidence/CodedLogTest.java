// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log within a package: bounded before it is expanded (case 93), and expanded to what it says. */
class CodedLogTest {
  private static final int LONGEST = 100_000;
  private static final byte[] TEXT = "what a kernel measured\n".repeat(100).getBytes(UTF_8);

  private static byte[] expanded(byte[] section) throws MalformedEvidenceException {
    return CodedLog.parse(section, LONGEST).expand();
  }

  private static byte[] saying(int length, byte[] section) {
    byte[] other = section.clone();
    System.arraycopy(new TpmWriter().u32(length).toByteArray(), 0, other, 1, 4);
    return other;
  }

  private static byte[] noise(int length) {
    byte[] noise = new byte[length];
    new Random(1).nextBytes(noise);
    return noise;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, LONGEST})
  void log_codedAndExpanded_isTheSame(int length) throws Exception {
    for (byte[] log : new byte[][] {new byte[length], noise(length)}) {
      CodedLog coded = CodedLog.parse(CodedLog.encode(log), LONGEST);
      assertThat(coded.length()).isEqualTo(length);
      assertThat(coded.expand()).isEqualTo(log);
      assertThat(CodedLog.encode(log).length).isLessThanOrEqualTo(length + 5);
    }
    assertThat(CodedLog.encode(TEXT).length).isLessThan(TEXT.length / 10);
  }

  @Test
  void case93_streamThatGoesOn_isCutWhereItSaysToEnd() {
    byte[] bomb = saying(100, CodedLog.encode(new byte[LONGEST]));
    assertThatThrownBy(() -> expanded(bomb))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("must be 100 bytes, was more");
  }

  @Test
  void case93_lengthBeyondTheBound_isMalformed() {
    byte[] section = saying(LONGEST + 1, CodedLog.encode(TEXT));
    assertThatThrownBy(() -> CodedLog.parse(section, LONGEST))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("at most " + LONGEST);
    byte[] negative = saying(-1, CodedLog.encode(TEXT));
    assertThatThrownBy(() -> CodedLog.parse(negative, LONGEST))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  @Test
  void streamThatEndsEarly_isMalformed() {
    assertThatThrownBy(() -> expanded(saying(TEXT.length + 1, CodedLog.encode(TEXT))))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("ended after " + TEXT.length);
  }

  @Test
  void case01_sectionCutAnywhere_isMalformed() {
    for (byte[] section : new byte[][] {CodedLog.encode(TEXT), CodedLog.encode(noise(50))}) {
      for (int length = 0; length < section.length; length++) {
        byte[] cut = Arrays.copyOf(section, length);
        assertThatThrownBy(() -> expanded(cut))
            .as("cut after %d", length)
            .isInstanceOf(MalformedEvidenceException.class);
      }
    }
  }

  @Test
  void case02_byteBehindTheStream_isMalformed() {
    for (byte[] section : new byte[][] {CodedLog.encode(TEXT), CodedLog.encode(noise(50))}) {
      byte[] longer = Arrays.copyOf(section, section.length + 1);
      assertThatThrownBy(() -> expanded(longer)).isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @Test
  void anyByteChanged_isMalformedOrAnotherLog() throws Exception {
    byte[] section = CodedLog.encode(TEXT);
    for (int i = 0; i < section.length; i++) {
      byte[] changed = section.clone();
      changed[i] ^= 1;
      try {
        assertThat(expanded(changed)).as("byte %d", i).isEqualTo(TEXT);
        // Bits that say how hard the compressor tried, and no more.
        assertThat(i).isBetween(5, 7);
      } catch (MalformedEvidenceException e) {
        assertThat(e.field()).isIn("coding", "length", "content");
      }
    }
  }

  @Test
  void unknownCoding_isMalformed() {
    byte[] section = CodedLog.encode(TEXT);
    section[0] = 2;
    assertThatThrownBy(() -> CodedLog.parse(section, LONGEST))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("coding");
  }

  @Test
  void streamWithADictionary_isMalformed() {
    byte[] dictionary = {1, 0, 0, 0, 1, 0x78, (byte) 0xbb, 0, 0, 0, 1, 0};
    assertThatThrownBy(() -> expanded(dictionary)).isInstanceOf(MalformedEvidenceException.class);
  }
}
