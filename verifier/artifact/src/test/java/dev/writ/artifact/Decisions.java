// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.LeafBody.DecisionAllow;
import dev.writ.tlog.Hash;
import java.util.Optional;

/** Copies of a decision with one field another. */
final class Decisions {
  private Decisions() {}

  static DecisionAllow jti(DecisionAllow d, UuidV7 jti) {
    return with(d, jti, d.artifactDigest(), d.requestDigest(), d.policyDigest(), d.epoch());
  }

  static DecisionAllow artifact(DecisionAllow d, Hash digest) {
    return with(d, d.jti(), digest, d.requestDigest(), d.policyDigest(), d.epoch());
  }

  static DecisionAllow request(DecisionAllow d, Hash digest) {
    return with(d, d.jti(), d.artifactDigest(), digest, d.policyDigest(), d.epoch());
  }

  static DecisionAllow policy(DecisionAllow d, Hash digest) {
    return with(d, d.jti(), d.artifactDigest(), d.requestDigest(), digest, d.epoch());
  }

  static DecisionAllow epoch(DecisionAllow d, long epoch) {
    return with(d, d.jti(), d.artifactDigest(), d.requestDigest(), d.policyDigest(), epoch);
  }

  static DecisionAllow parent(DecisionAllow d, Optional<UuidV7> parent) {
    return new DecisionAllow(
        d.jti(),
        d.artifactDigest(),
        d.requestDigest(),
        d.evidenceDigest(),
        d.policyDigest(),
        d.epoch(),
        d.subject(),
        d.host(),
        d.args(),
        parent,
        d.renews());
  }

  private static DecisionAllow with(
      DecisionAllow d, UuidV7 jti, Hash artifact, Hash request, Hash policy, long epoch) {
    return new DecisionAllow(
        jti,
        artifact,
        request,
        d.evidenceDigest(),
        policy,
        epoch,
        d.subject(),
        d.host(),
        d.args(),
        d.parent(),
        d.renews());
  }
}
