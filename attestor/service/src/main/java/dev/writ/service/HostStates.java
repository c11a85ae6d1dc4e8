// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Host;
import dev.writ.ledger.HostState;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StateChange;
import dev.writ.service.RevocationScopes.Meant;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Lets operators suspend, resume and retire hosts.
 *
 * <p>The leaf that says how a host stands is committed first, with its row: from then on no decision that
 * takes the host for active is, and what it has is revoked by a leaf of its own. Whoever dies between leaves
 * that to {@link Reconciliation}. What stands of a host that is to be resumed is revoked before, so that
 * nothing that it had comes back.
 */
public final class HostStates {
  /** Most hosts in a page. */
  public static final int MOST = 256;

  private final Operations operations;
  private final WorkPool reads;
  private final Ledger ledger;
  private final RevocationScopes scopes;
  private final ScopeRevocations revocations;
  private final InstantSource clock;
  private final SecureRandom random;

  HostStates(
      Operations operations,
      WorkPool reads,
      Ledger ledger,
      RevocationScopes scopes,
      ScopeRevocations revocations,
      InstantSource clock,
      SecureRandom random) {
    this.operations = operations;
    this.reads = reads;
    this.ledger = ledger;
    this.scopes = scopes;
    this.revocations = revocations;
    this.clock = clock;
    this.random = random;
  }

  /**
   * A host as it stood when somebody asked.
   *
   * @param artifacts how many it had, with all that were issued under them
   */
  private record Before(Host host, Meant meant, long artifacts) {
    HostStanding standing() {
      return host.state().standing();
    }
  }

  /**
   * Hosts in the order of their names.
   *
   * @param name after which they come; empty for the first
   * @param most how many, at most {@link #MOST}
   */
  List<ListedHost> after(String name, int most) throws LedgerException {
    // What is in an archive may be away, and nothing rests on when somebody enrolled.
    long stored = ledger.retention().minimumIndex();
    List<ListedHost> page = new ArrayList<>();
    for (Host host : ledger.hostsAfter(name, Math.min(most, MOST))) {
      page.add(
          new ListedHost(
              host.name(),
              Hash.sha256(host.akName().bytes()),
              host.state().standing(),
              host.leafIndex(),
              host.leafIndex() < stored
                  ? Optional.empty()
                  : ledger.leaf(host.leafIndex()).map(Leaf::time),
              ledger.liveArtifacts(host.akName()).number()));
    }
    return page;
  }

  /** Says what {@link #set} would do, and does nothing. */
  public CompletionStage<HostOutcome> preview(String name, HostStanding next) {
    return operations.begin(
        "the preview of a host's state",
        () ->
            reads.submit(
                () -> {
                  Before before = before(name, next);
                  return stands(before, next, before.artifacts(), Optional.empty());
                }),
        HostOutcome.Denied::new);
  }

  /**
   * Has a host stand so from here on. When this says that it does not stand active, what it had is revoked in
   * the ledger, and the status tokens in force say so. One that stands so already is left as it is, but for
   * what it should not have.
   *
   * @param reason why, as the leaf is to say it
   */
  public CompletionStage<HostOutcome> set(String name, HostStanding next, RevocationReason reason) {
    return operations.begin(
        "a host's state", () -> asked(name, next, reason), HostOutcome.Denied::new);
  }

  private CompletionStage<HostOutcome> asked(
      String name, HostStanding next, RevocationReason reason) {
    return reads
        .submit(() -> before(name, next))
        .thenCompose(
            before -> {
              if (before.standing() == next) {
                return next == HostStanding.ACTIVE
                    ? CompletableFuture.completedFuture(stands(before, next, 0, Optional.empty()))
                    : cleared(before, next, Optional.empty());
              }
              return next == HostStanding.ACTIVE
                  ? cleared(before, next, Optional.empty())
                      .thenCompose(
                          cleared ->
                              cleared instanceof HostOutcome.Stands stood
                                  ? changed(before, next, reason, stood.artifacts())
                                  : CompletableFuture.completedFuture(cleared))
                  : changed(before, next, reason, 0);
            });
  }

