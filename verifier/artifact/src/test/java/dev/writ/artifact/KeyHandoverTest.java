// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.Operations.SUCCESSOR;
import static dev.writ.artifact.Operations.handover;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.KeyHandover.Signed;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;

/** One key's word for another, and the other's for it: both, or none. */
class KeyHandoverTest {
  private static final byte[] INPUT = handover().signingInput();
  private static final byte[] BY_FROM = TestKey.ISSUER.sign(INPUT);
  private static final byte[] BY_TO = SUCCESSOR.sign(INPUT);

  private static boolean holds(byte[] byFrom, byte[] byTo) {
    return new Signed(handover(), byFrom, byTo).holds(TestKey.ISSUER.publicKey());
  }

  @Test
  void holds_signedByBoth() {
    assertThat(holds(BY_FROM, BY_TO)).isTrue();
  }

  @Test
  void holds_oneMissingSwappedOrOfAnotherKey_not() {
    byte[] stranger = TestKey.random().sign(INPUT);

    assertThat(holds(new byte[64], BY_TO)).isFalse();
    assertThat(holds(BY_FROM, new byte[64])).isFalse();
    assertThat(holds(BY_TO, BY_FROM)).isFalse();
    assertThat(holds(BY_FROM, BY_FROM)).isFalse();
    assertThat(holds(BY_TO, BY_TO)).isFalse();
    assertThat(holds(stranger, BY_TO)).isFalse();
    assertThat(holds(BY_FROM, stranger)).isFalse();
  }

  @Test
  void holds_underAnotherKeyThanItNames_not() {
    assertThat(new Signed(handover(), BY_FROM, BY_TO).holds(SUCCESSOR.publicKey())).isFalse();
    assertThat(new Signed(handover(), BY_FROM, BY_TO).holds(TestKey.LOG.publicKey())).isFalse();
  }

  /** Who has the old key alone has no word of a new one that he does not have. */
  @Test
  void holds_signedOverAnythingElse_not() {
    byte[] other = Operations.rotation().signingInput();
    KeyHandover later =
        new KeyHandover(
            handover().issuer(),
            handover().role(),
            handover().from(),
            handover().to(),
            handover().activates().plusSeconds(1),
            handover().operation());

    assertThat(holds(TestKey.ISSUER.sign(other), BY_TO)).isFalse();
    assertThat(holds(BY_FROM, SUCCESSOR.sign(other))).isFalse();
    assertThat(new Signed(later, BY_FROM, BY_TO).holds(TestKey.ISSUER.publicKey())).isFalse();
  }

  @Test
  void signingInput_isLabelAndCanonicalJson() throws Exception {
    String input = new String(INPUT, StandardCharsets.UTF_8);
    String json = input.substring("writ-handover-v1\0".length());

    assertThat(input).startsWith("writ-handover-v1\0{");
    assertThat(json).isEqualTo(new JsonCanonicalizer(json).getEncodedString());
    assertThat(json)
        .contains("\"from\":\"" + Base64Url.encode(TestKey.ISSUER.kid().bytes()) + "\"")
        .contains("\"kid\":\"" + Base64Url.encode(SUCCESSOR.kid().bytes()) + "\"")
        .contains("\"activates\":1793610060")
        .contains("\"role\":\"issuer\"")
        .contains("\"operation\":\"" + Operations.rotation().digest() + "\"");
  }

  @Test
  void of_valuesOutsideTheirBounds_isRefused() {
    KeyHandover h = handover();
    Instant fraction = h.activates().plusMillis(1);

    assertThatThrownBy(
            () -> new KeyHandover("", h.role(), h.from(), h.to(), h.activates(), h.operation()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("handover.issuer");
    assertThatThrownBy(
            () -> new KeyHandover(h.issuer(), h.role(), h.from(), h.to(), fraction, h.operation()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("handover.activates");
    assertThatThrownBy(
            () ->
                new KeyHandover(
                    h.issuer(), h.role(), h.to().kid(), h.to(), h.activates(), h.operation()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("handover.to");
    assertThatThrownBy(() -> new Signed(h, new byte[63], BY_TO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("handover.by_from");
    assertThatThrownBy(() -> new Signed(h, BY_FROM, new byte[65]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("handover.by_to");
  }

  @Test
  void signatures_givenOrTaken_areCopies() {
    byte[] given = BY_FROM.clone();
    Signed signed = new Signed(handover(), given, BY_TO);
    given[0] ^= 1;
    signed.byFrom()[0] ^= 1;
    signed.byTo()[0] ^= 1;

    assertThat(signed).isEqualTo(new Signed(handover(), BY_FROM, BY_TO));
    assertThat(signed).isNotEqualTo(new Signed(handover(), BY_TO, BY_TO));
    assertThat(signed).isNotEqualTo(new Signed(handover(), BY_FROM, BY_FROM));
  }
}
