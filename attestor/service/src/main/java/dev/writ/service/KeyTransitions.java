// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyHandover;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.VerificationKey;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeySpec;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.OperationEnd;
import dev.writ.ledger.SigningKey;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The transitions in the life of a key, each one entry of the ledger: its leaf, and all that it changes.
 * When one is due is for {@link KeySteps} to see.
 */
final class KeyTransitions {
  private final Ledger ledger;
  private final CheckpointLines lines;
  private final TrustFiles trust;
  private final KeysInUse keys;
  private final KeyGenerations generations;
  private final SignatureCounts counts;
  private final Supplier<Duration> longestLife;
  private final OperationEntries entries;

  /**
   * Makes none yet.
   *
   * @param longestLife of an artifact
   * @param entries takes each transition
   */
  KeyTransitions(
      Ledger ledger,
      CheckpointLines lines,
      TrustFiles trust,
      KeysInUse keys,
      KeyGenerations generations,
      SignatureCounts counts,
      Supplier<Duration> longestLife,
      OperationEntries entries) {
    this.ledger = ledger;
    this.lines = lines;
    this.trust = trust;
    this.keys = keys;
    this.generations = generations;
    this.counts = counts;
    this.longestLife = longestLife;
    this.entries = entries;
  }

  void announce(Operation operation, Operation.RotateKey rotate, TrustFile next)
      throws LedgerException, HsmException {
    HsmKey from = generations.inToken(rotate.role(), rotate.from());
    HsmKey to = generations.inToken(rotate.role(), rotate.to());
    KeyHandover statement =
        new KeyHandover(
            operation.issuer(),
            rotate.role(),
            rotate.from(),
            VerificationKey.of(to.publicKey()),
            rotate.activates(),
            operation.digest());
    byte[] input = statement.signingInput();
    KeyHandover.Signed handover =
        new KeyHandover.Signed(
            statement,
            counts.signed(SignatureCounts.Kind.HANDOVER, from, input),
            counts.signed(SignatureCounts.Kind.HANDOVER, to, input));
    KeyWindow before = window(next, rotate, rotate.from());
    KeyWindow after = window(next, rotate, rotate.to());
    var unused =
        entries.commit(
            new KeyChange(
                rotate.to(),
                rotate.role(),
                KeyState.PREPUBLISHED,
                operation.digest(),
                Optional.of(handover),
                Optional.empty(),
                OptionalLong.empty(),
                Optional.of(TrustReference.of(next))),
            new StateChange.SetKey(
                rotate.to(),
                rotate.role(),
                KeyState.PREPUBLISHED,
                rotate.activates(),
                after.notAfter()),
            // What it signs last must not outlive the belief in it.
            new StateChange.SetKey(
                rotate.from(),
                rotate.role(),
                KeyState.ACTIVE,
                before.notBefore(),
                before.notAfter().minus(longestLife.get())),
            new StateChange.PublishTrust(next.content().version(), next.toJson()),
            new StateChange.EndOperation(operation.digest(), OperationEnd.EXECUTED));
  }

  void activate(SigningKey key) throws LedgerException, HsmException {
    changing(() -> begin(key));
  }

  /** A step after which another key signs. */
  private interface Change {
    void make() throws LedgerException, HsmException;
  }

  /** What is decided meanwhile, and finds that the key has changed, waits for it to be in use. */
  private void changing(Change change) throws LedgerException, HsmException {
    CompletableFuture<Void> begun = keys.beginChange();
    try {
      change.make();
    } finally {
      boolean unused = begun.complete(null);
    }
  }

