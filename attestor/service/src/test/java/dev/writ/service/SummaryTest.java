// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.RefusalCount;
import dev.writ.evidence.TpmName;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What nobody in particular was refused is one leaf a minute. */
final class SummaryTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private Instant began;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void start() throws Exception {
    deployment = new Deployment(token, folder);
    Instant now = deployment.clock.instant();
    deployment.clock.advance(Duration.between(now, Summaries.endOf(now)));
    began = Instant.ofEpochMilli(deployment.clock.millis());
    deployment.start();
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private void refuse(String reason) {
    deployment.service().refusals().count(DenialCode.UNVERIFIABLE, reason);
  }

  private void chores() {
    deployment.service().chores().run();
    assertThat(Deployment.join(deployment.service().ledger().probe())).isEmpty();
  }

  @Test
  void refusals_areSummedInOneLeafOnceTheMinuteIsOver() throws Exception {
    SoftwareHost stranger = new SoftwareHost("host-stranger", deployment.maker);
    TpmName name = stranger.ak.name();
    var first = Deployment.join(deployment.service().challenge(name));
    var second = Deployment.join(deployment.service().challenge(name));
    assertThat(first).isEqualTo(second);
    assertThat(deployment.begin(stranger)).isInstanceOf(EnrolmentOutcome.Denied.class);
    refuse("body_too_large");
    long leaves = deployment.leaves();
    deployment.clock.advance(Summaries.EVERY.minusMillis(1));
    chores();
    assertThat(deployment.leaves()).as("not yet").isEqualTo(leaves);

    deployment.clock.advance(Duration.ofMillis(1));
    chores();

    assertThat(deployment.leaves()).isEqualTo(leaves + 1);
    LeafBody.Summary summary = (LeafBody.Summary) deployment.lastLeaf().body();
    assertThat(summary.from()).isEqualTo(began);
    assertThat(summary.to()).isEqualTo(began.plus(Summaries.EVERY));
    assertThat(summary.counts())
        .containsExactlyInAnyOrder(
            new RefusalCount(DenialCode.ENVIRONMENT_UNTRUSTED, "host_not_enrolled", 2),
            new RefusalCount(DenialCode.ENVIRONMENT_UNTRUSTED, "host_not_admitted", 1),
            new RefusalCount(DenialCode.UNVERIFIABLE, "body_too_large", 1));
  }

  @Test
  void quietMinute_isNoLeaf_andTheNextBeginsWhereItEnded() throws Exception {
    long leaves = deployment.leaves();
    deployment.clock.advance(Summaries.EVERY);
    chores();
    assertThat(deployment.leaves()).isEqualTo(leaves);

    refuse("media_type_not_supported");
    deployment.clock.advance(Summaries.EVERY);
    chores();

    LeafBody.Summary summary = (LeafBody.Summary) deployment.lastLeaf().body();
    assertThat(summary.from()).isEqualTo(began.plus(Summaries.EVERY));
  }

  @Test
  void moreKindsThanASummaryHolds_areSummedAsOther() throws Exception {
    for (int i = 0; i < 300; i++) {
      refuse("kind_" + i);
    }
    deployment.clock.advance(Summaries.EVERY);
    chores();

    LeafBody.Summary summary = (LeafBody.Summary) deployment.lastLeaf().body();
    assertThat(summary.counts()).hasSize(Refusals.MOST_APART);
    assertThat(summary.counts().stream().mapToLong(RefusalCount::count).sum()).isEqualTo(300);
  }

  @Test
  void close_writesWhatIsLeft() throws Exception {
    refuse("malformed_json");
    long leaves = deployment.leaves();

    deployment.restart();

    Leaf last = deployment.service().ledger().leaf(leaves).orElseThrow();
    assertThat(last.kind()).isEqualTo(LeafKind.SUMMARY);
  }

  @Test
  void summaryThatTheLedgerDoesNotTake_isCountedAgain() {
    refuse("malformed_json");
    refuse("malformed_json");
    deployment.clock.advance(Summaries.EVERY);
    deployment.service().ledger().close();

    deployment.service().chores().run();

    assertThat(deployment.service().refusals().sum()).isEqualTo(2);
  }

  @Test
  void clockThatFellBack_isSummedAtOnce_thenOnceAMinuteAgain() throws Exception {
    deployment.clock.advance(Duration.ofHours(-1));
    refuse("malformed_json");
    long leaves = deployment.leaves();

    chores();

    assertThat(deployment.leaves()).isEqualTo(leaves + 1);
    LeafBody.Summary summary = (LeafBody.Summary) deployment.lastLeaf().body();
    assertThat(summary.from()).isEqualTo(began.minus(Duration.ofHours(1)));
    assertThat(summary.to()).isEqualTo(began);
    refuse("malformed_json");
    chores();
    assertThat(deployment.leaves()).as("the minute is not over").isEqualTo(leaves + 1);
    deployment.clock.advance(Summaries.EVERY);
    chores();
    assertThat(deployment.leaves()).isEqualTo(leaves + 2);
  }
}
