// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import dev.writ.artifact.MalformedStatusTokenException;
import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.Seen;
import dev.writ.artifact.StatusGovernance;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.StatusVerdict;
import dev.writ.artifact.TrustSuccession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Takes what comes into a gateway's memory, and knows how far that has come. Used by one thread, but for
 * {@link #dropped}.
 */
final class Learner {
  /** Most lists that are pulled: as many as a memory keeps. */
  private static final int MOST_LISTS = 1024;

  /** So long is asked for no trust file again, whatever comes. */
  private static final long TRUST_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final GatewayTrust trust;
  private final Seen seen;
  private final InstantSource clock;
  private final FollowerListener listener;
  private final Map<Dropped, Long> counts = new EnumMap<>(Dropped.class);

  /** The greatest place that something proved. */
  private OptionalLong last = OptionalLong.empty();

  /** Where this connection's events begin behind, if it is true. */
  private OptionalLong offered = OptionalLong.empty();

  /** Whether a revocation of this connection was refused: the next begins before it. */
  private boolean refusedOne;

  /** Whether tokens of this connection know of all that its events do not begin with. */
  private boolean caughtUp;

  private Optional<String> gap = Optional.empty();
  private final Set<Integer> lists = new TreeSet<>(Set.of(0));
  private Instant newestIat = Instant.MIN;
  private Duration ttl = Duration.ofSeconds(60);

  /** When a newer token came last, or a connection began since: by both clocks. */
  private long heardNanos;

  private Instant heard = Instant.MIN;
  private Instant newestToken = Instant.MIN;
  private long trustAskedNanos = System.nanoTime() - TRUST_NANOS;

  Learner(GatewayTrust trust, Seen seen, InstantSource clock, FollowerListener listener) {
    this.trust = trust;
    this.seen = seen;
    this.clock = clock;
    this.listener = listener;
  }

  Map<Dropped, Long> dropped() {
    synchronized (counts) {
      return Map.copyOf(counts);
    }
  }

  void drop(Dropped why, String reason) {
    synchronized (counts) {
      counts.merge(why, 1L, Long::sum);
    }
    listener.dropped(why, reason);
  }

  /** Where the next connection goes on from. */
  OptionalLong last() {
    return last;
  }

  /** The lists of which tokens came. */
  List<Integer> lists() {
    return List.copyOf(lists);
  }

  /** The service has no such place as the one to go on from: the next connection begins anew. */
  void beginAnew() {
    last = OptionalLong.empty();
  }

  void connected() {
    refusedOne = false;
    caughtUp = false;
    offered = OptionalLong.empty();
    gap = Optional.empty();
    heardNanos = System.nanoTime();
    heard = clock.instant();
  }

  /** Whether this connection's tokens and events leave nothing out. */
  boolean isCaughtUp() {
    return caughtUp;
  }

  /** Why whoever is connected is to be left, if so: nobody may hold a gateway back by showing signs of life. */
  Optional<String> whyToLeave() {
    if (gap.isPresent()) {
      return gap;
    }
    Optional<Duration> half = trust.get().statusMaxAge().map(age -> age.dividedBy(2));
    boolean held =
        half.isPresent()
            && (System.nanoTime() - heardNanos >= half.get().toNanos()
                || !clock.instant().isBefore(heard.plus(half.get())));
    return held
        ? Optional.of("a newer status token must come within " + half.get() + ", and none did")
        : Optional.empty();
  }

  /** Until when whoever is connected may say nothing newer, by {@link System#nanoTime}. */
  OptionalLong patienceEnds() {
    Optional<Duration> age = trust.get().statusMaxAge();
    return age.isPresent()
        ? OptionalLong.of(heardNanos + age.get().dividedBy(2).toNanos())
        : OptionalLong.empty();
  }

  boolean isStale() {
    return !clock.instant().isBefore(newestToken.plus(ttl));
  }

  /** What a service says of where its events begin; nothing is believed of it until a token bears it out. */
  void offer(String id) {
    if (id.matches("0|[1-9][0-9]{0,15}") && offered.isEmpty()) {
      offered = OptionalLong.of(Long.parseLong(id));
    }
  }

  void revocation(String json, TrustSuccession.Published published) {
    byte[] event = json.getBytes(StandardCharsets.UTF_8);
    RevocationVerdict verdict = trust.get().learnRevocation(event, seen, clock.instant());
    // Its proof may be by a key that a newer trust file has.
    if (verdict instanceof RevocationVerdict.Refused && follows(published)) {
      verdict = trust.get().learnRevocation(event, seen, clock.instant());
    }
    if (verdict instanceof RevocationVerdict.Refused refused) {
      // It may hold yet: under the next trust file, or once the disk has room.
      refusedOne = true;
      drop(Dropped.of(refused.code()), refused.reason());
      return;
    }
    RevocationVerdict.Believed believed = (RevocationVerdict.Believed) verdict;
    boolean behind = last.isPresent() && believed.index() <= last.getAsLong();
    if (believed.contradiction().isPresent()) {
      drop(Dropped.GOVERNANCE_DISCONTINUITY, believed.contradiction().get());
    } else if (behind) {
      drop(
          believed.isNew() ? Dropped.REORDERED : Dropped.REPLAYED,
          "leaf " + believed.index() + " came after leaf " + last.getAsLong());
    } else if (!refusedOne) {
      last = OptionalLong.of(believed.index());
    }
    if (believed.isNew()) {
      listener.withdrawn(believed);
    }
  }

  /** Takes a token; whether it is as new as any that came before. */
  boolean status(String compact, TrustSuccession.Published published) {
    StatusVerdict verdict = trust.get().learn(compact, seen, clock.instant());
    if (verdict instanceof StatusVerdict.Refused
        && namesLaterTrust(compact)
        && follows(published)) {
      verdict = trust.get().learn(compact, seen, clock.instant());
    }
    if (verdict instanceof StatusVerdict.Refused refused) {
      drop(Dropped.of(refused.code()), refused.reason());
      return false;
    }
    // It is one of the issuer's, be it the newest or not.
    StatusToken token =
        verdict instanceof StatusVerdict.Newest newest
            ? newest.token()
            : parsed(compact).orElseThrow();
    Instant iat = token.claims().iat();
    boolean newer = iat.isAfter(newestIat);
    boolean fresh = !iat.isBefore(newestIat);
    if (newer) {
      newestIat = iat;
      heardNanos = System.nanoTime();
      heard = clock.instant();
      newestToken = heard;
    }
    if (fresh) {
      bearOut(token.claims().writ());
    }
    if (verdict instanceof StatusVerdict.Older older) {
      drop(Dropped.REPLAYED, "a later token is held: " + older.held());
    } else {
      ttl = token.claims().ttl();
      note(token.claims().listUri());
      listener.learnt(token);
    }
    return fresh;
  }

  /** What a token knows of needs no event; what lies behind it and before the events is a gap. */
  private void bearOut(StatusGovernance token) {
    if (offered.isEmpty()) {
      caughtUp |= last.isPresent();
    } else if (token.treeSize() > offered.getAsLong()) {
      last = last.isPresent() ? last : offered;
      caughtUp = true;
    } else {
      gap =
          Optional.of(
              "events must begin with the first that tokens do not know, and begin after leaf "
                  + offered.getAsLong()
                  + " where a token knows of "
                  + token.treeSize()
                  + " leaves");
    }
  }

  private void note(String listUri) {
    String number = listUri.substring(listUri.lastIndexOf('/') + 1);
    if (number.matches("0|[1-9][0-9]{0,8}") && lists.size() < MOST_LISTS) {
      lists.add(Integer.parseInt(number));
    }
  }

  /** A hint to ask, of a token that nobody need have signed. */
  private boolean namesLaterTrust(String compact) {
    return parsed(compact)
        .filter(token -> token.claims().writ().trustVersion() > trust.get().trustVersion())
        .isPresent();
  }

  private static Optional<StatusToken> parsed(String compact) {
    try {
      return Optional.of(StatusToken.parse(compact));
    } catch (MalformedStatusTokenException e) {
      return Optional.empty();
    }
  }

  /** Whether the gateway goes by another trust file since. */
  private boolean follows(TrustSuccession.Published published) {
    if (System.nanoTime() - trustAskedNanos < TRUST_NANOS) {
      return false;
    }
    long before = trust.get().trustVersion();
    try {
      trust
          .follow(published)
          .ifPresent(why -> drop(Dropped.UNVERIFIABLE, "a trust file does not follow: " + why));
    } catch (IOException e) {
      drop(Dropped.UNVERIFIABLE, "the next trust file could not be kept: " + e.getMessage());
    }
    trustAskedNanos = System.nanoTime();
    boolean another = trust.get().trustVersion() > before;
    if (another) {
      listener.follows(trust.trust());
    }
    return another;
  }
}
