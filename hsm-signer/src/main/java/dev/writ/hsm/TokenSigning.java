// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.ReturnValue.Remedy;
import dev.writ.hsm.SignatureTally.Purpose;
import dev.writ.hsm.TokenConnections.State;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;

/**
 * A token's signatures: each in a turn of its own, of which the profile says how many there are, through
 * whichever connection holds. And what is seen of the token by them: that it is gone, that it hangs, that
 * it answers.
 */
final class TokenSigning {
  /** What no artifact, checkpoint or certificate begins with. */
  private static final byte[] KEEP_ALIVE =
      "writ-keep-alive-v1\0".getBytes(StandardCharsets.US_ASCII);

  /** How often a caller who waits for a turn looks whether there is a token to wait for. */
  private static final Duration GLANCE = Duration.ofMillis(20);

  private final TokenProfile profile;
  private final String label;
  private final TokenEvents events;
  private final TokenConnections connections;
  private final Turns turns;
  private final TokenWatch watch;

  private volatile long lastSignature = System.nanoTime();

  TokenSigning(TokenPlace place, TokenConnections connections) {
    this.profile = place.profile();
    this.label = place.label();
    this.events = place.events();
    this.connections = connections;
    this.turns = new Turns(profile.signers());
    this.watch = new TokenWatch(this, profile, "writ-token-" + label);
  }

  /** Has the token looked after from here on. */
  void start() {
    watch.start();
  }

  /** Ends that. */
  void end() {
    watch.end();
  }

  boolean isAway() {
    return away().isPresent();
  }

  /** Why the token does not sign, while it does not. */
  Optional<HsmException> away() {
    return connections.status() instanceof TokenStatus.Away away
        ? Optional.of(away.cause())
        : Optional.empty();
  }

  /** Whether the signatures under way have ended within the time that one may wait for its turn. */
  boolean allEnd() throws InterruptedException {
    return turns.allEnd(profile.times().turn());
  }

  /** Signs with a key that was found, in a turn of its own: 64 bytes. */
  byte[] sign(KeySpec spec, Purpose purpose, byte[] message) throws HsmException {
    return sign(new PendingSignature(spec, purpose), message);
  }

  /** Likewise. */
  byte[] sign(PendingSignature pending, byte[] message) throws HsmException {
    KeySpec spec = pending.key();
    connections.requireInUse(spec);
    byte[] data = spec.algorithm().toBeSigned(message);
    Optional<byte[]> signature;
    do {
      signature = signInTurn(pending, data);
    } while (signature.isEmpty());
    if (signature.get().length != KeyAlgorithm.SIGNATURE_BYTES) {
      throw new HsmException(
          Fault.TOKEN_FAILED,
          String.format(
              "the token's signature with %s must be %d bytes, was %d",
              spec, KeyAlgorithm.SIGNATURE_BYTES, signature.get().length));
    }
    return signature.get();
  }

  /** Empty if the token had no session for the turn, which is set aside: there are others. */
  private Optional<byte[]> signInTurn(PendingSignature pending, byte[] data) throws HsmException {
    int turn = beginTurn();
    boolean setAside = false;
    try {
      // Only now: the connection that signs is the one that holds when the turn has come.
      State.Up up = connections.current();
      try {
        byte[] signature = up.connection().sign(turn, pending, data);
        lastSignature = System.nanoTime();
        return Optional.of(signature);
      } catch (CkrException e) {
        setAside = e.is(ReturnValue.CKR_SESSION_COUNT) && turns.setAside(turn);
        if (setAside) {
          return Optional.empty();
        }
        throw failed(up, pending.key(), e);
      }
    } finally {
      if (!setAside) {
        turns.end(turn);
      }
    }
  }

  private HsmException failed(State.Up up, KeySpec spec, CkrException e) throws HsmException {
    // Of a key that was withdrawn meanwhile the module's answer says nothing of the token.
    connections.requireInUse(spec);
    if (e.returnValue().remedy() == Remedy.NONE) {
      return HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must sign with the key " + spec + ", and failed", e);
    }
    HsmException cause =
        HsmException.ofModule(
            Fault.TOKEN_AWAY,
            "the token \""
                + label
                + "\" must sign with the key "
                + spec
                + ", and is not what it was: it is connected anew",
            e);
    lost(up, cause);
    return cause;
  }

  private void lost(State.Up up, HsmException cause) {
    if (connections.lost(up, cause)) {
      watch.wake();
    }
  }

  /** Notes that a call has not come back in the profile's patience. */
  void noteSilence() {
    Duration patience = profile.times().patience();
    Optional<State.Up> up = connections.ifConnected();
    if (up.isPresent() && turns.oldest(up.get().since()).compareTo(patience) > 0) {
      lost(
          up.get(),
          new HsmException(
              Fault.TOKEN_AWAY,
              String.format(
                  "the token \"%s\" must answer within %s, and has not: no more is asked of it until"
                      + " it does",
                  label, patience)));
    }
  }

  /** The time since the last signature. */
  Duration idle() {
    return Duration.ofNanos(System.nanoTime() - lastSignature);
  }

  /**
   * Signs with one of the keys, to see whether the token still does, and that with this key. As any other
   * signature it may not come back.
   */
  void keepAlive() {
    Optional<FoundKey> least = connections.leastKey();
    Optional<State.Up> up = connections.ifConnected();
    if (least.isEmpty() || up.isEmpty()) {
      return;
    }
    KeySpec spec = least.get().spec();
    try {
      byte[] signature = sign(spec, Purpose.KEEP_ALIVE, KEEP_ALIVE);
      if (!spec.algorithm().verifies(least.get().publicKey(), KEEP_ALIVE, signature)) {
        throw new HsmException(
            Fault.TOKEN_AWAY,
            "the token must sign with the key " + spec + ", and its signature is not that key's");
      }
      events.keptAlive(spec);
    } catch (HsmException e) {
      // A token that is busy is there, and so is one whose key was withdrawn meanwhile.
      if (e.fault() != Fault.BUSY && e.fault() != Fault.KEY_MISSING) {
        lost(up.get(), e);
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("bug: a key that has verified must verify", e);
    }
  }

  /** Gives out turns again for which the token had no session a while ago. */
  void restoreTurns() {
    turns.restore(profile.times().reconnect());
  }

  /**
   * Tries to connect anew.
   *
   * @return whether there is nothing left to try
   */
  boolean reconnect() {
    boolean done = connections.reconnect();
    if (done) {
      turns.restore(Duration.ZERO);
      lastSignature = System.nanoTime();
    }
    return done;
  }

  /** Waits for a turn to sign; {@link #endTurn} must follow. */
  int beginTurn() throws HsmException {
    long deadline = System.nanoTime() + profile.times().turn().toNanos();
    try {
      while (true) {
        var unused = connections.current();
        Optional<Integer> turn = turns.begin(GLANCE);
        if (turn.isPresent()) {
          return turn.get();
        }
        if (System.nanoTime() - deadline > 0) {
          throw new HsmException(
              Fault.BUSY,
              String.format(
                  "the token \"%s\" must sign within %s, and %d signatures were under way all the"
                      + " time: ask for fewer, or raise the profile's signers if the token can do more",
                  label, profile.times().turn(), profile.signers()));
        }
        noteSilence();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HsmException(
          Fault.BUSY, "the wait for the token was interrupted: ask again if it was by mistake", e);
    }
  }

  void endTurn(int turn) {
    turns.end(turn);
  }
}
