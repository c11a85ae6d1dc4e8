// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.writ.tlog.ProofOutcome.Proven;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** transparency-dev/merkle, testdata/inclusion. */
class MerkleInclusionVectorsTest {
  @TestFactory
  List<DynamicTest> verify_eachVector_isAsExpected() throws IOException {
    String set = "merkle/testdata/inclusion";
    return Vectors.each(
        set,
        () ->
            Vectors.jsonFiles(set).stream()
                .map(file -> DynamicTest.dynamicTest(file.toString(), () -> verify(file)))
                .toList());
  }

  private static void verify(Path file) throws IOException {
    JsonNode vector = Vectors.json(file);
    assertThat(isProven(vector)).isEqualTo(!vector.get("wantErr").asBoolean());
  }

  private static boolean isProven(JsonNode vector) throws IOException {
    List<Hash> path = new ArrayList<>();
    Hash leaf;
    Hash root;
    try {
      for (JsonNode hash : vector.get("proof")) {
        path.add(Hash.of(hash.binaryValue()));
      }
      leaf = Hash.of(vector.get("leafHash").binaryValue());
      root = Hash.of(vector.get("root").binaryValue());
    } catch (IllegalArgumentException e) {
      // Not 32 bytes: no proof can hold such a hash.
      return false;
    }
    long index = vector.get("leafIdx").bigIntegerValue().longValue();
    long size = vector.get("treeSize").bigIntegerValue().longValue();
    return new InclusionProof(index, size, path).verify(leaf, root) instanceof Proven;
  }
}