  private void begin(SigningKey key) throws LedgerException, HsmException {
    // Before the ledger says that it signs.
    HsmKey next = generations.inToken(key.role(), key.kid());
    DoneRotation rotation = DoneRotation.to(ledger, key.kid());
    SigningKey from = ledger.key(rotation.change().from()).orElseThrow();
    List<StateChange> changes = new ArrayList<>();
    if (from.state() == KeyState.ACTIVE) {
      changes.add(
          new StateChange.SetKey(
              from.kid(), from.role(), KeyState.RETIRING, from.notBefore(), from.notAfter()));
    }
    changes.add(
        new StateChange.SetKey(
            key.kid(), key.role(), KeyState.ACTIVE, key.notBefore(), key.notAfter()));
    if (rotation.trustVersion() > trust.inForce()) {
      changes.add(new StateChange.PutTrustInForce(rotation.trustVersion()));
    }
    boolean done =
        entries.commit(
            new KeyChange(
                key.kid(),
                key.role(),
                KeyState.ACTIVE,
                rotation.operation().digest(),
                Optional.empty(),
                Optional.of(from.kid()),
                OptionalLong.empty(),
                Optional.empty()),
            changes.toArray(StateChange[]::new));
    if (done) {
      // At once: what the key before still signs is refused from here on.
      keys.use(key.role(), next);
    }
  }

  void retire(SigningKey key) throws LedgerException, HsmException {
    Hash operation = DoneRotation.from(ledger, key.kid()).operation().digest();
    var unused =
        entries.commit(
            KeyChange.of(key.kid(), key.role(), KeyState.RETIRED, operation),
            new StateChange.SetKey(
                key.kid(), key.role(), KeyState.RETIRED, key.notBefore(), key.notAfter()));
  }

  void disbelieve(Operation operation, Operation.CompromiseKey compromise, TrustFile next)
      throws LedgerException, HsmException {
    changing(() -> replace(operation, compromise, next));
  }

  private void replace(Operation operation, Operation.CompromiseKey compromise, TrustFile next)
      throws LedgerException, HsmException {
    SigningKey key = ledger.key(compromise.kid()).orElseThrow();
    if (key.state() == KeyState.ACTIVE && compromise.replacement().isEmpty()) {
      // It was announced when this was proposed, and signs since: nothing would sign in its place.
      System.getLogger(KeySteps.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "the compromise of {0} must be proposed once more: the key began to sign while it was"
                  + " approved, and another must take its place",
              PublicRoutes.base64Url(key.kid().bytes()));
      entries.end(operation, OperationStep.End.FAILED);
      return;
    }
    List<StateChange> changes = new ArrayList<>();
    changes.add(
        new StateChange.SetKey(
            key.kid(), key.role(), KeyState.COMPROMISED, key.notBefore(), key.notAfter()));
    Optional<HsmKey> replacement = Optional.empty();
    if (compromise.replacement().isPresent()) {
      KeyWindow after =
          window(next, compromise, compromise.replacement().get(), operation.proposed());
      replacement = Optional.of(generations.inToken(key.role(), compromise.replacement().get()));
      changes.add(
          new StateChange.SetKey(
              compromise.replacement().get(),
              key.role(),
              KeyState.ACTIVE,
              after.notBefore(),
              after.notAfter()));
    }
    if (key.state() == KeyState.PREPUBLISHED) {
      changes.add(signsOn(key.role(), next));
    }
    if (key.role() == KeyRole.CHECKPOINT && compromise.replacement().isPresent()) {
      // Beside the other: its leaf is under a line that is believed after it, what comes meanwhile
      // under one that is believed before.
      ledger.signWith(lines.with(ledger.keys(), compromise.replacement().get()).signing());
    }
    if (key.role() == KeyRole.ISSUER && key.activatedIndex().isPresent()) {
      long from = Math.max(compromise.fromIndex().orElse(0), key.activatedIndex().getAsLong());
      long ended = key.endedIndex().orElse(Long.MAX_VALUE);
      if (from < ended) {
        changes.add(new StateChange.VoidArtifactsBetween(from, ended));
      }
    }
    changes.add(new StateChange.PublishTrust(next.content().version(), next.toJson()));
    changes.add(new StateChange.PutTrustInForce(next.content().version()));
    changes.add(new StateChange.EndOperation(operation.digest(), OperationEnd.EXECUTED));
    boolean done =
        entries.commit(
            new KeyChange(
                key.kid(),
                key.role(),
                KeyState.COMPROMISED,
                operation.digest(),
                Optional.empty(),
                compromise.replacement(),
                compromise.fromIndex(),
                Optional.of(TrustReference.of(next))),
            changes.toArray(StateChange[]::new));
    if (done) {
      replacement.ifPresent(other -> keys.use(key.role(), other));
    }
  }

