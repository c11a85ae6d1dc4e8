// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.security.Provider;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** C2SP/wycheproof, Ed25519. */
class WycheproofEd25519VectorsTest {
  private static final HexFormat HEX = HexFormat.of();

  @Test
  void verify_eachVector_isAsExpectedOnEachProvider() throws Exception {
    JsonNode groups = Vectors.json("wycheproof/testvectors_v1/ed25519_test.json").get("testGroups");
    int count = 0;
    for (JsonNode group : groups) {
      byte[] key = HEX.parseHex(group.get("publicKey").get("pk").asText());
      for (Provider provider : TestProviders.all()) {
        Ed25519Verifier verifier = Ed25519Verifier.of(key, provider);
        for (JsonNode test : group.get("tests")) {
          byte[] message = HEX.parseHex(test.get("msg").asText());
          byte[] signature = HEX.parseHex(test.get("sig").asText());
          assertThat(verifier.verify(new byte[0], message, 0, message.length, signature))
              .as("%s on %s", test, provider.getName())
              .isEqualTo(test.get("result").asText().equals("valid"));
          count++;
        }
      }
    }
    assertThat(count).isPositive();
  }
}
