// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Seen.StatusOutcome;
import dev.writ.artifact.Seen.UseOutcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What every memory of a Relying Party must do. */
abstract class SeenContract {
  /** The one memory of this test. */
  abstract Seen seen() throws Exception;

  private UseOutcome use(int maxUses) throws Exception {
    return seen().recordUse(TestWorld.JTI, maxUses, TestWorld.NOW);
  }

  @Test
  void recordUse_upToTheLimit_recordedAndNoMore() throws Exception {
    assertThat(use(2)).isEqualTo(UseOutcome.RECORDED);
    assertThat(use(2)).isEqualTo(UseOutcome.RECORDED);
    assertThat(use(2)).isEqualTo(UseOutcome.EXHAUSTED);
  }

  @Test
  void recordUse_manyAtOnceForTheLast_oneIsRecorded() throws Exception {
    Seen seen = seen();
    List<UseOutcome> outcomes = Collections.synchronizedList(new ArrayList<>());
    ExecutorService pool = Executors.newFixedThreadPool(8);
    for (int i = 0; i < 100; i++) {
      pool.execute(() -> outcomes.add(seen.recordUse(TestWorld.JTI, 1, TestWorld.NOW)));
    }
    pool.shutdown();

    assertThat(pool.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    assertThat(outcomes).hasSize(100).containsOnlyOnce(UseOutcome.RECORDED);
  }

  @Test
  void recordUse_ofAnotherArtifact_isCountedByItself() throws Exception {
    assertThat(use(1)).isEqualTo(UseOutcome.RECORDED);

    assertThat(seen().recordUse(TestWorld.PARENT, 1, TestWorld.NOW)).isEqualTo(UseOutcome.RECORDED);
  }

  @Test
  void newestStatus_nothingKept_isNone() throws Exception {
    assertThat(seen().newestStatus(StatusIssuance.LIST)).isEmpty();
  }

  @Test
  void recordStatus_earlierAfterLater_keepsTheLater() throws Exception {
    Seen seen = seen();
    StatusToken earlier = StatusIssuance.valid().at(-10).tree(20).token();
    StatusToken later = StatusIssuance.valid().at(-10).tree(21).token();

    assertThat(seen.recordStatus(later)).isEqualTo(StatusOutcome.KEPT);
    assertThat(seen.recordStatus(earlier)).isEqualTo(StatusOutcome.KEPT);

    assertThat(seen.newestStatus(StatusIssuance.LIST)).hasValue(later);
  }

  @Test
  void recordStatus_laterAfterEarlier_keepsTheLater() throws Exception {
    Seen seen = seen();
    StatusToken earlier = StatusIssuance.valid().at(-10).tree(20).token();
    StatusToken later = StatusIssuance.valid().at(-9).tree(20).token();

    assertThat(seen.recordStatus(earlier)).isEqualTo(StatusOutcome.KEPT);
    assertThat(seen.recordStatus(later)).isEqualTo(StatusOutcome.KEPT);

    assertThat(seen.newestStatus(StatusIssuance.LIST)).hasValue(later);
  }

  @Test
  void newestGovernance_isTheLatestOfAllLists() throws Exception {
    Seen seen = seen();
    StatusToken one = StatusIssuance.valid().at(-10).tree(30).token();
    StatusToken other =
        StatusIssuance.valid().list(StatusIssuance.OTHER_LIST).at(-5).tree(31).token();

    assertThat(seen.newestGovernance(TrustContents.STATUS.uri())).isEmpty();
    assertThat(seen.recordStatus(other)).isEqualTo(StatusOutcome.KEPT);
    assertThat(seen.recordStatus(one)).isEqualTo(StatusOutcome.KEPT);

    assertThat(seen.newestGovernance(TrustContents.STATUS.uri())).hasValue(other);
    assertThat(seen.newestStatus(StatusIssuance.LIST)).hasValue(one);
    assertThat(seen.newestStatus(StatusIssuance.OTHER_LIST)).hasValue(other);
  }

  @Test
  void newestGovernance_ofAnotherIssuersLists_isNone() throws Exception {
    Seen seen = seen();
    assertThat(seen.recordStatus(StatusIssuance.valid().token())).isEqualTo(StatusOutcome.KEPT);

    assertThat(seen.newestGovernance("https://other.example/status")).isEmpty();
  }

  @Test
  void recordRevocation_ofEachKind_isKeptUntilItsTime() throws Exception {
    PushedRevocation one =
        new PushedRevocation(
            new RevocationScope.OfArtifact(TestWorld.JTI), 7, TestWorld.NOW.plusSeconds(60));
    PushedRevocation other =
        new PushedRevocation(
            new RevocationScope.OfHost(TestWorld.hash("host")), 9, TestWorld.NOW.plusSeconds(90));

    assertThat(seen().revocations()).isEqualTo(PushedRevocations.NONE);
    Seen seen = seen();
    assertThat(seen.recordRevocation(other, TestWorld.NOW)).isEqualTo(StatusOutcome.KEPT);
    assertThat(seen.recordRevocation(one, TestWorld.NOW)).isEqualTo(StatusOutcome.KEPT);
    assertThat(seen.recordRevocation(one, TestWorld.NOW)).isEqualTo(StatusOutcome.KEPT);
    assertThat(seen.revocations().kept()).containsExactly(one, other);

    assertThat(seen.recordRevocation(other, TestWorld.NOW.plusSeconds(60)))
        .isEqualTo(StatusOutcome.KEPT);
    assertThat(seen.revocations().kept()).containsExactly(other);
  }
}
