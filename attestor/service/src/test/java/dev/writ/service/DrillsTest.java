// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillCase;
import dev.writ.artifact.DrillDoor;
import dev.writ.artifact.DrillReport;
import dev.writ.artifact.DrillResult;
import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LoggedDrill;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.SignedDrill;
import dev.writ.artifact.StrictJson;
import dev.writ.ledger.CommitOutcome;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports of drills, as operators hand them in. */
final class DrillsTest {
  private static ServiceToken token;
  private static Deployment deployment;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    var unused = deployment.start();
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  /** The turns of the test before are over. */
  @BeforeEach
  void passMinute() {
    deployment.pass(Duration.ofMinutes(1));
  }

  private static DrillReport report(String issuer, Instant ended) {
    return new DrillReport(
        issuer,
        Deployment.IDENTITY.origin(),
        false,
        ended.minusSeconds(20),
        ended,
        List.of(
            new DrillCase(
                DenialCode.REPLAYED,
                DrillDoor.RUN,
                "used twice",
                Optional.of("replayed"),
                Optional.of("allow"),
                Optional.empty(),
                DrillResult.PASSED,
                Optional.empty())));
  }

  private static DrillReport report() {
    return report(Deployment.IDENTITY.issuer(), Instant.ofEpochMilli(deployment.clock.millis()));
  }

  private static SignedDrill signed(DrillReport report) {
    return new SignedDrill(report, deployment.operators.sign(0, report.signingInput()));
  }

  private static Drills.Outcome take(SignedDrill drill) {
    return Deployment.join(deployment.service().drills().take(drill.toJson()));
  }

  private static void assertDenied(Drills.Outcome outcome, DenialCode code, String reason) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Drills.Outcome.Denied.class,
            denied -> {
              assertThat(denied.denial().code()).isEqualTo(code);
              assertThat(denied.denial().reason()).isEqualTo(reason);
            });
  }

  @Test
  void report_thatAnOperatorSigned_isALeafWithItsDigest_andProven() throws Exception {
    SignedDrill drill = signed(report());

    Drills.Outcome outcome = take(drill);

    assertThat(outcome).isInstanceOf(Drills.Outcome.Logged.class);
    CommitOutcome.Receipt receipt = ((Drills.Outcome.Logged) outcome).receipt();
    Leaf leaf = deployment.service().ledger().leaf(receipt.index()).orElseThrow();
    assertThat(leaf.body()).isEqualTo(drill.summary());
    assertThat(((DrillSummary) leaf.body()).report()).isEqualTo(drill.report().digest());
    LoggedDrill logged =
        new LoggedDrill(drill, receipt.leaf().bytes(), receipt.tlogProof().format());
    assertThat(logged.judge(deployment.service().trust(), deployment.clock.instant()))
        .isInstanceOf(LoggedDrill.Outcome.Holds.class);
    byte[] payload = deployment.service().ledger().payload(receipt.index()).orElseThrow();
    assertThat(StrictJson.parse(payload, payload.length).base64UrlUpTo("drill", payload.length))
        .isEqualTo(drill.toJson());
    assertThat(leaf.payload()).contains(Hash.sha256(payload));
  }

  @Test
  void report_ofAStrangerOrChanged_isRefused() throws Exception {
    long leaves = deployment.leaves();
    DrillReport report = report();
    for (OperatorSignature wrong :
        List.of(
            new OperatorKeys(1, 1).sign(0, report.signingInput()),
            deployment.operators.sign(0, report.digest().bytes()),
            new OperatorSignature(
                deployment.operators.kid(0),
                deployment.operators.sign(1, report.signingInput()).signature()))) {
      assertDenied(
          take(new SignedDrill(report, wrong)), DenialCode.SIGNATURE_INVALID, "drill_signature");
    }
    assertThat(deployment.leaves()).isEqualTo(leaves);
  }

  @Test
  void report_ofAnotherServiceOrTime_isRefused() throws Exception {
    long leaves = deployment.leaves();
    Instant now = Instant.ofEpochMilli(deployment.clock.millis());
    String issuer = Deployment.IDENTITY.issuer();
    assertDenied(
        take(signed(report("https://other.example", now))),
        DenialCode.SCOPE_EXCEEDED,
        "drill_elsewhere");
    Duration skew = deployment.service().trust().content().skew();
    assertDenied(
        take(signed(report(issuer, now.plus(skew).plusMillis(1)))),
        DenialCode.NOT_YET_VALID,
        "drill_ahead");
    assertDenied(
        take(signed(report(issuer, now.minus(Drills.LATEST).minusMillis(1)))),
        DenialCode.EXPIRED,
        "drill_old");
    assertDenied(
        Deployment.join(deployment.service().drills().take("{}".getBytes(StandardCharsets.UTF_8))),
        DenialCode.UNVERIFIABLE,
        "drill_malformed");
    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertThat(take(signed(report(issuer, now.minus(Drills.LATEST)))))
        .isInstanceOf(Drills.Outcome.Logged.class);
  }

  /** What is refused takes no turn. */
  @Test
  void reports_moreThanAMinutesMany_waitForTheNext() {
    assertDenied(
        take(new SignedDrill(report(), new OperatorKeys(1, 1).sign(0, new byte[1]))),
        DenialCode.SIGNATURE_INVALID,
        "drill_signature");
    for (int i = 0; i < Drills.MOST_A_MINUTE; i++) {
      assertThat(take(signed(report()))).isInstanceOf(Drills.Outcome.Logged.class);
    }
    assertDenied(take(signed(report())), DenialCode.UNVERIFIABLE, "drill_rate");
    deployment.pass(Duration.ofMinutes(1));
    assertThat(take(signed(report()))).isInstanceOf(Drills.Outcome.Logged.class);
  }
}
