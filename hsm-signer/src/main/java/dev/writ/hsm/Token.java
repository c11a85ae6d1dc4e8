// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.ReturnValue.Remedy;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A token to which this process is logged in, and logs in again by itself when it was away.
 *
 * <p>A login belongs to the process and not to a session (PKCS#11 v2.40, section 2.6.8), and ends with
 * the last session: a connection holds one open. A token is open once in a process; all threads share
 * it.
 *
 * <p>Once the module says that the token is not what it was, or a call has not come back in the
 * profile's patience, nobody calls it any more: every signature is refused at once with {@link
 * Fault#TOKEN_AWAY}, while {@link TokenWatch} reloads the module, logs in and proves each key, until
 * that succeeds. Nothing of the connection before is used again.
 */
public final class Token implements AutoCloseable {
  private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

  /** What no artifact, checkpoint or certificate begins with. */
  private static final byte[] KEEP_ALIVE =
      "writ-keep-alive-v1\0".getBytes(StandardCharsets.US_ASCII);

  /** How often a caller who waits for a turn looks whether there is a token to wait for. */
  private static final Duration GLANCE = Duration.ofMillis(20);

  private final TokenProfile profile;
  private final String label;
  private final PinSource pinSource;
  private final UnaryOperator<@Nullable String> getenv;
  private final TokenEvents events;
  private final TokenIdentity identity;
  private final Turns turns;
  private final TokenWatch watch;

  private volatile State state;
  private volatile long lastSignature = System.nanoTime();

  /** What holds of the connection, whose number it has. */
  sealed interface State {
    int number();

    record Up(int number, TokenConnection connection) implements State {}

    /** {@code spent} is the module in which the token was lost, or not found again the last time. */
    record Away(int number, Cryptoki spent, long since, HsmException cause) implements State {}

    record Closed(int number) implements State {}
  }

  private Token(
      TokenProfile profile,
      String label,
      PinSource pinSource,
      UnaryOperator<@Nullable String> getenv,
      TokenEvents events,
      TokenConnection connection) {
    this.profile = profile;
    this.label = label;
    this.pinSource = pinSource;
    this.getenv = getenv;
    this.events = events;
    this.identity = new TokenIdentity(connection.description());
    this.turns = new Turns(profile.signers());
    this.state = new State.Up(1, connection);
    this.watch = new TokenWatch(this, profile, "writ-token-" + label);
  }

  /** A token of whose connection nobody wants to hear. */
  public static Token open(TokenProfile profile, String tokenLabel, PinSource pinSource)
      throws HsmException {
    return open(profile, tokenLabel, pinSource, TokenEvents.SILENT);
  }

  /**
   * Loads the profile's module, finds the token by its label and logs in as the user, once.
   *
   * <p>A PIN that the token refuses is not tried again: as long as the source gives the same one, each
   * further call in this process fails without touching the token.
   *
   * @param tokenLabel as given when the token was initialised
   * @param pinSource asked for each login, of which there is one to a connection; what it gives is
   *     zeroed after the login
   * @param events hears what befalls the connection
   */
  public static Token open(
      TokenProfile profile, String tokenLabel, PinSource pinSource, TokenEvents events)
      throws HsmException {
    return open(profile, tokenLabel, pinSource, events, System::getenv);
  }

  /** One at a time, so that no second thread tries a PIN that the first is about to see refused. */
  static synchronized Token open(
      TokenProfile profile,
      String tokenLabel,
      PinSource pinSource,
      TokenEvents events,
      UnaryOperator<@Nullable String> getenv)
      throws HsmException {
    try (TokenLogin login = TokenLogin.prepare(profile, tokenLabel, pinSource)) {
      Cryptoki cryptoki = Cryptoki.load(profile, getenv);
      String place = place(profile, tokenLabel);
      if (!OPEN.add(place)) {
        throw new HsmException(
            Fault.TOKEN_OPEN_ALREADY,
            "the token \"" + tokenLabel + "\" is open in this process already: share that one");
      }
      boolean opened = false;
      try {
        TokenConnection connection =
            TokenConnection.open(
                cryptoki, tokenLabel, login, profile.sessions(), profile.signers());
        Token token = new Token(profile, tokenLabel, pinSource, getenv, events, connection);
        token.watch.start();
        opened = true;
        return token;
      } finally {
        if (!opened) {
          OPEN.remove(place);
        }
      }
    }
  }

  /** What the token said of itself when it was opened; one that says something else is another. */
  public TokenDescription description() {
    return identity.description();
  }

  /** What this token's keys are worth: software is never hardware, whatever the profile says. */
  public Assurance assurance() {
    return description().isSoftware() ? Assurance.DEV : profile.assurance();
  }

  /** Whether the token signs. */
  public TokenStatus status() {
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

  /**
   * The key that goes by {@code spec}'s names, checked as the package promises.
   *
   * <p>Each call asks the token anew; keep the key. A connection that comes after a loss is one only if
   * it finds this very key again.
   */
  public HsmKey key(KeySpec spec) throws HsmException {
    return new HsmKey(this, spec, find(spec, KeyAlgorithm.P256));
  }

  /** Likewise, for a key of {@link KeyAlgorithm#ED25519}. */
  public HsmEd25519Key ed25519Key(KeySpec spec) throws HsmException {
    return new HsmEd25519Key(this, spec, find(spec, KeyAlgorithm.ED25519));
  }

  /** Demands that the key is there, and as it must be. */
  void require(KeySpec spec) throws HsmException {
    var unused = find(spec, spec.algorithm());
  }

  private FoundKey find(KeySpec spec, KeyAlgorithm algorithm) throws HsmException {
    if (spec.algorithm() != algorithm) {
      throw new IllegalArgumentException(
          "the key must be one of " + algorithm.wire() + ", is " + spec);
    }
    FoundKey found = connection().connection().find(spec);
    identity.handedOut(spec, found);
    return found;
  }

  /** Whether the token makes and uses keys of this algorithm. */
  public boolean supports(KeyAlgorithm algorithm) throws HsmException {
    return connection().connection().supports(algorithm);
  }

  /** Logs out, once the signatures under way are made. Keys of this token sign no more. */
  @Override
  public void close() {
    State before = state;
    while (!replace(before, new State.Closed(before.number()))) {
      before = state;
    }
    if (before instanceof State.Closed) {
      return;
    }
    watch.end();
    try {
      if (before instanceof State.Away) {
        Cryptoki.distrust(profile);
      } else if (before instanceof State.Up up && turns.allEnd(profile.times().turn())) {
        up.connection().close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      OPEN.remove(place(profile, label));
    }
  }

  /** Signs with a key that was found, in a turn of its own: 64 bytes. */
  byte[] sign(KeySpec spec, byte[] message) throws HsmException {
    byte[] data = spec.algorithm().toBeSigned(message);
    Optional<byte[]> signature;
    do {
      signature = signInTurn(spec, data);
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
  private Optional<byte[]> signInTurn(KeySpec spec, byte[] data) throws HsmException {
    int turn = beginTurn();
    boolean setAside = false;
    try {
      // Only now: the connection that signs is the one that holds when the turn has come.
      State.Up up = connection();
      try {
        byte[] signature = up.connection().sign(turn, spec, data);
        lastSignature = System.nanoTime();
        return Optional.of(signature);
      } catch (CkrException e) {
        setAside = e.is(ReturnValue.CKR_SESSION_COUNT) && turns.setAside(turn);
        if (setAside) {
          return Optional.empty();
        }
        throw failed(up, spec, e);
      }
    } finally {
      if (!setAside) {
        turns.end(turn);
      }
    }
  }

  private HsmException failed(State.Up up, KeySpec spec, CkrException e) {
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

  /** Ends a connection, unless that has happened: the first that notices says why. */
  private void lost(State.Up up, HsmException cause) {
    State away = new State.Away(up.number(), up.connection().cryptoki(), System.nanoTime(), cause);
    if (replace(up, away)) {
      events.lost(cause);
      watch.wake();
    }
  }

  /** Notes that a call has not come back in the profile's patience. */
  void noteSilence() {
    Duration patience = profile.times().patience();
    if (state instanceof State.Up up && turns.oldest().compareTo(patience) > 0) {
      lost(
          up,
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

  /** Signs with one of the keys, to see whether the token still does, and that with this key. */
  void keepAlive() {
    Optional<Map.Entry<KeySpec, FoundKey>> any = identity.anyKey();
    if (any.isEmpty() || !(state instanceof State.Up up)) {
      return;
    }
    KeySpec spec = any.get().getKey();
    try {
      byte[] signature = sign(spec, KEEP_ALIVE);
      if (!spec.algorithm().verifies(any.get().getValue().publicKey(), KEEP_ALIVE, signature)) {
        throw new HsmException(
            Fault.TOKEN_AWAY,
            "the token must sign with the key " + spec + ", and its signature is not that key's");
      }
      events.keptAlive(spec);
    } catch (HsmException e) {
      lost(up, e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("bug: a key that has verified must verify", e);
    }
  }

  void restoreTurns() {
    turns.restore();
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
      module = Cryptoki.reload(profile, getenv, module, profile.times().patience());
      State.Up up = new State.Up(away.number() + 1, connect(module, login));
      turns.restore();
      lastSignature = System.nanoTime();
      if (!replace(away, up)) {
        up.connection().close();
        return true;
      }
      events.connected(up.number(), Duration.ofNanos(System.nanoTime() - away.since()));
      return true;
    } catch (HsmException e) {
      if (replace(away, new State.Away(away.number(), module, away.since(), e))) {
        events.stillAway(e);
      }
      return false;
    }
  }

  private TokenConnection connect(Cryptoki cryptoki, TokenLogin login) throws HsmException {
    TokenConnection connection =
        TokenConnection.open(cryptoki, label, login, profile.sessions(), turns.count());
    boolean same = false;
    try {
      identity.require(connection);
      same = true;
      return connection;
    } finally {
      if (!same) {
        connection.close();
      }
    }
  }

  /** Demands room for what is to be stored, where the profile says how to tell. */
  void requireRoom() throws HsmException {
    Cryptoki.requireConfiguration(profile, getenv);
  }

  CryptokiSession openWritableSession() throws CkrException, HsmException {
    return connection().connection().openWritableSession();
  }

  /** The connection that holds. */
  State.Up connection() throws HsmException {
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

  private synchronized boolean replace(State seen, State next) {
    if (state != seen) {
      return false;
    }
    state = next;
    return true;
  }

  /** Waits for a turn to sign; {@link #endTurn} must follow. */
  int beginTurn() throws HsmException {
    long deadline = System.nanoTime() + profile.times().turn().toNanos();
    try {
      while (true) {
        var unused = connection();
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

  private static String place(TokenProfile profile, String label) {
    return profile.library() + "#" + label;
  }
}
