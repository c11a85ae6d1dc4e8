// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Presentation.Audience;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a Relying Party cannot leave out. */
class PresentationTest {
  private static final HostState HERE = TestWorld.hostState();
  private static final HostState CHANGED =
      new HostState(HERE.akName(), HERE.pcrs(), hash("changed"), 12, 3);

  private static void assertExecutionOn(HostState host, Presentation presentation) {
    assertThat(presentation.audience()).contains(new Audience.ExecutionHere(host));
    assertThat(presentation.host()).contains(host);
  }

  @Test
  void executionHere_alone_demandsItsHost() {
    Presentation presentation =
        Presentation.NOTHING.withAudience(new Audience.ExecutionHere(CHANGED));

    assertExecutionOn(CHANGED, presentation);
    BundleVerifierDenialTest.assertDenied(
        BundleVerifier.of(TestWorld.trust(TestWorld.devTrust()))
            .verify(Issuance.valid().bundle(), presentation, Seen.NOTHING_IS_USED, TestWorld.NOW),
        DenialCode.ENVIRONMENT_MISMATCH,
        CheckName.PCR_DIGEST);
  }

  @Test
  void executionHere_andAHost_areOneInEitherOrder() {
    Presentation here = Presentation.NOTHING.withAudience(new Audience.ExecutionHere(HERE));
    Presentation changed = Presentation.NOTHING.withHost(CHANGED);

    assertExecutionOn(CHANGED, here.withHost(CHANGED));
    assertExecutionOn(HERE, changed.withAudience(new Audience.ExecutionHere(HERE)));
  }

  @Test
  void executionHere_besideAnotherHost_isRefused() {
    assertThatThrownBy(
            () ->
                new Presentation(
                    Optional.of(new Audience.ExecutionHere(HERE)),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(CHANGED),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("execution here");
  }

  @Test
  void gateway_withAndWithoutHost_isAsGiven() {
    Presentation gateway = Presentation.NOTHING.withAudience(new Audience.Gateway("gateway-1"));

    assertThat(gateway.host()).isEmpty();
    assertThat(gateway.withHost(HERE).audience()).isEqualTo(gateway.audience());
  }
}
