// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.PayloadRetention;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long a service keeps what lies beside its leaves. */
final class PayloadRetentionTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;

  @BeforeAll
  static void createToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void deploy() {
    deployment = new Deployment(token, folder);
  }

  @AfterEach
  void close() {
    deployment.close();
  }

  private Ledger ledger() {
    return deployment.service().ledger();
  }

  private double erased(String cause) {
    return deployment.service().telemetry().registry().scrape().stream()
        .filter(metric -> metric.getMetadata().getName().equals("writ_payloads_erased"))
        .flatMap(metric -> ((CounterSnapshot) metric).getDataPoints().stream())
        .filter(point -> point.getLabels().get("cause").equals(cause))
        .mapToDouble(CounterSnapshot.CounterDataPointSnapshot::getValue)
        .sum();
  }

  private void awaitErased(int payloads) throws Exception {
    for (int i = 0; erased("period") < payloads && i < 2_000; i++) {
      deployment.service().chores().run();
      Thread.sleep(5);
    }
    assertThat(erased("period")).isEqualTo(payloads);
  }

  /** The leaves of the kind with something beside them. */
  private List<Long> kept(LeafKind kind) throws Exception {
    List<Long> kept = new ArrayList<>();
    for (long index = 0; index < deployment.leaves(); index++) {
      Leaf leaf = ledger().leaf(index).orElseThrow();
      if (leaf.kind() == kind && ledger().payload(index).isPresent()) {
        kept.add(index);
      }
    }
    return kept;
  }

  @Test
  void leaf_ofEachThatHasAPayload_namesIt() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(
            Deployment.join(
                deployment.service().invitations().invite("host-b", Duration.ofHours(1))))
        .isInstanceOf(InvitationOutcome.Invited.class);

    int named = 0;
    for (long index = 0; index < deployment.leaves(); index++) {
      boolean there = ledger().payload(index).isPresent();
      assertThat(ledger().leaf(index).orElseThrow().payload().isPresent()).isEqualTo(there);
      named += there ? 1 : 0;
    }
    assertThat(named).as("policy, enrolment, decision, invitation").isEqualTo(4);
  }

  @Test
  void service_restartedWithAPeriod_purgesWhatIsPastIt_andGoesOn() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    long old = deployment.leaves() - 1;
    deployment.clock.advance(Duration.ofDays(2));
    deployment.service().chores().run();
    assertThat(ledger().payload(old)).as("no period is set").isPresent();

    deployment.keepPayloadsFor(3);
    deployment.restart();
    deployment.service().chores().run();
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    long young = deployment.leaves() - 1;
    assertThat(ledger().payload(old)).as("a longer one").isPresent();

    deployment.keepPayloadsFor(1);
    deployment.restart();
    awaitErased(1);
    assertThat(kept(LeafKind.DECISION_ALLOW)).containsExactly(young);
    assertThat(kept(LeafKind.ENROLMENT)).hasSize(1);
    assertThat(kept(LeafKind.POLICY)).hasSize(1);
    assertThat(ledger().payloads().retention(kept(LeafKind.ENROLMENT).get(0)))
        .isEqualTo(Optional.of(PayloadRetention.IN_USE));
    deployment.clock.advance(Endorsements.GOOD_FOR);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(deployment.service().explanations().explain(new LeafName.Index(old)))
        .isEqualTo(new Explanations.Outcome.Erased(old));
  }
}
