// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.SignatureTally.Purpose;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A second token, which signs while the first is away, with those of the first one's keys that it has too.
 *
 * <p>It is a token like any other, with a login, a watch and keep-alives of its own, so that what is wrong
 * with it shows before it is needed. A key signs here only once the public half was found to be the first
 * token's, and each connection proves that anew.
 */
final class Replica {
  /** How often one who waits for the first token looks whether there is one to wait for. */
  private static final Duration GLANCE = Duration.ofMillis(20);

  private final Token token;
  private final TokenPlace place;

  /** As many as there are signatures asked for at once, and such as do not come back. */
  private final ExecutorService callers;

  private final Set<KeySpec> held = ConcurrentHashMap.newKeySet();
  private final Map<KeySpec, Lack> lacks = new ConcurrentHashMap<>();

  /** Whether {@link #requireAll} held: until then it says itself what is missing. */
  private volatile boolean required;

  /** A key that the first token handed out, and why it does not sign here. */
  private record Lack(FoundKey first, HsmException cause) {}

  /** Hears of the replica's own connection, before the token is there that it is of. */
  private static final class Relay implements TokenEvents {
    private final TokenEvents next;
    private volatile Optional<Replica> replica = Optional.empty();

    Relay(TokenEvents next) {
      this.next = next;
    }

    @Override
    public void lost(HsmException cause) {
      next.lost(cause);
    }

    @Override
    public void stillAway(HsmException cause) {
      next.stillAway(cause);
    }

    @Override
    public void connected(int connection, Duration away) {
      next.connected(connection, away);
    }

    /** On a thread that may wait for the token. */
    @Override
    public void keptAlive(KeySpec spec) {
      next.keptAlive(spec);
      replica.ifPresent(Replica::lookAgain);
    }
  }

  private Replica(Token token, TokenPlace place) {
    this.token = token;
    this.place = place;
    this.callers =
        Executors.newCachedThreadPool(
            task -> {
              Thread caller = new Thread(task, "writ-token-caller");
              caller.setDaemon(true);
              return caller;
            });
  }

  /**
   * Opens the second token.
   *
   * @param tally counts what it signs as well
   */
  static Replica open(TokenPlace place, SignatureTally tally) throws HsmException {
    Relay relay = new Relay(place.events());
    Replica replica =
        new Replica(
            Token.open(
                new TokenPlace(place.profile(), place.label(), place.pinSource(), relay),
                System::getenv,
                tally,
                Optional.empty()),
            place);
    relay.replica = Optional.of(replica);
    return replica;
  }

  /** Demands that keys of the place's profile can be in two tokens. */
  /** Two that only look like two are told apart when both are open. */
  static void requireAnother(TokenPlace first, TokenPlace second) throws HsmException {
    if (first.address().equals(second.address())) {
      throw notAnother(first.address());
    }
  }

  private static HsmException notAnother(Object both) {
    return new HsmException(
        Fault.REPLICA_REFUSED,
        String.format(
            "a replica must be another token than its first, and both are %s: name a second one, or"
                + " leave the replica out",
            both));
  }

  static void requireAllowed(TokenPlace place) throws HsmException {
    if (!place.profile().replicable()) {
      throw new HsmException(
          Fault.REPLICA_REFUSED,
          String.format(
              "a token that has a replica, or is one, must be of a profile with replica = allowed, and"
                  + " \"%s\" is of %s, whose keys stay in one token: leave the replica out",
              place.label(), place.profile().name()));
    }
  }

  /** Whether it signs. */
  TokenStatus status() {
    return token.status();
  }

  Assurance assurance() {
    return token.assurance();
  }

  /** Whether it has the key, as far as was seen. */
  boolean has(KeySpec spec) {
    return held.contains(spec);
  }

  /** Likewise; nothing of a key that it need not have. */
  Optional<Boolean> standing(KeySpec spec) {
    return has(spec)
        ? Optional.of(true)
        : Optional.ofNullable(lacks.get(spec)).map(unused -> false);
  }

  boolean signsWith(KeySpec spec) {
    return has(spec) && status() instanceof TokenStatus.Connected;
  }

  /** The keys in use that it has not, by role. */
  List<KeySpec> lacking() {
    return lacks.keySet().stream()
        .sorted(Comparator.comparing(KeySpec::role).thenComparing(KeySpec::generation))
        .toList();
  }

  /**
   * Looks for a key that the first token handed out. That it is not here, or is another, keeps nobody from
   * using it there.
   */
  void follow(FoundKey first) {
    KeySpec spec = first.spec();
    if (has(spec)) {
      return; // and each connection of the replica finds it again
    }
    try {
      token.connections().findSame(first);
      held.add(spec);
      lacks.remove(spec);
    } catch (HsmException e) {
      Lack before = lacks.put(spec, new Lack(first, e));
      if (required && (before == null || before.cause().fault() != e.fault())) {
        place.events().unreplicated(spec, e);
      }
    }
  }

