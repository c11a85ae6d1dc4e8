// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Governance;
import org.junit.jupiter.api.Test;

/** What an artifact says of the mode in which it was issued. */
class ArtifactModeTest {
  @Test
  void mode_underABreakglass_saysSo_butOfDevThatItIsDev() {
    assertThat(ArtifactSigner.mode(Governance.Mode.STANDARD, true))
        .isEqualTo(Governance.Mode.BREAK_GLASS);
    assertThat(ArtifactSigner.mode(Governance.Mode.STANDARD, false))
        .isEqualTo(Governance.Mode.STANDARD);
    assertThat(ArtifactSigner.mode(Governance.Mode.DEV, true)).isEqualTo(Governance.Mode.DEV);
  }
}
