// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Act;
import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceOrder.Kind;
import dev.writ.service.GovernanceOrders.Outcome;
import dev.writ.service.Readiness.Part;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A service that can be frozen, and whose glass can be broken. Two of the three policy approvers open the
 * safe, for ten minutes at most; a restoration is permitted under a break-glass alone, and by the example
 * policy nothing while the service is frozen.
 */
abstract class GovernedService {
  static final Duration TTL = Duration.ofMinutes(10);
  static final Duration REVIEW = Duration.ofHours(1);
  static final OptionalLong NO_FREEZE = OptionalLong.empty();

  /** A test of the example policy that is allowed. */
  static final String USUAL = "worker-a-on-host-a";

  static ServiceToken token;

  @TempDir Path folder;
  final SecureRandom random = new SecureRandom();
  Deployment deployment;
  SoftwareHost host;

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
    token.logOut();
    token.logIn();
    deployment = new Deployment(token, folder);
    deployment.approvePolicies();
    deployment.policyText(
        json ->
            json.replace(
                    "\"rules\":[",
                    "\"rules\":["
                        + forbid(
                            "calm",
                            "request.resource == '/usr/bin/restore'"
                                + " && governance.mode != Mode.BREAKGLASS"))
                .replace(
                    "\"name\":\"" + USUAL + "\"},",
                    "\"name\":\""
                        + USUAL
                        + "\"},"
                        + restoring("normal", "policy_denied")
                        + restoring("breakglass", "allow"))
                .replace("\"constants\":", breakglass() + "\"constants\":"));
    host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  static String forbid(String id, String when) {
    return "{\"code\":\"policy_denied\",\"effect\":\"forbid\",\"id\":\""
        + id
        + "\",\"mode\":\"enforce\",\"reason_admin\":\"No.\",\"reason_user\":\"No.\","
        + "\"stage\":\"restriction\",\"when\":\""
        + when
        + "\"},";
  }

  static String restoring(String mode, String expect) {
    return "{\"expect\":\""
        + expect
        + "\",\"inputs\":{\"governance\":{\"mode\":\""
        + mode
        + "\"},\"request\":{\"resource\":\"/usr/bin/restore\"}},\"like\":\""
        + USUAL
        + "\",\"name\":\"restoring-in-"
        + mode
        + "\"},";
  }

  String breakglass() {
    return "\"breakglass\":{\"approvers\":["
        + IntStream.range(0, 3)
            .mapToObj(i -> "\"" + Deployment.name(deployment.approvers.kid(i)) + "\"")
            .collect(Collectors.joining(","))
        + "],\"max_ttl_s\":600,\"review_within_s\":3600,\"threshold\":2},";
  }

  GovernanceOrders orders() {
    return deployment.service().governanceOrders();
  }

  Instant now() {
    return deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  Hash nonce() {
    byte[] bytes = new byte[Hash.BYTES];
    random.nextBytes(bytes);
    return Hash.of(bytes);
  }

  BreakglassGrant unsigned(String issuer, Instant from, Duration valid) {
    return new BreakglassGrant(
        issuer,
        nonce(),
        "For an emergency.",
        Duration.ofHours(2),
        from,
        from.plus(valid),
        List.of());
  }

  static BreakglassGrant signed(BreakglassGrant grant, OperatorKeys keys, int... signers) {
    BreakglassGrant signed = grant;
    for (int signer : signers) {
      signed = signed.with(keys.sign(signer, grant.signingInput()));
    }
    return signed;
  }

  BreakglassGrant grant() {
    return signed(
        unsigned(Deployment.IDENTITY.issuer(), now(), Duration.ofDays(30)),
        deployment.approvers,
        0,
        1);
  }

  GovernanceOrder.Unsigned order(
      Kind kind, Optional<Hash> grant, OptionalLong overFreeze, Instant given) {
    return new GovernanceOrder.Unsigned(
        Deployment.IDENTITY.issuer(), kind, grant, overFreeze, "It is needed.", given, nonce());
  }

  static GovernanceOrder signed(GovernanceOrder.Unsigned order, OperatorKeys keys, int signer) {
    return order.signed(keys.sign(signer, order.signingInput()));
  }

  /** By operator 0. */
  Outcome use(BreakglassGrant grant, OptionalLong overFreeze) {
    GovernanceOrder order =
        signed(
            order(Kind.USE, Optional.of(grant.digest()), overFreeze, now()),
            deployment.operators,
            0);
    return Deployment.join(orders().use(grant, order));
  }

  Outcome ordered(Kind kind, Optional<Hash> grant, OperatorKeys keys, int signer) {
    return Deployment.join(
        orders().order(signed(order(kind, grant, NO_FREEZE, now()), keys, signer)));
  }

  @CanIgnoreReturnValue
  long taken(Outcome outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Taken.class);
    return ((Outcome.Taken) outcome).leafIndex();
  }

  static void assertDenied(Outcome outcome, String reason) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Denied.class,
            denied ->
                assertThat(denied.denial().reason())
                    .as(denied.denial().message())
                    .isEqualTo(reason.strip()));
  }

  IssuanceOutcome restore() {
    ExecutionRequest usual = Deployment.request(host);
    ExecutionRequest restoration =
        new ExecutionRequest(
            usual.iss(),
            usual.aud(),
            usual.tenant(),
            usual.sub(),
            new Act("exec", "/usr/bin/restore", Hash.sha256(new byte[] {1}), Map.of(), 1),
            Optional.empty(),
            usual.jkt());
    return deployment.issue(host.answer(deployment.challenge(host), restoration));
  }

  static void assertDeniedBy(String rule, IssuanceOutcome outcome) {
    assertThat(Deployment.denial(DenialCode.POLICY_DENIED, outcome).reason()).isEqualTo(rule);
  }

  String policyFinding() {
    deployment.pass(Duration.ofSeconds(1));
    return Deployment.join(deployment.service().readiness()).findings().stream()
        .filter(finding -> finding.part() == Part.POLICY)
        .map(Readiness.Finding::message)
        .collect(Collectors.joining());
  }
}
