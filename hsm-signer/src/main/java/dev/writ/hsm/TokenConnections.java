// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.ReturnValue.Remedy;
import dev.writ.hsm.TokenIdentity.Withdrawal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a token after the other: at any time there is one, or the token is away, or closed.
 *
 * <p>Each is made by the same steps: the PIN is read, the module loaded, the token found and logged in
 * to, and each key that was handed out is found again.
 */
final class TokenConnections {
  private final TokenProfile profile;
  private final String label;
  private final PinSource pinSource;
  private final UnaryOperator<@Nullable String> getenv;
  private final TokenEvents events;
  private final TokenIdentity identity;
  private final SignatureTally tally;

  /** Held while a key is found and noted, and while a connection is proven by the notes and put in force. */
  private final ReentrantLock proving = new ReentrantLock();

  private volatile State state;

  /** What holds, with the number of the connection or of the last one. */
  sealed interface State {
    int number();

    /** {@code since} is on the scale of {@link System#nanoTime}, like all times here. */
    record Up(int number, TokenConnection connection, long since) implements State {}

    /**
     * {@code ended} is the connection that failed, {@code spent} the module in which the token was lost, or
     * not found again the last time.
     */
    record Away(int number, TokenConnection ended, Cryptoki spent, long since, HsmException cause)
        implements State {}

    record Closed(int number) implements State {}
  }

  private TokenConnections(
      TokenPlace place,
      UnaryOperator<@Nullable String> getenv,
      TokenConnection first,
      SignatureTally tally) {
    this.profile = place.profile();
    this.label = place.label();
    this.pinSource = place.pinSource();
    this.getenv = getenv;
    this.events = place.events();
    this.identity = new TokenIdentity(first.description());
    this.tally = tally;
    this.state = new State.Up(1, first, System.nanoTime());
  }

  /** The first connection, to whichever token has the label. */
  static TokenConnections open(
      TokenPlace place, UnaryOperator<@Nullable String> getenv, SignatureTally tally)
      throws HsmException {
    TokenProfile profile = place.profile();
    try (TokenLogin login = TokenLogin.prepare(profile, place.label(), place.pinSource())) {
      TokenConnection first =
          TokenConnection.open(
              LoadedModules.get(profile, getenv),
              place.label(),
              login,
              profile.sessions(),
              profile.signers(),
              tally);
      return new TokenConnections(place, getenv, first, tally);
    }
  }

  SignatureTally tally() {
    return tally;
  }

  TokenDescription description() {
    return identity.description();
  }

  TokenStatus status() {
    State seen = state;
    if (seen instanceof State.Up up) {
      return new TokenStatus.Connected(up.number());
    }
    if (seen instanceof State.Away away) {
      return new TokenStatus.Away(
          away.number(), away.cause(), Duration.ofNanos(System.nanoTime() - away.since()));
    }
    return new TokenStatus.Closed(seen.number());
  }

  /** The connection that holds. */
  State.Up current() throws HsmException {
    State seen = state;
    if (seen instanceof State.Up up) {
      return up;
    }
    if (seen instanceof State.Away away) {
      HsmException cause = away.cause();
      throw HsmException.away(
          String.format(
              "the token \"%s\" must be connected, and has not been for %d ms: it is tried again by"
                  + " itself; %s",
              label, (System.nanoTime() - away.since()) / 1_000_000, cause.getMessage()),
          cause);
    }
    throw new HsmException(Fault.CLOSED, "the token \"" + label + "\" was closed: open it again");
  }

  /** The connection that holds, if one does. */
  Optional<State.Up> ifConnected() {
    return state instanceof State.Up up ? Optional.of(up) : Optional.empty();
  }

  /** The key that is used to see whether the token signs, if any was handed out. */
  Optional<FoundKey> leastKey() {
    return identity.leastKey();
  }

  /**
   * Finds a key.
   *
   * @param handOut whether the token is another from now on if it does not have the key
   */
  FoundKey find(KeySpec spec, boolean handOut) throws HsmException {
    return ask(
        connection -> {
          if (handOut) {
            identity.requireNotDestroyed(spec);
          }
          FoundKey found = connection.find(spec);
          if (handOut) {
            identity.handedOut(found);
          }
          return found;
        });
  }

  /**
   * Finds a key that another token handed out, and hands it out if it is that one.
   *
   * @throws HsmException with {@link Fault#KEY_AMBIGUOUS} if it is another
   */
  void findSame(FoundKey other) throws HsmException {
    boolean unused =
        ask(
            connection -> {
              identity.requireNotDestroyed(other.spec());
              FoundKey found = connection.find(other.spec());
              if (!found.publicKey().equals(other.publicKey())) {
                throw new HsmException(
                    Fault.KEY_AMBIGUOUS,
                    "the key " + other.spec() + " of both tokens must be one, and is not");
              }
              identity.handedOut(found);
              return true;
            });
  }

