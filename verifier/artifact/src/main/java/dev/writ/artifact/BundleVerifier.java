// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.Check.Outcome;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.SignedNote;
import java.security.Provider;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Verifies proof bundles offline, under one trust file. Total: whatever bytes it is given, it ends in
 * allow or in one denial code, and it never throws. Safe for use by any number of threads.
 *
 * <p>The checks below are made in their order. The first that fails decides; those after it are listed
 * as not reached, and those that this Relying Party does not demand as not asked. Nothing switches a
 * check that is demanded off.
 */
public final class BundleVerifier {
  private record Step(CheckName name, Function<Examination, Finding> check) {}

  private static final List<Step> STEPS =
      List.of(
          new Step(CheckName.GIVEN, Examination::given),
          new Step(CheckName.BUNDLE_FORM, Examination::bundleForm),
          new Step(CheckName.JWS_FORM, Examination::jwsForm),
          new Step(CheckName.SIGNATURE, Examination::signature),
          new Step(CheckName.CLAIMS_FORM, Examination::claimsForm),
          new Step(CheckName.KEY, Examination::key),
          new Step(CheckName.ISSUER, Examination::issuer),
          new Step(CheckName.AUDIENCE, Examination::audience),
          new Step(CheckName.TENANT, Examination::tenant),
          new Step(CheckName.ASSURANCE, Examination::assurance),
          new Step(CheckName.BEGUN, Examination::begun),
          new Step(CheckName.NOT_ENDED, Examination::notEnded),
          new Step(CheckName.CHECKPOINT, Examination::checkpoint),
          new Step(CheckName.LEAF_KIND, Examination::leafKind),
          new Step(CheckName.LEAF_AGREES, Examination::leafAgrees),
          new Step(CheckName.INCLUSION, Examination::inclusion),
          // Keeps the newest status token, on which the two after it rest.
          new Step(CheckName.GOVERNANCE, Examination::governance),
          new Step(CheckName.POLICY_EPOCH, Examination::policyEpoch),
          new Step(CheckName.STATUS, Examination::status),
          new Step(CheckName.POSSESSION, Examination::possession),
          new Step(CheckName.HOST, Examination::host),
          new Step(CheckName.PCR_DIGEST, Examination::pcrDigest),
          new Step(CheckName.BOOT, Examination::boot),
          new Step(CheckName.ACTION, Examination::action),
          new Step(CheckName.LIMITS, Examination::limits),
          new Step(CheckName.OBLIGATIONS, Examination::obligations),
          new Step(CheckName.PARENT, Examination::parent),
          // Last, because it writes: a use is recorded only when all else holds.
          new Step(CheckName.USE, Examination::use));

  private final Beliefs beliefs;

  private BundleVerifier(Beliefs beliefs) {
    this.beliefs = beliefs;
  }

  /**
   * A verifier on the platform's own providers.
   *
   * @param trust a trust file that {@link TrustFile#mayBeBelieved() may be believed}; who gives version
   *     1 vouches for it
   * @throws IllegalArgumentException if it may not
   */
  public static BundleVerifier of(TrustFile trust) {
    return new BundleVerifier(Beliefs.of(trust));
  }

  /**
   * A verifier on {@code provider}, where the platform's own P-256 is too slow.
   *
   * @param trust a trust file that {@link TrustFile#mayBeBelieved() may be believed}; who gives version
   *     1 vouches for it
   * @throws IllegalArgumentException if it may not, or if the provider has no SHA256withECDSA for P-256
   *     keys
   */
  public static BundleVerifier of(TrustFile trust, Provider provider) {
    return new BundleVerifier(Beliefs.of(trust, provider));
  }

  /**
   * Judges a bundle.
   *
   * @param bundle the bundle's bytes; empty where none was given
   * @param presentation what this Relying Party demands
   * @param seen its memory of uses and of status
   * @param now its clock, or the time as of which to judge
   */
  public Verdict verify(byte[] bundle, Presentation presentation, Seen seen, Instant now) {
    return verify(beliefs, bundle, presentation, seen, now);
  }

