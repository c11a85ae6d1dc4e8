// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Optional;

/**
 * A Relying Party's durable memory: the one judge of how often an artifact was used, and the newest
 * status tokens that it has seen, so that nobody can show it an older state of affairs.
 *
 * <p>It holds the tokens of one issuer's lists or of several: they are told apart by their URIs. What it
 * gives back is verified again before it is believed.
 *
 * <p>What it was given and could not keep it may not forget while its process lasts: {@link
 * #newestStatus}, {@link #newestGovernance} and {@link #revocations} throw until it is kept, so that
 * nothing is allowed by what was known before.
 */
public interface Seen {
  /**
   * For whoever looks at an artifact and lets nothing run, such as an auditor: no use is recorded, and
   * the check of uses is listed as not asked. No token is kept, so that each bundle is judged by its own.
   */
  Seen NOTHING_IS_USED = new NothingIsUsed();

  /** What became of a use. */
  enum UseOutcome {
    /** It is durably recorded, and within the limit. */
    RECORDED,
    /** The artifact was used {@code maxUses} times before. */
    EXHAUSTED,
    /** The memory cannot be written: nothing may run. */
    UNAVAILABLE,
    /** Nothing is being used. */
    NOT_ASKED
  }

  /** What became of a status token. */
  enum StatusOutcome {
    /** It, or a later one of its list, is durably kept. */
    KEPT,
    /** The memory cannot be written: nothing may run. */
    UNAVAILABLE,
    /** Nothing is being kept. */
    NOT_ASKED
  }

  /**
   * Records one more use, durably before it returns, if there are fewer than {@code maxUses}. Of two
   * simultaneous calls for the last use exactly one is told {@link UseOutcome#RECORDED}.
   *
   * @param jti the artifact
   * @param maxUses how often it may be used, at least 1
   * @param keepUntil from when the record may be forgotten, because the artifact has expired; the same
   *     at each use of one artifact
   */
  UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil);

  /**
   * Takes a use of an artifact of which the service is the judge: {@link
   * Presentation.Audience.ServiceJudged}. A memory that asks nobody {@linkplain Redemption#notFromHere
   * denies}, for the service's count is the only one.
   */
  Redemption redeem(Artifact artifact);

  /**
   * Keeps {@code token}, durably before it returns, unless a token of the same list is kept that is not
   * {@linkplain StatusToken#isLaterThan earlier}. Called for verified tokens alone.
   */
  StatusOutcome recordStatus(StatusToken token);

  /**
   * The latest token kept of one list.
   *
   * @param listUri {@link StatusClaims#listUri()}
   * @throws UncheckedIOException if it cannot be read: that none is known is another thing, and the
   *     caller must not take one for the other
   */
  Optional<StatusToken> newestStatus(String listUri);

  /**
   * The {@linkplain StatusToken#isLaterThan latest} token kept of any of an issuer's lists: what it
   * says was in force holds for all of them.
   *
   * @param statusUri the trust file's {@code status.uri}, of which {@link StatusReference#isListUri}
   *     says which lists are under it
   * @throws UncheckedIOException if one cannot be read
   */
  Optional<StatusToken> newestGovernance(String statusUri);

  /**
   * Keeps a revocation that was pushed, durably before it returns. Called for verified ones alone. A memory
   * that keeps none says so: then tokens alone withdraw.
   *
   * @param logTime what time it is at least, as the issuer says: those go whose time is past by it
   */
  StatusOutcome recordRevocation(PushedRevocation revocation, Instant logTime);

  /**
   * The revocations that are kept.
   *
   * @throws UncheckedIOException if they cannot be read
   */
  PushedRevocations revocations();
}