  /** The keys of {@code any}'s role of which the token has a private key, ascending. */
  List<KeySpec> generations(KeySpec any) throws HsmException {
    return ask(connection -> connection.generations(any));
  }

  /**
   * Demands that a key which was handed out is still in use.
   *
   * @throws HsmException with {@link Fault#KEY_MISSING}
   */
  void requireInUse(KeySpec spec) throws HsmException {
    identity.requireInUse(spec);
  }

  /** As {@link #requireInUse}, of a key that may not have been handed out, or not since its release. */
  void requireNotDestroyed(KeySpec spec) throws HsmException {
    identity.requireNotDestroyed(spec);
  }

  /** From now on nobody signs with the key, and no connection must find it. */
  void release(KeySpec spec) {
    identity.withdraw(spec, Withdrawal.RELEASED);
  }

  /** Likewise, for ever. */
  void abandon(KeySpec spec) {
    identity.withdraw(spec, Withdrawal.DESTROYED);
  }

  /** Likewise, and has the token remove it. */
  void destroy(KeySpec spec) throws HsmException {
    // Before the token is asked: whatever a crash of it leaves is not looked for.
    abandon(spec);
    boolean unused =
        ask(
            connection -> {
              connection.destroy(spec, profile.times().patience());
              return true;
            });
  }

  /** What is asked of the connection that holds, while no other takes its place. */
  @FunctionalInterface
  private interface Question<T> {
    T of(TokenConnection connection) throws HsmException;
  }

  private <T> T ask(Question<T> question) throws HsmException {
    proving.lock();
    try {
      State.Up up = current();
      try {
        return question.of(up.connection());
      } catch (HsmException e) {
        if (e.remedy() == Remedy.RECONNECT) {
          boolean unused = lost(up, e);
        }
        throw e;
      }
    } finally {
      proving.unlock();
    }
  }

  /** Ends a connection, unless that has happened: the first that notices says why. */
  boolean lost(State.Up up, HsmException cause) {
    State away =
        new State.Away(
            up.number(), up.connection(), up.connection().cryptoki(), System.nanoTime(), cause);
    boolean first = replace(up, away);
    if (first) {
      up.connection().end();
      events.lost(cause);
    }
    return first;
  }

  /**
   * Tries to connect anew.
   *
   * @return whether there is nothing left to try
   */
  boolean reconnect() {
    if (!(state instanceof State.Away away)) {
      return true;
    }
    Cryptoki module = away.spent();
    try (TokenLogin login = TokenLogin.prepare(profile, label, pinSource)) {
      module = LoadedModules.reload(profile, getenv, module, profile.times().patience());
      if (module == away.ended().cryptoki()) {
        away.ended().closeSessions();
      }
      return connect(away, module, login);
    } catch (HsmException e) {
      failed(away, module, e);
      return false;
    } catch (RuntimeException e) {
      HsmException bug =
          new HsmException(
              Fault.TOKEN_FAILED,
              "bug: to connect to the token \""
                  + label
                  + "\" must end in one way or the other: "
                  + e,
              e);
      failed(away, module, bug);
      return false;
    }
  }

  private void failed(State.Away away, Cryptoki module, HsmException cause) {
    State again = new State.Away(away.number(), away.ended(), module, away.since(), cause);
    if (replace(away, again)) {
      events.stillAway(cause);
    }
  }

  private boolean connect(State.Away away, Cryptoki module, TokenLogin login) throws HsmException {
    proving.lock();
    try {
      if (state != away) {
        return true;
      }
      TokenConnection connection =
          TokenConnection.open(module, label, login, profile.sessions(), profile.signers(), tally);
      State.Up up = new State.Up(away.number() + 1, connection, System.nanoTime());
      boolean inForce = false;
      try {
        identity.require(connection);
        inForce = replace(away, up);
      } finally {
        if (!inForce) {
          connection.close();
        }
      }
      if (inForce) {
        events.connected(up.number(), Duration.ofNanos(up.since() - away.since()));
      }
      return true;
    } finally {
      proving.unlock();
    }
  }

  /** Ends the succession; what held until then is the caller's to end. */
  State close() {
    State before = state;
    while (!replace(before, new State.Closed(before.number()))) {
      before = state;
    }
    return before;
  }

  private synchronized boolean replace(State seen, State next) {
    if (state != seen) {
      return false;
    }
    state = next;
    return true;
  }
}
