// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ExecGateway;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.Seen;
import dev.writ.artifact.TrustSuccession;
import dev.writ.artifact.Verdict;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Judges a bundle by the newest trust file at hand, and asks the service for newer ones where the denial
 * may come of having missed one: then once more by what was found. Who missed none waits for nothing. It
 * is as safe as asking first: whoever could withhold the newer file from the one could from the other,
 * and a status token that names it ends what an older one allows.
 */
final class FollowingVerifier implements ExecGateway.Verification {
  /** What who goes by an older trust file is denied with. */
  private static final Set<DenialCode> MISSED =
      EnumSet.of(
          DenialCode.SIGNATURE_INVALID,
          DenialCode.REVOKED,
          DenialCode.LINEAGE_FRAGMENTED,
          DenialCode.GOVERNANCE_DISCONTINUITY);

  private final FollowedTrust trust;
  private final Optional<TrustSuccession.Published> service;
  private BundleVerifier verifier;

  /**
   * Asks nobody yet.
   *
   * @param service where trust files are published; absent where there is nobody to ask
   */
  FollowingVerifier(FollowedTrust trust, Optional<TrustSuccession.Published> service) {
    this.trust = trust;
    this.service = service;
    this.verifier = BundleVerifier.of(trust.newest());
  }

  @Override
  public Verdict verify(byte[] bundle, Presentation presentation, Seen seen, Instant now) {
    Verdict verdict = verifier.verify(bundle, presentation, seen, now);
    if (verdict instanceof Verdict.Denied denied
        && MISSED.contains(denied.code())
        && service.isPresent()
        && trust.follow(service.get())) {
      verifier = BundleVerifier.of(trust.newest());
      return verifier.verify(bundle, presentation, seen, now);
    }
    return verdict;
  }
}
