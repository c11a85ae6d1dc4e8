// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.ReturnValue.Remedy;
import dev.writ.hsm.SignatureTally.Purpose;
import dev.writ.hsm.TokenConnections.State;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
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
  /** The most keys that a token may hold of one role. */
  public static final int MAX_GENERATIONS = 64;

  private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

  /** What no artifact, checkpoint or certificate begins with. */
  private static final byte[] KEEP_ALIVE =
      "writ-keep-alive-v1\0".getBytes(StandardCharsets.US_ASCII);

  /** How often a caller who waits for a turn looks whether there is a token to wait for. */
  private static final Duration GLANCE = Duration.ofMillis(20);

  private final TokenProfile profile;
  private final String label;
  private final UnaryOperator<@Nullable String> getenv;
  private final TokenEvents events;
  private final TokenConnections connections;
  private final Turns turns;
  private final TokenWatch watch;

  /** Held while a later key is made or one destroyed, so that each finds only its own objects. */
  private final ReentrantLock ceremonies = new ReentrantLock();

  private volatile long lastSignature = System.nanoTime();

  private Token(
      TokenProfile profile,
      String label,
      UnaryOperator<@Nullable String> getenv,
      TokenEvents events,
      TokenConnections connections) {
    this.profile = profile;
    this.label = label;
    this.getenv = getenv;
    this.events = events;
    this.connections = connections;
    this.turns = new Turns(profile.signers());
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
    String place = place(profile, tokenLabel);
    if (!OPEN.add(place)) {
      throw new HsmException(
          Fault.TOKEN_OPEN_ALREADY,
          "the token \"" + tokenLabel + "\" is open in this process already: share that one");
    }
    boolean opened = false;
    try {
      TokenConnections connections =
          TokenConnections.open(profile, tokenLabel, pinSource, getenv, events);
      Token token = new Token(profile, tokenLabel, getenv, events, connections);
      token.watch.start();
      opened = true;
      return token;
    } finally {
      if (!opened) {
        OPEN.remove(place);
      }
    }
  }

  /** What the token said of itself when it was opened; one that says something else is another. */
  public TokenDescription description() {
    return connections.description();
  }

  /** What this token's keys are worth: software is never hardware, whatever the profile says. */
  public Assurance assurance() {
    return description().isSoftware() ? Assurance.DEV : profile.assurance();
  }

  /** How many signatures each key has made since the opening, across connections. */
  public Map<KeySpec, Map<Purpose, Long>> signatures() {
    return connections.tally().snapshot();
  }

  SignatureTally tally() {
    return connections.tally();
  }

  /** Whether the token signs. */
  public TokenStatus status() {
    return connections.status();
  }

  /**
   * The key that goes by {@code spec}'s names, checked as the package promises.
   *
   * <p>Each call asks the token anew; keep the key. A connection that comes after a loss is one only if
   * it finds this very key again.
   */
  public HsmKey key(KeySpec spec) throws HsmException {
    return new HsmKey(this, find(spec, KeyAlgorithm.P256));
  }

  /** Likewise, for a key of {@link KeyAlgorithm#ED25519}. */
  public HsmEd25519Key ed25519Key(KeySpec spec) throws HsmException {
    return new HsmEd25519Key(this, find(spec, KeyAlgorithm.ED25519));
  }

  private FoundKey find(KeySpec spec, KeyAlgorithm algorithm) throws HsmException {
    if (spec.algorithm() != algorithm) {
      throw new IllegalArgumentException(
          "the key must be one of " + algorithm.wire() + ", is " + spec);
    }
    return connections.find(spec, true);
  }

  /**
   * The public half of a P-256 key, checked as {@link #key} does, and not kept: a connection that comes
   * after a loss need not find it.
   */
  public ECPublicKey publicKey(KeySpec spec) throws HsmException {
    if (connections.find(spec, false).publicKey() instanceof ECPublicKey key) {
      return key;
    }
    throw new IllegalArgumentException("the key must be one of P-256, is " + spec);
  }

  /** Demands that the key is there, and as it must be. */
  void require(KeySpec spec) throws HsmException {
    var unused = connections.find(spec, false);
  }

  /**
   * The keys of {@code any}'s role of which the token has a private key, ascending by generation. Nothing is
   * said of what these keys are: {@link #key} does.
   *
   * @throws HsmException also where there are more than {@link #MAX_GENERATIONS}
   */
  public List<KeySpec> generations(KeySpec any) throws HsmException {
    return connections.generations(any);
  }

  /**
   * Does without a key that stays in the token: objects of it sign no more, with {@link Fault#KEY_MISSING},
   * and a connection that comes after a loss need not find it. {@link #key} takes it back.
   */
  public void release(KeySpec spec) {
    connections.release(spec);
  }

  /**
   * Removes a key's private key, public key and certificate from the token, after the signatures under way
   * with it.
   *
   * <p>Whatever the outcome, this object does not use the key any more: objects of it sign no more, with
   * {@link Fault#KEY_MISSING}, nobody finds it, and a connection that comes after a loss does without it. What
   * a failure or a crash left is removed by another call, for which nothing need be there any more.
   *
   * @throws HsmException if the token did not say afterwards that nothing goes by the key's label or id
   */
  public void destroy(KeySpec spec) throws HsmException {
    ceremonies.lock();
    try {
      connections.destroy(spec);
    } finally {
      ceremonies.unlock();
    }
  }

  /** Whether the token makes and uses keys of this algorithm. */
  public boolean supports(KeyAlgorithm algorithm) throws HsmException {
    return connection().supports(algorithm);
  }

  /** Logs out, once the signatures under way are made. Keys of this token sign no more. */
  @Override
  public void close() {
    State before = connections.close();
    if (before instanceof State.Closed) {
      return;
    }
    watch.end();
    try {
      if (before instanceof State.Away) {
        LoadedModules.distrust(profile, profile.times().patience());
      } else if (before instanceof State.Up up) {
        if (turns.allEnd(profile.times().turn())) {
          up.connection().close();
        }
        up.connection().end();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      OPEN.remove(place(profile, label));
    }
  }

  /** Signs with a key that was found, in a turn of its own: 64 bytes. */
  byte[] sign(KeySpec spec, Purpose purpose, byte[] message) throws HsmException {
    connections.requireInUse(spec);
    byte[] data = spec.algorithm().toBeSigned(message);
    Optional<byte[]> signature;
    do {
      signature = signInTurn(spec, purpose, data);
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
  private Optional<byte[]> signInTurn(KeySpec spec, Purpose purpose, byte[] data)
      throws HsmException {
    int turn = beginTurn();
    boolean setAside = false;
    try {
      // Only now: the connection that signs is the one that holds when the turn has come.
      State.Up up = connections.current();
      try {
        byte[] signature = up.connection().sign(turn, spec, purpose, data);
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

  /** Demands room for what is to be stored, where the profile says how to tell. */
  void requireRoom() throws HsmException {
    Cryptoki.requireConfiguration(profile, getenv);
  }

  void requireNotDestroyed(KeySpec spec) throws HsmException {
    connections.requireNotDestroyed(spec);
  }

  ReentrantLock ceremonies() {
    return ceremonies;
  }

  CryptokiSession openWritableSession() throws CkrException, HsmException {
    return connection().openWritableSession();
  }

  /** The connection that holds. */
  TokenConnection connection() throws HsmException {
    return connections.current().connection();
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

  private static String place(TokenProfile profile, String label) {
    return profile.library() + "#" + label;
  }
}
