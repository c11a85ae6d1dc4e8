// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.ProofBundle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/** Real bundles, artifacts and statements, of each of which one thing is changed. */
final class SpoiledBundle {
  private SpoiledBundle() {}

  /** Its last byte is missing. */
  static byte[] cut(ProofBundle bundle) {
    byte[] json = bundle.toJson();
    return Arrays.copyOf(json, json.length - 1);
  }

  /** Its artifact's signature is another. */
  static ProofBundle signature(ProofBundle bundle) {
    return new ProofBundle(
        signature(bundle.artifact()), bundle.leaf(), bundle.tlogProof(), bundle.statusListToken());
  }

  /** A compact serialization whose signature is another, in a digit that is all of it. */
  static String signature(String compact) {
    int at = compact.lastIndexOf('.') + 2;
    return compact.substring(0, at)
        + (compact.charAt(at) == 'A' ? 'B' : 'A')
        + compact.substring(at + 1);
  }

  /** It has the leaf and the proof of another artifact. */
  static ProofBundle lineage(ProofBundle bundle, ProofBundle other) {
    return new ProofBundle(
        bundle.artifact(), other.leaf(), other.tlogProof(), bundle.statusListToken());
  }

  /** It has no status token. */
  static ProofBundle withoutStatus(ProofBundle bundle) {
    return withStatus(bundle, Optional.empty());
  }

  /** It has this status token. */
  static ProofBundle withStatus(ProofBundle bundle, Optional<String> token) {
    return new ProofBundle(bundle.artifact(), bundle.leaf(), bundle.tlogProof(), token);
  }

  /** An artifact in which one text stands for another, under the signature of the first. */
  static Artifact claim(Artifact artifact, String from, String to)
      throws MalformedArtifactException {
    String[] parts = artifact.compact().split("\\.", -1);
    String payload =
        new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
            .replace(from, to);
    return Artifact.parse(
        parts[0]
            + '.'
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(payload.getBytes(StandardCharsets.UTF_8))
            + '.'
            + parts[2]);
  }
}
