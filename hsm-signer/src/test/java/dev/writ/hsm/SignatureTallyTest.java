// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.hsm.SignatureTally.Purpose;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every signature that the token makes is counted once. */
@Timeout(120)
class SignatureTallyTest extends TokenUnderFault {
  private static final KeySpec ISSUER = KeyInventory.standard().spec(KeyRole.ISSUER);
  private static final long CKR_DEVICE_REMOVED = 0x32;
  private static final long CKR_DEVICE_MEMORY = 0x31;

  @Test
  void signatures_acrossAReconnect_areAsManyAsWereAskedFor() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (Token token = open()) {
      assertThat(token.signatures()).isEmpty();
      HsmKey key = issuer(token);
      List<Future<Integer>> signers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        signers.add(threads.submit(() -> sign(key, 25)));
      }
      for (Future<Integer> signer : signers) {
        assertThat(signer.get()).isEqualTo(25);
      }
      assertThat(token.signatures())
          .isEqualTo(Map.of(ISSUER, Map.of(Purpose.SERVICE, 100L, Purpose.PROOF, 1L)));
      // Refused before the token could have signed.
      module.fail("C_SignInit", CKR_DEVICE_REMOVED, 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      awaitConnection(token, 2);
      assertThat(sign(key, 5)).isEqualTo(5);
      assertThat(token.signatures())
          .isEqualTo(Map.of(ISSUER, Map.of(Purpose.SERVICE, 105L, Purpose.PROOF, 2L)));
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void signatures_moduleLostInTheMiddle_areUnknown() throws Exception {
    try (Token token = open()) {
      HsmKey key = issuer(token);
      module.fail("C_Sign", CKR_DEVICE_MEMORY, 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      module.fail("C_Sign", CKR_DEVICE_REMOVED, 1);
      assertThatThrownBy(() -> key.signP1363(MESSAGE)).isInstanceOf(HsmException.class);
      awaitConnection(token, 2);
      assertThat(token.signatures())
          .isEqualTo(Map.of(ISSUER, Map.of(Purpose.PROOF, 2L, Purpose.UNKNOWN, 1L)));
    }
  }

  @Test
  void signatures_ofABirthAndOfKeepingAlive_haveTheirOwnPurpose() throws Exception {
    KeySpec spec = KeyInventory.standard().spec(KeyRole.STATUS).ofGeneration(2);
    try (Token token = open(keptAliveEvery(Duration.ofMillis(50)), made.get(0))) {
      assertThat(KeyCeremony.next(token, spec, InstantSource.system(), new SecureRandom()))
          .isInstanceOf(CeremonyOutcome.Born.class);
      HsmKey key = token.key(spec);
      await(() -> of(token, spec).containsKey(Purpose.KEEP_ALIVE));
      requireSigns(key);
      assertThat(of(token, spec))
          .containsEntry(Purpose.CERTIFICATE, 1L)
          .containsEntry(Purpose.PROOF, 2L)
          .containsEntry(Purpose.SERVICE, 1L);
      assertThatThrownBy(() -> token.signatures().clear())
          .isInstanceOf(UnsupportedOperationException.class);
    }
  }

  private static Map<Purpose, Long> of(Token token, KeySpec spec) {
    return token.signatures().getOrDefault(spec, Map.of());
  }

  private static int sign(HsmKey key, int times) throws Exception {
    for (int i = 0; i < times; i++) {
      requireSigns(key);
    }
    return times;
  }
}
