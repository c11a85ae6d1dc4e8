// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * C2SP/CCTV, Ed25519 edge cases: pins the one acceptance rule of {@link Ed25519Verifier}. Each vector
 * says which edges it has; it is accepted exactly if it has none that the rule refuses.
 */
class CctvEd25519VectorsTest {
  private static final HexFormat HEX = HexFormat.of();

  /**
   * Encodings that are not canonical, points of small order, and a residue that only multiplying by
   * the cofactor hides. A component of small order beside one of the large order is no edge by
   * itself.
   */
  private static final Set<String> REFUSED =
      Set.of(
          "non_canonical_A", "non_canonical_R", "low_order_A", "low_order_R", "low_order_residue");

  @Test
  void verify_eachEdgeCase_isAsTheRuleSaysOnEachProvider() throws Exception {
    int accepted = 0;
    for (JsonNode vector : Vectors.json("cctv/ed25519/ed25519vectors.json")) {
      Set<String> edges = new HashSet<>();
      vector.get("flags").forEach(flag -> edges.add(flag.asText()));
      edges.retainAll(REFUSED);
      byte[] key = HEX.parseHex(vector.get("key").asText());
      byte[] message = vector.get("msg").asText().getBytes(StandardCharsets.UTF_8);
      byte[] signature = HEX.parseHex(vector.get("sig").asText());
      if (Ed25519Verifier.isAcceptablePoint(key)) {
        for (Provider provider : TestProviders.all()) {
          boolean verified =
              Ed25519Verifier.of(key, provider)
                  .verify(new byte[0], message, 0, message.length, signature);
          assertThat(verified)
              .as("%s on %s", vector, provider.getName())
              .isEqualTo(edges.isEmpty());
          accepted += verified ? 1 : 0;
        }
      } else {
        assertThat(edges).as(vector.toString()).containsAnyOf("low_order_A", "non_canonical_A");
      }
    }
    assertThat(accepted).isPositive();
  }
}