  /** Looks for the keys that were not here; one that was withdrawn meanwhile is nobody's concern. */
  private void lookAgain() {
    lacks.forEach(
        (spec, lack) -> {
          try {
            token.connections().findSame(lack.first());
            if (lacks.remove(spec, lack)) {
              held.add(spec);
              place.events().replicated(spec);
            }
          } catch (HsmException e) {
            boolean known = lack.cause().fault() == e.fault();
            if (lacks.replace(spec, lack, new Lack(lack.first(), e)) && !known) {
              place.events().unreplicated(spec, e);
            }
          }
        });
  }

  /**
   * Demands that it is another token than the first, and has every key in use, but for those of later
   * generations that are not here yet.
   *
   * @param first what the first token says of itself
   */
  void requireAll(TokenDescription first) throws HsmException {
    if (token.description().equals(first)) {
      throw notAnother(first);
    }
    for (KeySpec spec : lacking()) {
      Lack lack = lacks.get(spec);
      if (lack == null) {
        continue;
      }
      Fault fault = lack.cause().fault();
      if (fault == Fault.KEY_MISSING && spec.generation() > 1) {
        if (!required) {
          place.events().unreplicated(spec, lack.cause());
        }
        continue;
      }
      throw new HsmException(
          fault,
          String.format(
              "the replica \"%s\" must have the key %s of the token \"%s\", and %s: replicate it by the"
                  + " vendor's tool, or leave the replica out",
              place.label(), spec, first.label(), had(lack.cause())),
          lack.cause());
    }
    required = true;
  }

  private static String had(HsmException lack) {
    return switch (lack.fault()) {
      case KEY_MISSING -> "has none of these names";
      case KEY_AMBIGUOUS -> "has another of these names (" + lack.getMessage() + ")";
      default -> "did not show it (" + lack.getMessage() + ")";
    };
  }

  /**
   * Signs, 64 bytes: in the first token, and in this one where that is away, also if it goes away with this
   * very call or the call does not come back.
   */
  byte[] signAfter(TokenSigning first, KeySpec spec, Purpose purpose, byte[] message)
      throws HsmException {
    PendingSignature pending = new PendingSignature(spec, purpose);
    // On a thread that can be left behind: a call that hangs is inside the module until that lets
    // it go.
    Future<byte[]> signature;
    try {
      signature = callers.submit(() -> first.sign(pending, message));
    } catch (RejectedExecutionException e) {
      return first.sign(pending, message); // both were closed: it says so
    }
    while (true) {
      try {
        return signature.get(GLANCE.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        Optional<HsmException> away = first.away();
        if (away.isPresent() && pending.giveUp()) {
          return sign(spec, purpose, message, away.get());
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof HsmException failed) {
          if (failed.fault() != Fault.TOKEN_AWAY) {
            throw failed;
          }
          return sign(spec, purpose, message, failed);
        }
        throw new IllegalStateException("bug: a signature must end in one way or the other", e);
      } catch (InterruptedException e) {
        boolean unused = pending.giveUp();
        Thread.currentThread().interrupt();
        throw new HsmException(
            Fault.BUSY,
            "the wait for the token was interrupted: ask again if it was by mistake",
            e);
      }
    }
  }

  private byte[] sign(KeySpec spec, Purpose purpose, byte[] message, HsmException away)
      throws HsmException {
    Lack lack = lacks.get(spec);
    if (lack != null) {
      throw neither(away, lack.cause());
    }
    if (!has(spec)) {
      throw away; // it was withdrawn meanwhile
    }
    try {
      return token.sign(spec, purpose, message);
    } catch (HsmException e) {
      if (e.fault() == Fault.TOKEN_AWAY) {
        throw neither(away, e);
      }
      throw e;
    }
  }

  private HsmException neither(HsmException away, HsmException here) {
    return HsmException.away(
        String.format(
            "%s; its replica \"%s\" does not sign either: %s",
            away.getMessage(), place.label(), here.getMessage()),
        away);
  }

  void release(KeySpec spec) {
    forget(spec);
    token.release(spec);
  }

  /** Removes the key here, too, whether or not it was found before. */
  void destroy(KeySpec spec) throws HsmException {
    forget(spec);
    try {
      token.destroy(spec);
    } catch (HsmException e) {
      throw new HsmException(
          e.fault(),
          String.format(
              "the key %s must be destroyed in the replica \"%s\" first, and was not: destroy it again"
                  + " once that is back; %s",
              spec, place.label(), e.getMessage()),
          e);
    }
  }

  private void forget(KeySpec spec) {
    held.remove(spec);
    lacks.remove(spec);
  }

  void close() {
    token.close();
    callers.shutdown();
  }
}
