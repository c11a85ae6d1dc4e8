// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Payloads as openings: of what their leaves name, and of nothing else. */
final class OpeningsTest {
  private static final String SALT = "A".repeat(43);
  private static final byte[] DENIAL =
      Jcs.canonical(Map.of("request", Map.of("sub", "spiffe://a/b"), "salt", SALT));

  private static Leaf denial(Optional<byte[]> payload) {
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(1),
            UuidV7.next(InstantSource.system(), new SecureRandom()),
            List.of(),
            SampleLog.deny(DenialCode.POLICY_DENIED));
    return payload.map(bytes -> leaf.naming(Hash.sha256(bytes))).orElse(leaf);
  }

  private static SearchFilter of(String subject) {
    Optional<String> none = Optional.empty();
    return new SearchFilter(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(subject),
        none,
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void denial_isFoundBySubject_whereThePayloadIsTheOneThatItsLeafNames() throws Exception {
    Openings known = new Openings.Builder().add(DENIAL).build();
    Leaf named = denial(Optional.of(DENIAL));

    assertThat(of("spiffe://a/b").judge(named, known)).isEqualTo(SearchFilter.Answer.MATCHES);
    assertThat(of("spiffe://a/c").judge(named, known)).isEqualTo(SearchFilter.Answer.DIFFERS);
    assertThat(of("spiffe://a/b").judge(named, Openings.NONE))
        .isEqualTo(SearchFilter.Answer.UNDECIDED);
    byte[] other = DENIAL.clone();
    other[other.length - 3] ^= 1;
    assertThat(of("spiffe://a/b").judge(denial(Optional.of(other)), known))
        .as("of another payload")
        .isEqualTo(SearchFilter.Answer.UNDECIDED);
    assertThat(of("spiffe://a/b").judge(denial(Optional.empty()), known))
        .as("that names none says of whom it is by nothing")
        .isEqualTo(SearchFilter.Answer.DIFFERS);
  }

  @Test
  void payload_thatOpensNothing_isTaken_andWhatIsNoneIsNot() throws Exception {
    byte[] outcome = Jcs.canonical(Map.of("statement", "a.b.c", "salt", SALT));
    Openings unused = new Openings.Builder().add(outcome).build();

    assertThatThrownBy(
            () -> new Openings.Builder().add("{\"a\":1}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedOpeningException.class)
        .hasMessageContaining("a payload's salt, and has none");
  }
}
