// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.Possession;
import dev.writ.artifact.ProofBundle;
import dev.writ.tlog.Hash;
import java.util.Map;
import java.util.Optional;

/**
 * What a question shows of an artifact, and what it would be used for besides what the question names: the
 * member {@code writ} of its context.
 *
 * @param bundle the proof bundle
 * @param possession the holder's, for a nonce of who asks
 * @param argsDigest of the exact arguments
 * @param amounts what is taken of each thing that an artifact may limit
 */
record AuthzenProof(
    byte[] bundle, Possession possession, Hash argsDigest, Map<String, Long> amounts) {
  private static final int MAX_AMOUNTS = 16;

  static AuthzenProof take(JsonMembers json) throws MalformedJsonException {
    AuthzenProof proof =
        new AuthzenProof(
            json.canonical("bundle"),
            Possession.take(json.object("possession")),
            json.hash("args_digest"),
            json.has("amounts")
                ? Map.copyOf(json.object("amounts").allIntegers(MAX_AMOUNTS))
                : Map.of());
    JsonMembers unused = json.object("bundle");
    json.end();
    return proof;
  }

  /** The artifact; empty where the bundle has none. */
  Optional<Artifact> artifact() {
    try {
      return Optional.of(Artifact.parse(ProofBundle.parse(bundle).artifact()));
    } catch (MalformedBundleException | MalformedArtifactException e) {
      return Optional.empty();
    }
  }
}
