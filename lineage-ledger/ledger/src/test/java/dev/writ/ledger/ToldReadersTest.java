// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.TestLedgers.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How far those were told who are told of what the log has. */
@Tag("any-store")
class ToldReadersTest {
  @TempDir Path folder;

  private Ledger open() throws Exception {
    return Ledger.open(
        TestLedgers.store(folder), Samples.ORIGIN, List.of(TestLedgers.SIGNER), () -> NOW);
  }

  @Test
  void place_isKept_neverGoesBack_andIsOfItsNameAlone() throws Exception {
    try (Ledger ledger = open()) {
      assertThat(ledger.told("siem")).isEmpty();
      assertThat(await(ledger.keepTold("siem", 7))).isEqualTo(7);
      assertThat(await(ledger.keepTold("siem", 5))).isEqualTo(7);
      assertThat(await(ledger.keepTold("other_1", 0))).isZero();
    }
    try (Ledger again = open()) {
      assertThat(again.told("siem")).hasValue(7);
      assertThat(await(again.keepTold("siem", 9))).isEqualTo(9);
      assertThat(again.told("other_1")).hasValue(0);
      assertThat(again.told("nobody")).isEmpty();
      assertThatThrownBy(() -> again.told("SIEM")).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> again.keepTold("a".repeat(65), 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
