// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class HashTest {
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void sha256_ofParts_isThatOfTheirConcatenation() {
    assertThat(Hash.sha256("a".getBytes(StandardCharsets.UTF_8), new byte[] {'b', 'c'}).hex())
        .isEqualTo(ABC);
  }

  @Test
  void fromHex_otherSpellings_areRefused() {
    assertThat(Hash.fromHex(ABC).hex()).isEqualTo(ABC);
    for (String wrong :
        new String[] {"", ABC.substring(1), ABC + "0", ABC.toUpperCase(Locale.ROOT), "g" + ABC}) {
      assertThatThrownBy(() -> Hash.fromHex(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("64 lower-case hex digits");
    }
  }

  @Test
  void of_otherLengths_areRefused() {
    for (int length : new int[] {0, 31, 33}) {
      assertThatThrownBy(() -> Hash.of(new byte[length]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("was " + length + " bytes");
    }
    assertThatThrownBy(() -> Hash.copyOf(new byte[40], 9))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void bytes_changedByTheCaller_leaveTheHashAsItWas() {
    byte[] source = new byte[32];
    Hash hash = Hash.of(source);
    source[0] = 1;
    hash.bytes()[1] = 1;
    assertThat(hash).isEqualTo(Hash.of(new byte[32])).hasSameHashCodeAs(Hash.of(new byte[32]));
  }

  @Test
  void compareTo_ordersBytesAsUnsigned() {
    byte[] high = new byte[32];
    high[0] = (byte) 0x80;
    assertThat(Hash.of(high)).isGreaterThan(Hash.of(new byte[32]));
  }
}
