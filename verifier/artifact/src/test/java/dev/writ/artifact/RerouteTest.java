// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** An allow with the obligation that the call goes somewhere else than it would. */
class RerouteTest {
  private static final Presentation.Obligations NONE =
      new Presentation.Obligations(Set.of("log"), Set.of());

  private static Verdict verify(Presentation.Obligations met, String... obligations) {
    Issuance issuance =
        Issuance.valid()
            .claims(
                claims ->
                    Claims.governance(
                        claims,
                        new Governance(
                            claims.gov().initiator(),
                            List.of(),
                            List.of(obligations),
                            claims.gov().mode())));
    return BundleVerifier.of(TestWorld.trust(TestWorld.devTrust()))
        .verify(
            issuance.bundle(),
            TestWorld.presentation().withObligations(met),
            new SeenInMemory(),
            NOW);
  }

  private static void assertDenied(Verdict verdict) {
    BundleVerifierDenialTest.assertDenied(
        verdict, DenialCode.RUNTIME_CONDITION, CheckName.OBLIGATIONS);
  }

  @Test
  void reroute_toAnUpstreamThatIsThere_isHandedOut() {
    Verdict verdict = verify(NONE.reroutingTo(Set.of("blue", "green")), "log:full", "reroute:blue");

    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Allowed.class,
            allowed -> {
              assertThat(allowed.upstream()).contains("blue");
              assertThat(allowed.obligations())
                  .containsExactly(
                      new Obligation.Other("log", Optional.of("full")),
                      new Obligation.Reroute("blue"));
            });
  }

  @Test
  void noReroute_leavesTheUpstreamToTheGateway() {
    assertThat(verify(NONE.reroutingTo(Set.of("blue")), "log"))
        .isInstanceOfSatisfying(
            Verdict.Allowed.class, allowed -> assertThat(allowed.upstream()).isEmpty());
  }

  @Test
  void reroute_whereNobodyKnowsIt_orNoSuchUpstreamIsThere_runtimeCondition() {
    assertDenied(verify(NONE, "reroute:blue"));
    Presentation.Obligations green = NONE.reroutingTo(Set.of("green"));
    assertDenied(verify(green, "reroute:blue"));
    assertDenied(verify(green, "reroute:gree"));
    assertDenied(verify(green, "reroute:green", "reroute:blue"));
  }

  @Test
  void reroute_toNowhereOrToTwoPlaces_runtimeCondition() {
    Presentation.Obligations both = NONE.reroutingTo(Set.of("blue", "green"));

    assertDenied(verify(both, "reroute"));
    assertDenied(verify(both, "reroute:"));
    assertDenied(verify(both, "reroute:blue", "reroute:green"));
  }

  /** Nor does knowing leases help with one of no length: nobody could tell when it ends. */
  @Test
  void lease_thatNobodyKnows_orOfNoLength_runtimeCondition() {
    assertDenied(verify(NONE, "lease:30"));
    Presentation.Obligations known =
        new Presentation.Obligations(Set.of("log", Obligation.LEASE), Set.of());
    for (String lease :
        List.of("lease", "lease:", "lease:0", "lease:030", "lease:3601", "lease:1s")) {
      assertDenied(verify(known, lease));
    }
    assertThat(verify(known, "log", "lease:30", "lease:20"))
        .isInstanceOfSatisfying(
            Verdict.Allowed.class,
            allowed ->
                assertThat(allowed.obligations())
                    .contains(new Obligation.Lease(Duration.ofSeconds(20))));
  }

  @Test
  void rerouting_metWithoutUpstreams_isRefused() {
    assertThatThrownBy(() -> new Presentation.Obligations(Set.of("reroute"), Set.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("upstreams");
    assertThatThrownBy(() -> NONE.reroutingTo(Set.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