  /** What was to follow the key that signs does not: its window is what it was. */
  private StateChange signsOn(KeyRole role, TrustFile next) {
    KeysInUse.InUse inUse = keys.of(role);
    KeyWindow window =
        role == KeyRole.TLS ? KeyWindow.of(role, inUse.key()) : believed(next, inUse.kid());
    return new StateChange.SetKey(
        inUse.kid(), role, KeyState.ACTIVE, window.notBefore(), window.notAfter());
  }

  void destroy(Operation operation, Hash kid) throws LedgerException, HsmException {
    SigningKey key = ledger.key(kid).orElseThrow();
    // The token first: a leaf that says it of a key that is still there would be untrue.
    Optional<KeySpec> there = keys.names(key.role(), kid);
    if (there.isPresent()) {
      keys.token().destroy(there.get());
    } else if (keys.hasNameless(key.role())) {
      throw new DeniedException(
          Denial.unavailable(
              "key_not_whole",
              "the token must say which key each of role "
                  + key.role().wire()
                  + " is, and one has no certificate or two: it may be the one that is to go. Mend or"
                  + " remove it by the vendor's tool"));
    }
    List<StateChange> changes = new ArrayList<>();
    if (key.state() != KeyState.COMPROMISED) {
      changes.add(
          new StateChange.SetKey(
              key.kid(), key.role(), KeyState.DESTROYED, key.notBefore(), key.notAfter()));
    }
    changes.add(new StateChange.EndOperation(operation.digest(), OperationEnd.EXECUTED));
    var unused =
        entries.commit(
            KeyChange.of(key.kid(), key.role(), KeyState.DESTROYED, operation.digest()),
            changes.toArray(StateChange[]::new));
  }

  /**
   * Does without a key in the token that signs no more: it need not be there when the token comes back from
   * a loss.
   */
  void release(Hash kid) throws LedgerException, HsmException {
    SigningKey key = ledger.key(kid).orElseThrow();
    Optional<KeySpec> there = keys.names(key.role(), key.kid());
    if (there.isPresent()) {
      keys.token().release(there.get());
    }
  }

  /** As the trust file says, which pins TLS keys without one. */
  private KeyWindow window(TrustFile file, Operation.RotateKey rotate, Hash kid)
      throws LedgerException {
    if (rotate.role() != KeyRole.TLS) {
      return believed(file, kid);
    }
    Instant begin = rotate.activates();
    return kid.equals(rotate.from())
        ? new KeyWindow(ledger.key(kid).orElseThrow().notBefore(), begin.plus(Overlaps.OVERLAP))
        : new KeyWindow(begin, begin.plus(generations.validity(rotate.role())));
  }

  /** The same, of a key that signs in the place of another. */
  private KeyWindow window(TrustFile file, Operation.CompromiseKey change, Hash kid, Instant now) {
    return change.role() == KeyRole.TLS
        ? new KeyWindow(now, now.plus(generations.validity(change.role())))
        : believed(file, kid);
  }

  private static KeyWindow believed(TrustFile file, Hash kid) {
    return file.content()
        .trustedKey(kid)
        .map(key -> new KeyWindow(key.nbf(), key.exp()))
        .orElseThrow(
            () -> new IllegalStateException("bug: the trust file lacks its operation's key"));
  }
}
