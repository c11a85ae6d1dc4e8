// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Which token was opened: what it said of itself, and the keys of it that were handed out. */
final class TokenIdentity {
  private final TokenDescription description;

  /** Every key that was ever handed out. */
  private final Map<KeySpec, FoundKey> keys = new ConcurrentHashMap<>();

  /** Those of them, or others, that are not in use. */
  private final Map<KeySpec, Withdrawal> withdrawn = new ConcurrentHashMap<>();

  /** Why a key is not in use. */
  enum Withdrawal {
    /** It may be handed out again. */
    RELEASED,
    /** There is no such key, or soon will be none. */
    DESTROYED
  }

  TokenIdentity(TokenDescription description) {
    this.description = description;
  }

  TokenDescription description() {
    return description;
  }

  /**
   * From now on, a token without this key is another one.
   *
   * @throws HsmException if another key of these names was handed out before: whoever has that one would
   *     sign with this
   */
  void handedOut(FoundKey found) throws HsmException {
    FoundKey before = keys.get(found.spec());
    if (before != null) {
      requireSame(before, found);
    }
    keys.put(found.spec(), found);
    boolean unused = withdrawn.remove(found.spec(), Withdrawal.RELEASED);
  }

  /** Nobody signs with the key any more, and a token is the same without it. */
  void withdraw(KeySpec spec, Withdrawal how) {
    Withdrawal unused =
        withdrawn.merge(spec, how, (before, now) -> before == Withdrawal.DESTROYED ? before : now);
  }

  /** Demands that the key was neither released since it was handed out, nor destroyed. */
  void requireInUse(KeySpec spec) throws HsmException {
    if (!withdrawn.containsKey(spec)) {
      return;
    }
    requireNotDestroyed(spec);
    throw new HsmException(
        Fault.KEY_MISSING,
        "the key " + spec + " must be in use, and was released: have the token find it again");
  }

  void requireNotDestroyed(KeySpec spec) throws HsmException {
    if (withdrawn.get(spec) == Withdrawal.DESTROYED) {
      throw new HsmException(
          Fault.KEY_MISSING,
          "the key " + spec + " must be in use, and was destroyed: use another key of its role");
    }
  }

  /**
   * The key that is used to see whether the token signs, if any was handed out and is in use: never the
   * issuer's.
   */
  Optional<FoundKey> leastKey() {
    return keys.values().stream()
        .filter(key -> key.spec().role() != KeyRole.ISSUER)
        .filter(key -> !withdrawn.containsKey(key.spec()))
        .max(Comparator.comparing(key -> key.spec().role()));
  }

  /** Demands that a connection is to this token, not another of its label, and finds every key in use. */
  void require(TokenConnection connection) throws HsmException {
    if (!connection.description().equals(description)) {
      throw new HsmException(
          Fault.TOKEN_MISSING,
          String.format(
              "the token must be the one that was opened, %s, and is %s: put that one back, or end"
                  + " the process and start it with this one",
              description, connection.description()));
    }
    for (FoundKey known : keys.values()) {
      if (!withdrawn.containsKey(known.spec())) {
        requireSame(known, connection.find(known.spec()));
      }
    }
  }

  private static void requireSame(FoundKey known, FoundKey found) throws HsmException {
    if (!found.publicKey().equals(known.publicKey())) {
      throw new HsmException(
          Fault.KEY_AMBIGUOUS,
          "the key "
              + known.spec()
              + " must be the one that was opened, and is another: put that one back, or end the"
              + " process and start it with this one");
    }
  }
}
