// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillCase;
import dev.writ.artifact.DrillDoor;
import dev.writ.artifact.DrillResult;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a case passes, and that nothing else is a pass. */
class DrillJudgementTest {
  private static final Hash REQUEST = Hash.sha256(new byte[] {1});
  private static final Drill.Attempt ALLOWED = Came.Allowed::new;

  private static Drill.Attempt denied(DenialCode code) {
    return denied(code, "a_reason");
  }

  private static Drill.Attempt denied(DenialCode code, String reason) {
    return () -> new Came.Denied(code, Optional.of(reason), Optional.of(REQUEST));
  }

  private static DrillCase tried(Drill.Attempt unspoiled, Drill.Spoiled spoiled) {
    List<DrillCase> told = new ArrayList<>();
    Drill drill = new Drill(told::add);
    drill.at(DrillDoor.SERVICE, unspoiled, spoiled);
    assertThat(told).isEqualTo(drill.cases()).hasSize(1);
    return told.get(0);
  }

  private static DrillCase tried(Drill.Attempt unspoiled, Drill.Attempt spoiled) {
    return tried(unspoiled, new Drill.Spoiled(DenialCode.EXPIRED, "late", spoiled));
  }

  private static void assertFailed(DrillCase judged, String why) {
    assertThat(judged.result()).isEqualTo(DrillResult.FAILED);
    assertThat(judged.why().orElse("")).contains(why);
  }

  @Test
  void codeThatCame_withAnAllowBesideIt_passes() {
    assertThat(tried(ALLOWED, denied(DenialCode.EXPIRED)).ok()).isTrue();
  }

  @Test
  void otherCodeOrAllow_fails() {
    assertFailed(tried(ALLOWED, denied(DenialCode.REPLAYED)), "must come to expired");
    assertFailed(tried(ALLOWED, ALLOWED), "must come to expired");
    assertFailed(tried(ALLOWED, () -> new Came.Otherwise("it ran")), "must come to expired");
  }

  /** Also with the very code. */
  @Test
  void whatIsNotSpoiled_denied_fails() {
    assertFailed(
        tried(denied(DenialCode.EXPIRED), denied(DenialCode.EXPIRED)), "unspoiled must be allowed");
    DrillCase delegation =
        tried(
            denied(DenialCode.AUTHORIZATION_DISCONTINUITY),
            new Drill.Spoiled(
                DenialCode.AUTHORIZATION_DISCONTINUITY,
                "no parent",
                denied(DenialCode.AUTHORIZATION_DISCONTINUITY)));
    assertFailed(delegation, "unspoiled must be allowed");
    assertFailed(
        tried(
            denied(DenialCode.UNVERIFIABLE),
            new Drill.Spoiled(
                DenialCode.AUTHORIZATION_DISCONTINUITY,
                "no parent",
                denied(DenialCode.AUTHORIZATION_DISCONTINUITY))),
        "unspoiled must be allowed");
  }

  @Test
  void unverifiable_forAnotherReason_fails() {
    Drill.Attempt full = denied(DenialCode.UNVERIFIABLE, "ledger_unavailable");
    assertThat(tried(ALLOWED, Drill.Spoiled.unverifiable("full", "ledger_unavailable", full)).ok())
        .isTrue();
    assertFailed(
        tried(ALLOWED, Drill.Spoiled.unverifiable("away", "token_away", full)),
        "must be for token_away, and is for ledger_unavailable");
  }

  @Test
  void denialWithoutItsLeaf_fails() {
    assertFailed(leaf(Optional.empty()), "must have the denial's leaf");
    DrillCase found = leaf(Optional.of(7L));
    assertThat(found.ok()).isTrue();
    assertThat(found.leafIndex()).contains(7L);
  }

  private static DrillCase leaf(Optional<Long> index) {
    Drill.Leaves leaves =
        new Drill.Leaves() {
          @Override
          public long size() {
            return 5;
          }

          @Override
          public Optional<Long> denial(long from, DenialCode code, Hash request) {
            return from == 5 && code == DenialCode.EXPIRED && request.equals(REQUEST)
                ? index
                : Optional.empty();
          }
        };
    return tried(
        ALLOWED,
        new Drill.Spoiled(
            DenialCode.EXPIRED, "late", Optional.of(leaves), denied(DenialCode.EXPIRED)));
  }

  /** A case that cannot be tried fails by itself, and its text is fit for a report. */
  @Test
  void attemptThatThrows_fails_andTheOthersAreTried() {
    List<DrillCase> told = new ArrayList<>();
    Drill drill = new Drill(told::add);
    drill.at(
        DrillDoor.RUN,
        ALLOWED,
        new Drill.Spoiled(
            DenialCode.EXPIRED,
            "late",
            () -> {
              throw new IOException("\u001b[31m" + "x".repeat(1000) + "\u2066\n");
            }),
        new Drill.Spoiled(DenialCode.REPLAYED, "twice", denied(DenialCode.REPLAYED)));
    assertThat(told).extracting(DrillCase::ok).containsExactly(false, true);
    assertThat(told.get(0).came().orElse(""))
        .matches("[ -~]+")
        .hasSizeLessThanOrEqualTo(DrillCase.MAX_TEXT);
  }

  @Test
  void notTried_isNoPass() {
    List<DrillCase> told = new ArrayList<>();
    new Drill(told::add).needsDemo(DrillDoor.SERVICE, DenialCode.EXPIRED, "late");
    assertThat(told.get(0).ok()).isFalse();
    assertThat(told.get(0).result()).isEqualTo(DrillResult.NEEDS_DEMO);
  }
}
