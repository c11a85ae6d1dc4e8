// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.Token;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import java.util.Optional;

/**
 * The keys that sign artifacts and status tokens at the moment: a rotation puts others in their place.
 * Which they are is the ledger's to say; whoever signs asks here for each signature, and the ledger
 * refuses what a key signed that was replaced meanwhile.
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
  private volatile InUse issuer;
  private volatile InUse status;

  private KeysInUse(IssuerKeys keys, InUse issuer, InUse status) {
    this.keys = keys;
    this.issuer = issuer;
    this.status = status;
  }

  /**
   * Those that the ledger has as active, where the token has them; else the token's first, of which the
   * ledger is still to be told, or to say that they are not its own.
   */
  static KeysInUse of(IssuerKeys keys, Ledger ledger)
      throws LedgerException, ServiceStartException {
    KeysInUse inUse = new KeysInUse(keys, InUse.of(keys.issuer()), InUse.of(keys.status()));
    for (SigningKey known : ledger.keys()) {
      if (known.state() == KeyState.ACTIVE && known.role() != KeyRole.CHECKPOINT) {
        try {
          Optional<HsmKey> found = inUse.find(known.role(), known.kid());
          if (found.isPresent()) {
            inUse.use(known.role(), found.get());
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
    release(keys.issuer(), inUse.issuer());
    release(keys.status(), inUse.status());
    return inUse;
  }

  /** A key that signs no more need not be there when the token comes back from a loss. */
  private static void release(HsmKey atStart, InUse inUse) {
    if (!atStart.spec().equals(inUse.key().spec())) {
      atStart.token().release(atStart.spec());
    }
  }

  InUse issuer() {
    return issuer;
  }

  InUse status() {
    return status;
  }

  /** The key of {@code role} that signs. */
  InUse of(KeyRole role) {
    return switch (role) {
      case ISSUER -> issuer;
      case STATUS -> status;
      case CHECKPOINT ->
          throw new IllegalArgumentException("checkpoints have signers of their own");
    };
  }

  /** Lets {@code key} sign in its role from here on. */
  void use(KeyRole role, HsmKey key) {
    switch (role) {
      case ISSUER -> issuer = InUse.of(key);
      case STATUS -> status = InUse.of(key);
      case CHECKPOINT ->
          throw new IllegalArgumentException("checkpoints have signers of their own");
    }
  }

  /** The token's key of this role and thumbprint, among all generations. */
  Optional<HsmKey> find(KeyRole role, Hash kid) throws HsmException {
    InUse current = of(role);
    if (current.kid().equals(kid)) {
      return Optional.of(current.key());
    }
    Token token = current.key().token();
    for (KeySpec spec : token.generations(current.key().spec())) {
      if (kid(token, spec).equals(Optional.of(kid))) {
        return Optional.of(token.key(spec));
      }
    }
    return Optional.empty();
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
