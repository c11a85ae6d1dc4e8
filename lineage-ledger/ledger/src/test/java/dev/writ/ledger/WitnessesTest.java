// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.writ.tlog.Cosigner;
import dev.writ.tlog.LogPolicy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which witnesses of a log policy are asked, and where. */
class WitnessesTest {
  private static final String NORTH = Cosigner.of("north", SampleLog.ed25519()).key().vkey();
  private static final String SOUTH = Cosigner.of("south", SampleLog.ed25519()).key().vkey();

  @Test
  void of_policy_asksAtItsUrlsUnlessOthersAreGiven() throws Exception {
    Witnesses witnesses = Witnesses.of(policy("https://n.example/a", "any"), Map.of());
    assertThat(witnesses.isNeeded()).isTrue();
    assertThat(witnesses.asked())
        .extracting(Witnesses.Asked::name, Witnesses.Asked::url)
        .containsExactly(tuple("north", URI.create("https://n.example/a")));
    URI other = URI.create("http://[::1]:8090");
    assertThat(
            Witnesses.of(
                    policy("https://n.example/a", "all"),
                    Map.of("south", other, "north", URI.create("https://elsewhere")))
                .asked())
        .extracting(Witnesses.Asked::url)
        .containsExactly(URI.create("https://elsewhere"), other);
  }

  @Test
  void of_quorumThatNeedsAWitnessWithoutUrl_isRefused() throws Exception {
    LogPolicy policy = policy("https://n.example", "all");
    assertThatThrownBy(() -> Witnesses.of(policy, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("quorum")
        .hasMessageContaining("north");
  }

  @Test
  void of_urlOfNobody_isRefused() throws Exception {
    LogPolicy policy = policy("https://n.example", "any");
    assertThatThrownBy(() -> Witnesses.of(policy, Map.of("east", URI.create("https://e"))))
        .hasMessageContaining("east");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://n.example",
        "http://10.0.0.1",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
        "https:opaque",
        "https://n.example/?a",
        "https://n.example/#a",
        "%%",
        "relative"
      })
  void of_urlThatIsNotSafe_isRefused(String url) throws Exception {
    LogPolicy policy = policy(url, "any");
    assertThatThrownBy(() -> Witnesses.of(policy, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://n.example",
        "http://127.0.0.1:80/w",
        "http://localhost:1",
        "http://[::1]:1/"
      })
  void of_urlThatIsSafe_isTaken(String url) throws Exception {
    assertThat(Witnesses.of(policy(url, "any"), Map.of()).asked()).hasSize(1);
  }

  /** South has no URL of its own. */
  private static LogPolicy policy(String north, String threshold) throws Exception {
    return LogPolicy.parse(
        "log "
            + TestLedgers.SIGNER.key().vkey()
            + "\nwitness north "
            + NORTH
            + " "
            + north
            + "\nwitness south "
            + SOUTH
            + "\ngroup enough "
            + threshold
            + " north south\nquorum enough\n");
  }
}
