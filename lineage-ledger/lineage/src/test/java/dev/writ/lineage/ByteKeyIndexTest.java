// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.Hash;
import org.junit.jupiter.api.Test;

class ByteKeyIndexTest {
  private static final int KEYS = 5000;

  private static byte[] key(int number) {
    return SampleLog.digest("key " + number).bytes();
  }

  @Test
  void everyKey_isFoundUnderItsNumber_howeverManyThereAre() {
    ByteKeyIndex index = new ByteKeyIndex(Hash.BYTES);
    for (int i = 0; i < KEYS; i++) {
      assertThat(index.find(key(i))).isNegative();
      assertThat(index.add(key(i))).isNegative();
    }
    for (int i = 0; i < KEYS; i++) {
      assertThat(index.find(key(i))).isEqualTo(i);
      assertThat(index.key(i)).isEqualTo(key(i));
    }
    assertThat(index.size()).isEqualTo(KEYS);
    assertThat(index.find(key(KEYS))).isNegative();
  }

  @Test
  void keyThatIsAddedAgain_takesANumber_andTheFirstStays() {
    ByteKeyIndex index = new ByteKeyIndex(Hash.BYTES);
    for (int i = 0; i < KEYS; i++) {
      assertThat(index.add(key(i % 10))).isEqualTo(i < 10 ? -1 : i % 10);
    }
    assertThat(index.size()).isEqualTo(KEYS);
    assertThat(index.find(key(7))).isEqualTo(7);
    assertThat(index.key(4007)).isEqualTo(key(7));
  }
}
