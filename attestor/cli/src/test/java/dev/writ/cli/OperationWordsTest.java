// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Operation;
import dev.writ.tlog.Hash;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class OperationWordsTest {
  @Test
  void liftOfAFreeze_inWords_saysThatAndNothingOfTrust() {
    assertThat(OperationWords.change(new Operation.Unfreeze(7)))
        .isEqualTo(
            "policy.unfreeze: the freeze of leaf 7 is LIFTED: rules see the usual mode again");
  }

  @Test
  void changes_ofOneKindEach_haveWordsOfTheirOwn() {
    Hash hash = Hash.sha256(new byte[] {1});
    assertThat(OperationWords.change(new Operation.PublishTrust(hash)))
        .endsWith(": verifiers are to believe the trust file below");
    assertThat(OperationWords.change(new Operation.DestroyKey(hash))).contains("cannot come back");
    assertThat(OperationWords.change(new Operation.AcceptClock(Instant.EPOCH)))
        .contains("clock is RIGHT");
  }
}
