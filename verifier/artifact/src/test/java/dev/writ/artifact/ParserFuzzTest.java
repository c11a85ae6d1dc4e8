// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;

/** Each parser is total: of any bytes it makes its value or its one exception, and nothing else. */
class ParserFuzzTest {
  @FuzzTest
  void request(byte[] input) {
    try {
      ExecutionRequest request = ExecutionRequest.parse(input);
      requireSame(request, ExecutionRequest.parse(request.jcs()));
    } catch (MalformedRequestException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void claims(byte[] input) {
    try {
      ArtifactClaims claims = ArtifactClaims.parse(input);
      requireSame(claims, ArtifactClaims.parse(claims.toJson()));
    } catch (MalformedArtifactException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void artifact(FuzzedDataProvider input) {
    String compact = input.consumeRemainingAsString();
    try {
      requireSame(compact, Artifact.parse(compact).compact());
    } catch (MalformedArtifactException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void leaf(byte[] input) {
    try {
      if (!Arrays.equals(Leaf.parse(input).bytes(), input)) {
        throw new AssertionError("a leaf must be its bytes");
      }
    } catch (MalformedLeafException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void trustFile(byte[] input) {
    try {
      TrustFile file = TrustFile.parse(input);
      TrustFile again = TrustFile.of(file.content(), file.signatures());
      requireSame(file.content(), TrustFile.parse(again.toJson()).content());
    } catch (MalformedTrustFileException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void bundle(byte[] input) {
    try {
      ProofBundle bundle = ProofBundle.parse(input);
      requireSame(bundle, ProofBundle.parse(bundle.toJson()));
    } catch (MalformedBundleException e) {
      requireMessage(e);
    }
  }

  private static void requireSame(Object expected, Object actual) {
    if (!expected.equals(actual)) {
      throw new AssertionError("written and read again, " + expected + " became " + actual);
    }
  }

  private static void requireMessage(MalformedDocumentException e) {
    if (e.mustBe().isEmpty() || e.getMessage().chars().anyMatch(c -> c < 0x20)) {
      throw new AssertionError("a refusal must say what must be, in print", e);
    }
  }
}
