// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.security.Provider;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** C2SP/wycheproof, ECDSA P-256 with SHA-256, signatures as r‖s. */
class WycheproofEcdsaP1363VectorsTest {
  private static final HexFormat HEX = HexFormat.of();

  @Test
  void verifyP1363_eachVector_isAsExpectedOnEachProvider() throws Exception {
    int valid = 0;
    int invalid = 0;
    for (JsonNode group :
        Vectors.json("wycheproof/testvectors_v1/ecdsa_secp256r1_sha256_p1363_test.json")
            .get("testGroups")) {
      P256Point key =
          P256Point.ofSpki(HEX.parseHex(group.get("publicKeyDer").asText())).orElseThrow();
      for (Provider provider : TestProviders.all()) {
        P256Verifier verifier = P256Verifier.of(key, provider);
        for (JsonNode test : group.get("tests")) {
          boolean verified =
              verifier.verifyP1363(
                  HEX.parseHex(test.get("msg").asText()), HEX.parseHex(test.get("sig").asText()));
          boolean expected = test.get("result").asText().equals("valid");
          if (expected && Wycheproof.isBeyondSunEc(test, provider)) {
            continue;
          }
          assertThat(verified).as("%s on %s", test, provider.getName()).isEqualTo(expected);
          valid += expected ? 1 : 0;
          invalid += expected ? 0 : 1;
        }
      }
    }
    assertThat(valid).isPositive();
    assertThat(invalid).isPositive();
  }
}
