// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.TestLedgers.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that all nodes share: one at a time becomes the newest, and the old ones go for good. */
@Tag("any-store")
class MacKeyTest {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration KEPT = Duration.ofSeconds(60);

  @TempDir Path folder;
  private volatile Instant now = NOW;
  private Ledger ledger;

  @BeforeEach
  void open() throws Exception {
    ledger =
        Ledger.open(
            TestLedgers.store(folder), Samples.ORIGIN, List.of(TestLedgers.SIGNER), () -> now);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private List<MacKey> renew(byte[] fresh) {
    return await(ledger.sharedKeys().renew("challenge", fresh, now.minus(DAY), KEPT));
  }

  private static byte[] key(char letter) {
    return String.valueOf(letter).repeat(MacKey.BYTES).getBytes(StandardCharsets.US_ASCII);
  }

  /** Letters of the keys, newest first. */
  private String letters() throws Exception {
    StringBuilder letters = new StringBuilder();
    for (MacKey key : ledger.sharedKeys().newestFirst("challenge")) {
      byte[] bytes = key.key();
      assertThat(bytes).isEqualTo(key((char) bytes[0]));
      letters.append((char) bytes[0]);
    }
    return letters.toString();
  }

  @Test
  void key_isRenewedOnlyOnceItIsTooOld() throws Exception {
    assertThat(letters()).isEmpty();
    assertThat(renew(key('a'))).hasSize(1);
    now = NOW.plus(DAY);
    assertThat(renew(key('b')).get(0).created()).isEqualTo(NOW);
    assertThat(letters()).isEqualTo("a");
    now = now.plusMillis(1);
    assertThat(renew(key('c')).get(0).created()).isEqualTo(now);
    assertThat(letters()).isEqualTo("ca");
    ledger.close();
    open();
    assertThat(letters()).isEqualTo("ca");
    assertThat(ledger.sharedKeys().newestFirst("activation")).isEmpty();
  }

  @Test
  void key_afterTheClockFellBack_isStillTheNewest() throws Exception {
    assertThat(renew(key('a'))).hasSize(1);
    now = NOW.minusSeconds(5);
    List<MacKey> keys =
        await(ledger.sharedKeys().renew("challenge", key('b'), NOW.plusSeconds(1), KEPT));
    assertThat(keys.get(0).created()).isEqualTo(NOW.plusMillis(1));
    assertThat(letters()).isEqualTo("ba");
  }

  @Test
  void key_fromManyNodesAtOnce_isRenewedOnce() throws Exception {
    List<CompletableFuture<List<MacKey>>> answers = new ArrayList<>();
    for (char letter = 'a'; letter <= 'z'; letter++) {
      answers.add(
          ledger
              .sharedKeys()
              .renew("challenge", key(letter), now.minus(DAY), KEPT)
              .toCompletableFuture());
    }
    List<String> seen = new ArrayList<>();
    for (CompletableFuture<List<MacKey>> answer : answers) {
      List<MacKey> keys = answer.join();
      assertThat(keys).hasSize(1);
      seen.add(new String(keys.get(0).key(), StandardCharsets.US_ASCII));
    }
    assertThat(seen).as("all go on with the same key").containsOnly(seen.get(0));
    assertThat(letters()).hasSize(1);
  }

  @Test
  @Tag("embedded")
  void key_supersededForLongEnough_isGoneFromDiskToo() throws Exception {
    assertThat(renew(key('A'))).hasSize(1);
    now = NOW.plus(DAY).plusMillis(1);
    assertThat(renew(key('B'))).hasSize(2);
    Instant superseded = now;
    now = superseded.plus(KEPT).minusMillis(1);
    assertThat(renew(key('C'))).as("good for a while").hasSize(2);
    assertThat(onDisk('A')).isTrue();
    now = superseded.plus(KEPT);
    assertThat(renew(key('C'))).hasSize(1);
    assertThat(letters()).isEqualTo("B");
    assertThat(onDisk('A')).isFalse();
    assertThat(onDisk('B')).isTrue();
    assertThat(onDisk('C')).as("one that was not needed").isFalse();
  }

  private boolean onDisk(char letter) throws Exception {
    return TestLedgers.isOnDisk(folder, new String(key(letter), StandardCharsets.US_ASCII));
  }

  @Test
  void key_ofAnotherLengthOrPurpose_isNotTaken() throws Exception {
    assertThatThrownBy(() -> renew(Arrays.copyOf(key('a'), 31)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must have 32 bytes, had 31");
    assertThatThrownBy(() -> ledger.sharedKeys().newestFirst("a purpose"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be a word");
    assertThat(letters()).isEmpty();
  }

  @Test
  void key_asText_showsNoneOfIt() {
    MacKey key = renew(key('a')).get(0);
    assertThat(key.toString()).isEqualTo("MacKey of " + NOW);
    key.key()[0] = 0;
    assertThat(key.key()).isEqualTo(key('a'));
  }
}
