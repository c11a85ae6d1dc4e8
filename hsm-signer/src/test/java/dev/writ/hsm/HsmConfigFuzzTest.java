// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Nothing but {@link MalformedHsmConfigException} comes out of reading a profile or an inventory. */
class HsmConfigFuzzTest {
  private static final int ROUNDS = 5_000;

  @FuzzTest
  void profile_anyBytes_isReadOrMalformed(byte[] bytes) {
    try {
      assertThat(TokenProfile.parse("fuzz", bytes).library()).isAbsolute();
    } catch (MalformedHsmConfigException e) {
      assertThat(e.field()).isNotEmpty();
    }
  }

  @FuzzTest
  void inventory_anyBytes_isReadOrMalformed(byte[] bytes) {
    try {
      assertThat(KeyInventory.parse("fuzz", bytes).specs()).hasSize(KeyRole.values().length);
    } catch (MalformedHsmConfigException e) {
      assertThat(e.field()).isNotEmpty();
    }
  }

  @Test
  void packedFiles_mutated_areReadOrMalformed() {
    Random random = new Random(1);
    byte[] profile = Settings.packed("profiles/softhsm2.properties").orElseThrow();
    byte[] inventory = Settings.packed("keys.properties").orElseThrow();
    for (int round = 0; round < ROUNDS; round++) {
      profile_anyBytes_isReadOrMalformed(mutated(profile, random));
      inventory_anyBytes_isReadOrMalformed(mutated(inventory, random));
    }
  }

  private static byte[] mutated(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }
}
