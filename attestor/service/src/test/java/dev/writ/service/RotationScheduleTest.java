// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.OperationWithdrawal;
import dev.writ.hsm.Cryptoperiod;
import dev.writ.ledger.OperationRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the inventory says is due is proposed, and not against operators who took it back. */
class RotationScheduleTest extends DualControlled {
  private static final Duration EVERY = Duration.ofDays(30);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMinutes(11);

  private RotationSchedule schedule(KeyRole... due) {
    return new RotationSchedule(
        deployment.service().ledger(),
        control(),
        role ->
            new Cryptoperiod(
                Optional.empty(),
                List.of(due).contains(role) ? Optional.of(EVERY) : Optional.empty()),
        deployment.clock);
  }

  private OperationRecord proposed() throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (deployment.service().ledger().openOperations().isEmpty()) {
      assertThat(System.nanoTime() - end).as("something must be proposed").isNegative();
      Thread.sleep(20);
    }
    return deployment.service().ledger().openOperations().get(0);
  }

  private void withdraw(OperationRecord proposed, int operator) {
    assertThat(
            Deployment.join(
                control()
                    .withdraw(
                        new OperationWithdrawal(
                                proposed.digest(),
                                operators.sign(
                                    operator, OperationWithdrawal.signingInput(proposed.digest())))
                            .toJson())))
        .isInstanceOf(DualControl.Outcome.Withdrawn.class);
  }

  @Test
  void rotation_thatIsNotDueOrProposedAlready_isNotProposed() throws Exception {
    RotationSchedule schedule = schedule(KeyRole.ISSUER);
    assertThat(schedule.proposeIfDue()).isEmpty();
    deployment.clock.advance(EVERY.plusDays(1));

    assertThat(schedule.proposeIfDue()).contains(KeyRole.ISSUER);

    assertThat(proposed().proposer()).isEmpty();
    assertThat(schedule.proposeIfDue()).isEmpty();
    deployment.clock.advance(PAUSE);
    assertThat(schedule.proposeIfDue()).isEmpty();
  }

  @Test
  void rotation_thatOperatorsWithdrew_isProposedAgainOnceItWouldHaveEnded() throws Exception {
    RotationSchedule schedule = schedule(KeyRole.ISSUER);
    deployment.clock.advance(EVERY.plusDays(1));
    assertThat(schedule.proposeIfDue()).contains(KeyRole.ISSUER);
    withdraw(proposed(), 2);

    deployment.clock.advance(PAUSE);
    assertThat(schedule.proposeIfDue()).isEmpty();
    deployment.clock.advance(RotationSchedule.VALIDITY.minus(PAUSE).minusMinutes(1));
    assertThat(schedule.proposeIfDue()).isEmpty();
    deployment.clock.advance(PAUSE);
    assertThat(schedule.proposeIfDue()).contains(KeyRole.ISSUER);
    assertThat(proposed().isOpen()).isTrue();
  }

  /** Of one role nothing is said about the other. */
  @Test
  void rotation_ofTheOtherRole_isProposedMeanwhile() throws Exception {
    RotationSchedule schedule = schedule(KeyRole.ISSUER, KeyRole.STATUS);
    deployment.clock.advance(EVERY.plusDays(1));
    assertThat(schedule.proposeIfDue()).contains(KeyRole.ISSUER);
    withdraw(proposed(), 1);

    deployment.clock.advance(PAUSE);
    assertThat(schedule.proposeIfDue()).contains(KeyRole.STATUS);
    assertThat(proposed().isOpen()).isTrue();
  }
}
