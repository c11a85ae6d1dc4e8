// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a search finds that must find secrets, so that finding none says something. */
class SecretSearchTest {
  private static final String PIN = "corr3ct-h0rse";

  private final byte[] key = new byte[32];
  private final byte[] hay = new byte[3 << 20];
  private final SecretSearch search = new SecretSearch();

  SecretSearchTest() {
    Random random = new Random(7);
    random.nextBytes(key);
    random.nextBytes(hay);
    search.addText("pin", PIN);
    search.addBytes("key", key);
  }

  private byte[] with(byte[] needle, int at) {
    byte[] all = hay.clone();
    System.arraycopy(needle, 0, all, at, needle.length);
    return all;
  }

  @Test
  void hayWithoutASecret_hasNone() throws Exception {
    assertThat(search.in(hay)).isEmpty();
    assertThat(search.in(new ByteArrayInputStream(hay))).isEmpty();
  }

  @Test
  void text_inEachForm_isFound() {
    for (byte[] form :
        List.of(
            PIN.getBytes(StandardCharsets.UTF_8),
            PIN.getBytes(StandardCharsets.UTF_16LE),
            PIN.getBytes(StandardCharsets.UTF_16BE),
            HexFormat.of()
                .formatHex(PIN.getBytes(StandardCharsets.UTF_8))
                .getBytes(StandardCharsets.US_ASCII),
            Base64.getEncoder().encode(PIN.getBytes(StandardCharsets.UTF_8)))) {
      assertThat(search.in(with(form, 99))).isNotEmpty();
    }
  }

  /** Blocks of zeros are passed over, and what begins in their last bytes is not. */
  @Test
  void secret_amongZeros_isFoundWhereverItBegins() throws Exception {
    byte[] needle = PIN.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < 3 * 4096 - needle.length; at++) {
      byte[] zeros = new byte[3 * 4096];
      System.arraycopy(needle, 0, zeros, at, needle.length);
      assertThat(search.in(zeros)).as("at %d", at).containsExactly("pin in UTF-8");
    }
    assertThat(search.in(new ByteArrayInputStream(new byte[3 << 20]))).isEmpty();
  }

  @Test
  void number_inEachForm_isFound() {
    ByteBuffer words = ByteBuffer.allocate(32);
    for (int i = 7; i >= 0; i--) {
      words.putInt(ByteBuffer.wrap(key).getInt(4 * i));
    }
    byte[] littleEndian = new byte[32];
    for (int i = 0; i < 32; i++) {
      littleEndian[i] = key[31 - i];
    }
    for (byte[] form :
        List.of(
            key,
            words.array(),
            littleEndian,
            new BigInteger(1, key).toString(16).getBytes(StandardCharsets.US_ASCII),
            Base64.getUrlEncoder().withoutPadding().encode(key))) {
      assertThat(search.in(with(form, 7))).isNotEmpty();
    }
  }

  @Test
  void secret_acrossWhatIsReadAtOnce_isFound() throws Exception {
    for (int before = 0; before <= key.length; before++) {
      byte[] all = with(key, (1 << 20) - before);
      assertThat(search.in(new ByteArrayInputStream(all)))
          .as("%d bytes before", before)
          .containsExactly("key in big-endian bytes");
    }
    assertThat(search.in(new ByteArrayInputStream(with(key, hay.length - key.length))))
        .isNotEmpty();
  }

  @Test
  void secret_ofFewBytes_isRefused() {
    assertThatThrownBy(() -> new SecretSearch().addText("pin", "1234"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
