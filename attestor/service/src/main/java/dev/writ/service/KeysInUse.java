// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenStatus;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The keys that sign at the moment, of each role one: a rotation puts others in their place. Which they are
 * is the ledger's to say; whoever signs asks here for each signature, and the ledger refuses what a key
 * signed that was replaced meanwhile. Checkpoints are signed by more than one while a rotation lasts, {@link
 * CheckpointLines}.
 */
final class KeysInUse {
  /**
   * A key and its name.
   *
   * @param kid RFC 7638 thumbprint
   */
  record InUse(HsmKey key, Hash kid) {
    static InUse of(HsmKey key) {
      return new InUse(key, JwkThumbprint.of(key.publicKey()));
    }
  }

  private final IssuerKeys keys;

  private volatile CompletableFuture<Void> settled = CompletableFuture.completedFuture(null);

  /** Of every role. */
  private final Map<KeyRole, InUse> inUse = new ConcurrentHashMap<>();

  private KeysInUse(IssuerKeys keys) {
    this.keys = keys;
    for (KeyRole role : KeyRole.values()) {
      inUse.put(role, InUse.of(keys.oldest(role)));
    }
  }

  /**
   * Those that the ledger has as active, where the token has them; else the token's first, of which the
   * ledger is still to be told, or to say that they are not its own.
   */
  static KeysInUse of(IssuerKeys keys, Ledger ledger)
      throws LedgerException, ServiceStartException {
    KeysInUse found = new KeysInUse(keys);
    for (SigningKey known : ledger.keys()) {
      if (known.state() == KeyState.ACTIVE) {
        try {
          Optional<HsmKey> there = found.find(known.role(), known.kid());
          if (there.isPresent()) {
            found.use(known.role(), there.get());
          }
        } catch (HsmException e) {
          throw new ServiceStartException(
              "the token must show its "
                  + known.role().wire()
                  + " keys, and failed: "
                  + e.getMessage());
        }
      }
    }
    try {
      keys.issuer().token().requireReplicated();
    } catch (HsmException e) {
      throw new ServiceStartException(String.valueOf(e.getMessage()));
    }
    for (KeyRole role : KeyRole.values()) {
      found.releaseOldest(role, ledger);
    }
    return found;
  }

  /** A key that signs no more need not be there when the token comes back from a loss. */
  private void releaseOldest(KeyRole role, Ledger ledger) throws LedgerException {
    HsmKey oldest = keys.oldest(role);
    if (oldest.spec().equals(of(role).key().spec())) {
      return;
    }
    boolean signs =
        role == KeyRole.CHECKPOINT
            && CheckpointLines.of(ledger.keys()).contains(JwkThumbprint.of(oldest.publicKey()));
    if (!signs) {
      oldest.token().release(oldest.spec());
    }
  }

  InUse issuer() {
    return of(KeyRole.ISSUER);
  }

  InUse status() {
    return of(KeyRole.STATUS);
  }

  /** The key of {@code role} that signs; of checkpoints, that which is not announced or retiring. */
  InUse of(KeyRole role) {
    InUse found = inUse.get(role);
    if (found == null) {
      throw new IllegalStateException("bug: there is a key of each role, and none of " + role);
    }
    return found;
  }

  /** Lets {@code key} sign in its role from here on. */
  void use(KeyRole role, HsmKey key) {
    inUse.put(role, InUse.of(key));
    if (role == KeyRole.TLS) {
      keys.tlsAuthority().use(key);
    }
  }

  /**
   * Begins a change of keys, which whoever calls this completes, on one thread at a time: what it returns. The
   * ledger has the next key before it is in use here.
   */
  CompletableFuture<Void> beginChange() {
    CompletableFuture<Void> change = new CompletableFuture<>();
    settled = change;
    return change;
  }

  /** Completes at once where no change is under way, else with it: what is signed then, the ledger takes. */
  CompletionStage<Void> settled() {
    return settled;
  }

  /** The token's key of this role and thumbprint, among all generations. */
  Optional<HsmKey> find(KeyRole role, Hash kid) throws HsmException {
    InUse current = of(role);
    if (current.kid().equals(kid)) {
      return Optional.of(current.key());
    }
    Optional<KeySpec> spec = names(role, kid);
    return spec.isPresent() ? Optional.of(token().key(spec.get())) : Optional.empty();
  }

  /** The names by which the token has that key; nobody is handed it. */
  Optional<KeySpec> names(KeyRole role, Hash kid) throws HsmException {
    for (KeySpec spec : token().generations(of(role).key().spec())) {
      if (kid(token(), spec).equals(Optional.of(kid))) {
        return Optional.of(spec);
      }
    }
    return Optional.empty();
  }

  /** Whether the token has a key of the role of which it is not to be known which it is. */
  boolean hasNameless(KeyRole role) throws HsmException {
    for (KeySpec spec : token().generations(of(role).key().spec())) {
      if (kid(token(), spec).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Where all of them are. */
  Token token() {
    return keys.issuer().token();
  }

  /** Which token signs, for operators. */
  String signs() {
    TokenStatus status = issuer().key().tokenStatus();
    if (status instanceof TokenStatus.ByReplica by) {
      return "the replica signs with the issuer's key, since the token is away: "
          + by.cause().getMessage();
    }
    String token = "the token signs with the issuer's key";
    Optional<TokenStatus> replica = token().replicaStatus();
    if (replica.isPresent() && replica.get() instanceof TokenStatus.Away away) {
      return token + "; its replica does not: " + away.cause().getMessage();
    }
    List<KeySpec> lacking = token().unreplicated();
    return lacking.isEmpty() ? token : token + "; its replica lacks " + lacking;
  }

  /**
   * The RFC 7638 thumbprint of a key in the token; empty of one that is not whole, as a process leaves it
   * that dies at its birth. Such a one is passed over: what it was is not to be known.
   */
  static Optional<Hash> kid(Token token, KeySpec spec) throws HsmException {
    try {
      return Optional.of(JwkThumbprint.of(token.publicKey(spec)));
    } catch (HsmException e) {
      if (e.fault() == HsmException.Fault.KEY_AMBIGUOUS
          || e.fault() == HsmException.Fault.KEY_MISSING) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** All keys of the service as they were found at its start. */
  IssuerKeys atStart() {
    return keys;
  }
}
