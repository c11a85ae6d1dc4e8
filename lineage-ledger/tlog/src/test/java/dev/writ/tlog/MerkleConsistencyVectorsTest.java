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

/** transparency-dev/merkle, testdata/consistency. */
class MerkleConsistencyVectorsTest {
  @TestFactory
  List<DynamicTest> verify_eachVector_isAsExpected() throws IOException {
    String set = "merkle/testdata/consistency";
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
    try {
      for (JsonNode hash : vector.get("proof")) {
        path.add(Hash.of(hash.binaryValue()));
      }
    } catch (IllegalArgumentException e) {
      // Not 32 bytes: no proof can hold such a hash.
      return false;
    }
    long oldSize = vector.get("size1").bigIntegerValue().longValue();
    long newSize = vector.get("size2").bigIntegerValue().longValue();
    Hash oldRoot = root(vector.get("root1").binaryValue());
    Hash newRoot = root(vector.get("root2").binaryValue());
    return new ConsistencyProof(oldSize, newSize, path).verify(oldRoot, newRoot) instanceof Proven;
  }

  /** Some vectors have text for roots; hashing it keeps equal roots equal and others different. */
  private static Hash root(byte[] bytes) {
    return bytes.length == Hash.BYTES ? Hash.of(bytes) : Hash.sha256(bytes);
  }
}
