// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.SignatureTally.Purpose;
import dev.writ.hsm.TokenConnections.State;
import java.security.interfaces.ECPublicKey;
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

  private final TokenPlace place;
  private final UnaryOperator<@Nullable String> getenv;
  private final TokenConnections connections;
  private final TokenSigning signing;
  private final Optional<Replica> replica;

  /** Held while a later key is made or one destroyed, so that each finds only its own objects. */
  private final ReentrantLock ceremonies = new ReentrantLock();

  private Token(
      TokenPlace place,
      UnaryOperator<@Nullable String> getenv,
      TokenConnections connections,
      Optional<Replica> replica) {
    this.place = place;
    this.getenv = getenv;
    this.connections = connections;
    this.signing = new TokenSigning(place, connections);
    this.replica = replica;
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

  /** Likewise. */
  public static Token open(TokenPlace place) throws HsmException {
    return open(place, System::getenv, new SignatureTally(), Optional.empty());
  }

  /**
   * Likewise, of two tokens that have the same keys: the second signs while the first is away.
   *
   * <p>Keys are made and destroyed in the first, and found by it. Each that is handed out is looked for in
   * the second, too: {@link #requireReplicated} demands it, {@link #isReplicated} tells it.
   *
   * @param first the token
   * @param second its replica, which another program made one: this one has no key leave a token
   * @throws HsmException also with {@link Fault#REPLICA_REFUSED}
   */
  public static Token open(TokenPlace first, TokenPlace second) throws HsmException {
    Replica.requireAllowed(first);
    Replica.requireAllowed(second);
    Replica.requireAnother(first, second);
    // One tally: what a key signed is counted under the key, whichever token it was in.
    SignatureTally tally = new SignatureTally();
    Replica replica = Replica.open(second, tally);
    boolean opened = false;
    try {
      Token token = open(first, System::getenv, tally, Optional.of(replica));
      opened = true;
      return token;
    } finally {
      if (!opened) {
        replica.close();
      }
    }
  }

  static Token open(
      TokenProfile profile,
      String tokenLabel,
      PinSource pinSource,
      TokenEvents events,
      UnaryOperator<@Nullable String> getenv)
      throws HsmException {
    return open(
        new TokenPlace(profile, tokenLabel, pinSource, events),
        getenv,
        new SignatureTally(),
        Optional.empty());
  }

  /** One at a time, so that no second thread tries a PIN that the first is about to see refused. */
  static synchronized Token open(
      TokenPlace place,
      UnaryOperator<@Nullable String> getenv,
      SignatureTally tally,
      Optional<Replica> replica)
      throws HsmException {
    if (!OPEN.add(place.address())) {
      throw new HsmException(
          Fault.TOKEN_OPEN_ALREADY,
          "the token \"" + place.label() + "\" is open in this process already: share that one");
    }
    boolean opened = false;
    try {
      Token token = new Token(place, getenv, TokenConnections.open(place, getenv, tally), replica);
      token.signing.start();
      opened = true;
      return token;
    } finally {
      if (!opened) {
        OPEN.remove(place.address());
      }
    }
  }

  /** What the token said of itself when it was opened; one that says something else is another. */
  public TokenDescription description() {
    return connections.description();
  }

  /**
   * What this token's keys are worth: software is never hardware, whatever the profile says, and a key is
   * worth no more than its replica.
   */
  public Assurance assurance() {
    boolean dev =
        description().isSoftware()
            || place.profile().assurance() == Assurance.DEV
            || replica.map(Replica::assurance).equals(Optional.of(Assurance.DEV));
    return dev ? Assurance.DEV : Assurance.HARDWARE;
  }

  /** How many signatures each key has made since the opening, across connections and in both tokens. */
  public Map<KeySpec, Map<Purpose, Long>> signatures() {
    return connections.tally().snapshot();
  }

  SignatureTally tally() {
    return connections.tally();
  }

  /** Whether the token itself signs. */
  public TokenStatus status() {
    return connections.status();
  }

  /** Whether the key can sign, here or in the replica. */
  TokenStatus status(KeySpec spec) {
    TokenStatus own = connections.status();
    return own instanceof TokenStatus.Away away
            && replica.isPresent()
            && replica.get().signsWith(spec)
        ? new TokenStatus.ByReplica(away.connection(), away.cause(), away.duration())
        : own;
  }

  /** Whether the replica signs; absent where there is none. */
  public Optional<TokenStatus> replicaStatus() {
    return replica.map(Replica::status);
  }

  /**
   * Whether the replica has the key, too; absent where there is no replica, and of a key that was not handed
   * out or is not in use any more.
   */
  public Optional<Boolean> isReplicated(KeySpec spec) {
    return replica.flatMap(each -> each.standing(spec));
  }

  /**
   * The keys that were handed out and are in use, of which a replica has none of their own; empty where there
   * is no replica.
   */
  public List<KeySpec> unreplicated() {
    return replica.map(Replica::lacking).orElse(List.of());
  }

  /**
   * Demands that the replica, if there is one, has the keys that were handed out so far. A key of a later
   * generation may be missing, since it is born in this token alone; another under its names may not be
   * there.
   *
   * @throws HsmException with what it is that the replica has; the sentence names key and tokens
   */
  public void requireReplicated() throws HsmException {
    if (replica.isPresent()) {
      replica.get().requireAll(description());
    }
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
    FoundKey found = connections.find(spec, true);
    replica.ifPresent(each -> each.follow(found));
    return found;
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
    replica.ifPresent(each -> each.release(spec));
  }

  /**
   * Removes a key's private key, public key and certificate from the token, after the signatures under way
   * with it; before that from its replica.
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
      // This token last: who repeats it finds the key here, and looks for it nowhere else.
      connections.abandon(spec);
      if (replica.isPresent()) {
        replica.get().destroy(spec);
      }
      connections.destroy(spec);
    } finally {
      ceremonies.unlock();
    }
  }

  /** Whether the token makes and uses keys of this algorithm. */
  public boolean supports(KeyAlgorithm algorithm) throws HsmException {
    return connection().supports(algorithm);
  }

  /** Whether the token makes and uses keys that wrap others. */
  boolean wraps() throws HsmException {
    return connection().wraps();
  }

  /**
   * Logs out, once the signatures under way are made, and so does the replica. Keys of this token sign no
   * more.
   */
  @Override
  public void close() {
    State before = connections.close();
    if (before instanceof State.Closed) {
      return;
    }
    signing.end();
    try {
      if (before instanceof State.Away) {
        LoadedModules.distrust(place.profile(), place.profile().times().patience());
      } else if (before instanceof State.Up up) {
        if (signing.allEnd()) {
          up.connection().close();
        }
        up.connection().end();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      OPEN.remove(place.address());
      replica.ifPresent(Replica::close);
    }
  }

  /** Signs with a key that was found, 64 bytes: here, else in the replica. */
  byte[] sign(KeySpec spec, Purpose purpose, byte[] message) throws HsmException {
    return replica.isPresent()
        ? replica.get().signAfter(signing, spec, purpose, message)
        : signing.sign(spec, purpose, message);
  }

  TokenSigning signing() {
    return signing;
  }

  TokenConnections connections() {
    return connections;
  }

  /** Demands room for what is to be stored, where the profile says how to tell. */
  void requireRoom() throws HsmException {
    Cryptoki.requireConfiguration(place.profile(), getenv);
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
}