  static Verdict verify(
      Beliefs beliefs, byte[] bundle, Presentation presentation, Seen seen, Instant now) {
    Examination examination = new Examination(beliefs, bundle, presentation, seen, now);
    List<Check> checks = new ArrayList<>(STEPS.size());
    for (Step step : STEPS) {
      Finding finding = find(step, examination);
      checks.add(new Check(step.name(), finding.outcome(), finding.expected(), finding.actual()));
      if (finding.outcome() == Outcome.FAILED) {
        return denied(step, finding, checks);
      }
    }
    return new Verdict.Allowed(examination.artifact(), checks);
  }

  /**
   * Judges a status token that came by itself, such as one that was fetched, and keeps it if it is the
   * newest of its list. Total, as {@link #verify} is.
   *
   * @param compact the token's text
   * @param seen where it is kept
   * @param now this Relying Party's clock
   */
  public StatusVerdict learn(String compact, Seen seen, Instant now) {
    if (beliefs.content().status().isEmpty()) {
      return new StatusVerdict.Refused(
          DenialCode.GOVERNANCE_DISCONTINUITY, "the trust file has no status");
    }
    try {
      return new StatusJudgement(beliefs, beliefs.content().status().get(), seen, now)
          .learn(compact);
    } catch (RuntimeException e) {
      return new StatusVerdict.Refused(
          DenialCode.UNVERIFIABLE, "a bug of the verifier: " + e.getClass().getName());
    }
  }

  /**
   * Judges a revocation that was pushed, and keeps it: from then on whatever it withdraws is denied, though
   * the newest status token may not know of it. Total, as {@link #verify} is.
   *
   * @param event a {@link RevocationEvent} as it came
   * @param seen where it is kept
   * @param now this Relying Party's clock
   */
  public RevocationVerdict learnRevocation(byte[] event, Seen seen, Instant now) {
    try {
      return new RevocationJudgement(beliefs, seen, now).judge(event);
    } catch (RuntimeException e) {
      return new RevocationVerdict.Refused(
          DenialCode.UNVERIFIABLE, "a bug of the verifier: " + e.getClass().getName());
    }
  }

  /** How old a status token may be by which this judges; empty where the trust file has no status. */
  public Optional<Duration> statusMaxAge() {
    return beliefs.content().status().map(TrustContent.StatusSource::maxAge);
  }

  /** The trust file's version by which this judges. */
  public long trustVersion() {
    return beliefs.content().version();
  }

  /**
   * Judges the service's answer to a redemption: taken only where a leaf in a signed tree allows this very
   * question. Total, as {@link #verify} is.
   *
   * @param receipt a {@link RedemptionReceipt} as it came
   * @param asked what was asked
   * @param artifact of which a use is wanted, verified
   * @param now this Relying Party's clock
   */
  public Redemption judgeRedemption(
      byte[] receipt, RedemptionStatement asked, Artifact artifact, Instant now) {
    try {
      return new RedemptionJudgement(beliefs, now).judge(receipt, asked, artifact);
    } catch (RuntimeException e) {
      return new Redemption.Denied(
          DenialCode.UNVERIFIABLE, "a bug of the verifier: " + e.getClass().getName());
    }
  }

  /**
   * Whether a checkpoint is believed at {@code now}: the log policy trusts it, and a log key that signed it
   * is in its window.
   */
  public CheckpointOutcome verifyCheckpoint(SignedNote note, Instant now) {
    return beliefs.verifyCheckpoint(note, now);
  }

  /** A bug must not become an allow, nor an exception that a caller reads as one. */
  private static Finding find(Step step, Examination examination) {
    try {
      return step.check().apply(examination);
    } catch (RuntimeException e) {
      return Finding.unverifiable(
          step.name().question(), "a bug of the verifier: " + e.getClass().getName());
    }
  }

  private static Verdict denied(Step step, Finding finding, List<Check> checks) {
    for (Step unreached : STEPS.subList(checks.size(), STEPS.size())) {
      checks.add(Check.notReached(unreached.name()));
    }
    return new Verdict.Denied(
        finding.code().orElse(step.name().code()),
        step.name().wire() + " must be: " + finding.expected() + "; was: " + finding.actual(),
        checks);
  }
}