  private Before before(String name, HostStanding next) throws LedgerException {
    Host host = ledger.hostByName(name).orElseThrow(() -> new DeniedException(UNKNOWN));
    if (host.state() == HostState.REVOKED && next != HostStanding.RETIRED) {
      throw new DeniedException(RETIRED);
    }
    Meant meant = scopes.of(host);
    long artifacts = ledger.liveArtifacts(meant.artifacts()).number();
    return new Before(host, meant, artifacts);
  }

  private static HostOutcome stands(
      Before before, HostStanding state, long artifacts, Optional<HostOutcome.Change> change) {
    return new HostOutcome.Stands(before.standing(), state, artifacts, change);
  }

  /** Commits the leaf and the row that say it. */
  private CompletionStage<HostOutcome> changed(
      Before before, HostStanding next, RevocationReason reason, long revoked) {
    return reads
        .submit(() -> entry(before.host(), next, reason))
        .thenCompose(ledger::commit)
        .thenCompose(
            outcome -> {
              if (!(outcome instanceof CommitOutcome.Receipt receipt)) {
                return unchanged(before, next, reason, outcome);
              }
              DecisionLog.log(receipt, next, reason);
              Optional<HostOutcome.Change> change =
                  Optional.of(new HostOutcome.Change(receipt.index(), receipt.leaf().time()));
              return next == HostStanding.ACTIVE
                  ? CompletableFuture.completedFuture(stands(before, next, revoked, change))
                  : revoked(before, next, change);
            });
  }

  private Entry entry(Host host, HostStanding next, RevocationReason reason)
      throws LedgerException {
    HostChange body = new HostChange(Hash.sha256(host.akName().bytes()), next, reason);
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            List.of(LeafHashes.of(ledger, host.leafIndex())),
            body);
    return Entry.of(leaf, new StateChange.SetHostState(host.akName(), HostState.of(next)));
  }

  private CompletionStage<HostOutcome> unchanged(
      Before before, HostStanding next, RevocationReason reason, CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Refused refused) {
      return switch (refused.why()) {
        // Somebody else was faster: it is looked at once more, as it stands now.
        case HOST_STATE_HELD, HOST_REVOKED -> asked(before.host().name(), next, reason);
        default ->
            CompletableFuture.completedFuture(
                new HostOutcome.Denied(
                    Denial.unavailable(
                        "ledger_refused",
                        "the ledger must take a host's state, and refused it: "
                            + refused.why().name().toLowerCase(Locale.ROOT))));
      };
    } else if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return CompletableFuture.completedFuture(new HostOutcome.Denied(Denial.of(unavailable)));
    }
    throw new IllegalStateException("bug: a host's state has no preconditions, yet got " + outcome);
  }

  /** Revokes what the host has, which is no longer active. */
  private CompletionStage<HostOutcome> revoked(
      Before before, HostStanding state, Optional<HostOutcome.Change> change) {
    return revocations
        .revoke(before.meant(), RevocationReason.HOST_NOT_ACTIVE, RevokedBy.OPERATOR)
        .thenApply(
            outcome ->
                outcome instanceof ScopeOutcome.Revoked revoked
                    ? stands(before, state, revoked.artifacts(), change)
                    : new HostOutcome.Denied(((ScopeOutcome.Denied) outcome).denial()));
  }

  /** The same where something stands; where nothing does, status tokens are to say so all the same. */
  private CompletionStage<HostOutcome> cleared(
      Before before, HostStanding state, Optional<HostOutcome.Change> change) {
    return before.artifacts() > 0
        ? revoked(before, state, change)
        : revocations
            .told()
            .thenApply(
                failed ->
                    failed.isPresent()
                        ? new HostOutcome.Denied(failed.get())
                        : stands(before, state, 0, change));
  }

  private static final Denial UNKNOWN =
      new Denial(
          DenialCode.ARTIFACT_MISSING,
          "host_unknown",
          "a host must be enrolled under this name, and none is: writ hosts list says which are");

  private static final Denial RETIRED =
      new Denial(
          DenialCode.SCOPE_EXCEEDED,
          "host_retired",
          "a host must not be retired to be suspended or resumed, and this one is: that is final, and its"
              + " name and its keys are never enrolled again");
}
