// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Not one bit of a bundle can be another. */
class BundleTamperTest {
  private final BundleVerifier verifier = BundleVerifier.of(TestWorld.trust(TestWorld.devTrust()));
  private final ProofBundle valid = parse(Issuance.valid().bundle());

  private static ProofBundle parse(byte[] json) {
    try {
      return ProofBundle.parse(json);
    } catch (MalformedBundleException e) {
      throw new AssertionError(e);
    }
  }

  private DenialCode codeOf(byte[] bundle) {
    Verdict verdict =
        verifier.verify(bundle, TestWorld.presentation(), Seen.NOTHING_IS_USED, TestWorld.NOW);
    assertThat(verdict).isInstanceOf(Verdict.Denied.class);
    assertThat(((Verdict.Denied) verdict).reason()).doesNotContain("a bug");
    return ((Verdict.Denied) verdict).code();
  }

  private DenialCode codeOf(String artifact) {
    return codeOf(
        new ProofBundle(artifact, valid.leaf(), valid.tlogProof(), Optional.empty()).toJson());
  }

  @Test
  void case17_artifact_eachByteOfThePayload_signatureInvalid() {
    String[] parts = valid.artifact().split("\\.");
    byte[] payload = Base64.getUrlDecoder().decode(parts[1]);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= (byte) (1 << i % 8);
      String forged = parts[0] + "." + Base64Url.encode(payload) + "." + parts[2];
      payload[i] ^= (byte) (1 << i % 8);

      assertThat(codeOf(forged)).as("byte %s", i).isEqualTo(DenialCode.SIGNATURE_INVALID);
    }
  }

  @Test
  void case17_artifact_eachByteOfTheSignature_signatureInvalid() {
    String[] parts = valid.artifact().split("\\.");
    byte[] signature = Base64.getUrlDecoder().decode(parts[2]);
    for (int i = 0; i < signature.length; i++) {
      signature[i] ^= (byte) (1 << i % 8);
      String forged = parts[0] + "." + parts[1] + "." + Base64Url.encode(signature);
      signature[i] ^= (byte) (1 << i % 8);

      assertThat(codeOf(forged)).as("byte %s", i).isEqualTo(DenialCode.SIGNATURE_INVALID);
    }
  }

  @Test
  void case17_artifact_everyThirdCharacter_deniedBeforeTheClaims() {
    char[] compact = valid.artifact().toCharArray();
    for (int i = 0; i < compact.length; i += 3) {
      char was = compact[i];
      compact[i] ^= (char) (1 << i % 7);
      DenialCode code = codeOf(new String(compact));
      compact[i] = was;

      assertThat(code)
          .as("character %s", i)
          .isIn(DenialCode.UNVERIFIABLE, DenialCode.SIGNATURE_INVALID);
    }
  }

  @Test
  void case85_leaf_eachByte_lineageFragmented() {
    byte[] leaf = valid.leaf();
    for (int i = 0; i < leaf.length; i++) {
      leaf[i] ^= (byte) (1 << i % 8);
      byte[] forged =
          new ProofBundle(valid.artifact(), leaf, valid.tlogProof(), Optional.empty()).toJson();
      leaf[i] ^= (byte) (1 << i % 8);

      assertThat(codeOf(forged)).as("byte %s", i).isEqualTo(DenialCode.LINEAGE_FRAGMENTED);
    }
  }

  @Test
  void case85_proof_eachCharacter_lineageFragmented() {
    char[] proof = valid.tlogProof().toCharArray();
    for (int i = 0; i < proof.length; i++) {
      char was = proof[i];
      proof[i] ^= (char) (1 << i % 7);
      byte[] forged =
          new ProofBundle(valid.artifact(), valid.leaf(), new String(proof), Optional.empty())
              .toJson();
      proof[i] = was;

      assertThat(codeOf(forged)).as("character %s", i).isEqualTo(DenialCode.LINEAGE_FRAGMENTED);
    }
  }

  @Test
  void case01_bundle_truncatedAnywhere_unverifiable() {
    byte[] bundle = valid.toJson();
    for (int length = 1; length < bundle.length; length += 7) {
      byte[] part = Arrays.copyOf(bundle, length);

      assertThat(codeOf(part)).as("length %s", length).isEqualTo(DenialCode.UNVERIFIABLE);
    }
  }

  @Test
  void case02_bundle_withTrailingBytes_unverifiable() {
    String bundle = new String(valid.toJson(), StandardCharsets.UTF_8);

    for (String tail : new String[] {"x", "{}", "\0", ",", "]"}) {
      assertThat(codeOf((bundle + tail).getBytes(StandardCharsets.UTF_8)))
          .isEqualTo(DenialCode.UNVERIFIABLE);
    }
  }
}
